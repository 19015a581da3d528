"""What a result says beside the order: steadiness, places, gaps, influence, and the page that shows it."""
