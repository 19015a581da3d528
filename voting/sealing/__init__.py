"""Sealing: accepted ballots become leaves of the public ledger, in batches, and checkpoints are signed."""
