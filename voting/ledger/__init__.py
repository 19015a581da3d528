"""The public ledger of a contest: what its leaves say, and the tree they make."""
