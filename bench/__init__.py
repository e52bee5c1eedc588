"""Comparisons with peers, on the same data in the same run; `python -m bench` writes the table into the README."""
