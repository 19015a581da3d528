"""Several writers side by side, where a contest has several polling stations."""
