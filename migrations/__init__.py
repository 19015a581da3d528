"""Revisions of the database, and how a server brings its own up to date."""
