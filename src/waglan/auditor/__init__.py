"""What an outsider runs: one file that shares no code with the log's writer."""
