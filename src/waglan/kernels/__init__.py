"""Compiled loops over plain arrays: no objects, no validation, no printing. numpy and numba only."""
