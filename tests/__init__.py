"""Tests mirror the rooms: tests/<room>/test_<noun>.py, beside the plain oracles that they compare with."""
