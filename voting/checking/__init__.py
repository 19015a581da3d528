"""The page on which a browser checks a published result and counts it again."""
