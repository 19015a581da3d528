"""Ballot files small enough to read, one of each kind."""

HEADER = """\
# FILE NAME: made-up.toi
# TITLE: Lunch
# NUMBER ALTERNATIVES: 3
# NUMBER VOTERS: 4
# NUMBER UNIQUE ORDERS: 2
# ALTERNATIVE NAME 1: Soup, hot
# ALTERNATIVE NAME 2: Salad
# ALTERNATIVE NAME 3: حساء: عدس
"""

BLT = """\
4 2
-2  # withdrawn
3 1 3 4 0
4 1 3 2 0
2 4=1 3 0
1 - 2 0

0
"Adam"
"Basil #2"
"Charlotte \\"C\\" X"
"Donald"
"Gardening Club"
"""

JSON = {"candidates": ["a", "b"], "ballots": [{"count": 2, "ranking": ["a", ["b"]]}]}
