"""Waglan: one engine for automated financial decisions - explained, checked, private, sealed, replayable."""
