"""Borda in its symmetric form: the order of net scores, which is the reference order itself. Pure.

What a ballot leaves out shares the average of the lowest places, so every ballot gives the same
sum of points and ranking only one option neither gains nor loses as such. Source: Emerson 2013 on
the forms; choice: ``docs/COUNTING.md``, alternatives.
"""

from voting.methods.outcome import Election, Outcome, both_lots, facts_of, no_result, shared
from voting.methods.pairwise import reference_order

METHOD = "borda"


def count(election: Election) -> Outcome:
    """The result by net score, then first choices, then lot."""
    combined = election.combined
    if not combined.total:
        return no_result(METHOD, election)
    order, ranks = both_lots(election, lambda lot: reference_order(combined, lot))
    return Outcome(METHOD, order, ranks, shared(ranks), combined, facts_of(combined))
