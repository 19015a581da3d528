"""What voting forgets in time: which ballot was whose, once nobody can complain any more."""
