"""Two people look at held ballots and decide."""
