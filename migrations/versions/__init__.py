"""One file per revision, oldest first; forward only."""
