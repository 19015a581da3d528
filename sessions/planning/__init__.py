"""The schedule board: a draft of the days, moved and named until it is published as a release."""
