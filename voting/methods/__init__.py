"""How ballots become an order: the fold of a log, the weighted sum, and four ways of counting."""
