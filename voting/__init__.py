"""The voice: what the audience says. Contests, ballots, counts."""
