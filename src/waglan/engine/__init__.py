"""The one path: observe, score, decide, record; and replay, which is the same path with yesterday's events."""
