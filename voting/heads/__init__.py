"""Heads of the logs of contests that have several polling stations."""
