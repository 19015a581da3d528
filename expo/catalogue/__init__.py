"""The catalogue: WHAT is proposed, by whom."""
