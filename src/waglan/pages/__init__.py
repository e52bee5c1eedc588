"""Self-contained HTML pages, their charts and their words in three scripts."""
