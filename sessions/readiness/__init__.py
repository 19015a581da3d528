"""What a rehearsed day says about the real one: facts in, a report of what is ready and what is not out."""
