"""What the hall looks at: the stage page."""
