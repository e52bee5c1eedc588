"""What a book of positions can lose, why, and how it stands against its limits, as fills and quotes come."""
