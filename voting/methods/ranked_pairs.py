"""Ranked pairs by margins: the clearest head-to-head results first, skipping contradictions. Pure.

Each option in the order beat, or drew with, the one right below it. Pairs are taken by margin,
then by fewer opposing ballots, then by the reference order, so ties cannot depend on the order of
a list. Source: Tideman 1987; tie order and display: ``docs/COUNTING.md``, exact rule.
"""

from collections.abc import Sequence

from voting.methods.outcome import Election, Outcome, Step, both_lots, facts_of, no_result, shared
from voting.methods.pairwise import Combined, reference_order

METHOD = "ranked_pairs"


def count(election: Election) -> Outcome:
    """The result by ranked pairs, with every pair in the order it was taken."""
    combined = election.combined
    if not combined.total:
        return no_result(METHOD, election)
    strict, ranks = both_lots(election, lambda lot: order(combined, lot))
    _, taken = _order(combined, election.lot)
    steps = tuple(_step(combined, a, b, locked=locked) for a, b, locked in taken)
    return Outcome(METHOD, strict, ranks, shared(ranks), combined, facts_of(combined), trace=steps)


def order(combined: Combined, lot: Sequence[str]) -> Sequence[int]:
    """The options best first, the lot having the last word: the fast half of `count`."""
    return _order(combined, lot)[0]


def _order(combined: Combined, lot: Sequence[str]) -> tuple[list[int], list[tuple[int, int, bool]]]:
    """The options best first, and the pairs in the order taken with whether each was locked."""
    sigma = reference_order(combined, lot)
    size = len(sigma)
    above = [1 << a for a in range(size)]  # bit x of above[a]: x is a, or locked over a
    taken = []
    for a, b in _pairs(combined, sigma):
        locked = not above[a] >> b & 1
        taken.append((a, b, locked))
        if locked and above[a] & ~above[b]:
            for x in range(size):
                if above[x] >> b & 1:
                    above[x] |= above[a]
    return _listed(sigma, above), taken


def _pairs(combined: Combined, sigma: Sequence[int]) -> list[tuple[int, int]]:
    """Every won pair: clearest margin first, then fewest opposing, then by reference order."""
    margins, support = combined.margins, combined.support
    place = {a: position for position, a in enumerate(sigma)}
    pairs = [(a, b) for a in sigma for b in sigma if margins[a][b] > 0]
    pairs.sort(key=lambda p: (-margins[p[0]][p[1]], support[p[1]][p[0]], place[p[0]], -place[p[1]]))
    return pairs


def _listed(sigma: Sequence[int], above: Sequence[int]) -> list[int]:
    """Again and again the first of the reference order that nothing remaining is locked over."""
    remaining = list(sigma)
    left = (1 << len(sigma)) - 1
    listed = []
    while remaining:
        top = next(a for a in remaining if above[a] & left == 1 << a)
        remaining.remove(top)
        left &= ~(1 << top)
        listed.append(top)
    return listed


def _step(combined: Combined, a: int, b: int, *, locked: bool) -> Step:
    options = combined.options
    return Step(
        options[a], options[b], combined.margins[a][b], combined.support[b][a], locked=locked
    )
