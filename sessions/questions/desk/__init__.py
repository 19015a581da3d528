"""The moderators' desk of questions."""
