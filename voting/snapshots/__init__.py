"""Snapshots of running tallies: what one node counted, for the others and for the next start."""
