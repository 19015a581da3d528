"""Proposals: an initiative from the first draft of its team to its place on the stage."""
