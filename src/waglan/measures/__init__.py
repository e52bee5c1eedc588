"""Pure statistics over plain arrays."""
