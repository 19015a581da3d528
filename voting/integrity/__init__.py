"""Fair play: where ballots come from, what is odd about it, and what two people decide about it."""
