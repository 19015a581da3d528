"""The load page: how much the expo carries just now, and what to do when that is too much."""
