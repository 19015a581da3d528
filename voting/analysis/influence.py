"""Who moved a result: equal weight is not equal influence. Pure.

A united small electorate moves more than a split large one, so what each one moved is published beside
what it weighs. Source: counting page 1.6 and 6.8.
"""

from collections.abc import Sequence

from voting.methods.group_tally import GroupTally
from voting.methods.outcome import Election, Ranks
from voting.methods.pairwise import Combined, combine
from voting.methods.registry import METHODS
from voting.methods.weights import Share


def moved(combined: Combined, group: GroupTally, a: int, b: int) -> int:
    """What the electorate added to the margin of a over b, in weighted ballots; below 0 it took away."""
    return combined.coefficient(group.id) * (group.above[a][b] - group.above[b][a])


def movement(combined: Combined, group: GroupTally) -> int:
    """All that the electorate moved, whichever way: the sum over all pairs, in weighted ballots."""
    size = range(len(combined.options))
    return sum(abs(moved(combined, group, a, b)) for a in size for b in size if a < b)


def equal_ballots(
    combined: Combined, groups: Sequence[GroupTally], lot: Sequence[str], method: str
) -> Ranks:
    """The order if every counted ballot weighed the same, by a method that needs no single ballots."""
    counted = {one.id for one in combined.electorates if one.counted}
    whole = merged([group for group in groups if group.id in counted])
    election = Election(combine(combined.options, [whole], [Share(whole.id, 1)]), tuple(lot))
    return METHODS[method](election).ranks


def merged(groups: Sequence[GroupTally]) -> GroupTally:
    """These electorates as if they were one; there must be at least one."""
    rows = range(len(groups[0].above))
    return GroupTally(
        "all",
        sum(group.n for group in groups),
        tuple(_sum([group.above[a] for group in groups]) for a in rows),
        tuple(_sum([group.placed[a] for group in groups]) for a in rows),
        _sum([group.abstained for group in groups]),
    )


def _sum(rows: Sequence[Sequence[int]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*rows, strict=True)))


def distance(ranks: Ranks, other: Ranks) -> int:
    """How many pairs of options stand the other way round (Kendall); a shared rank contradicts nobody."""
    place = {option: n for n, shared in enumerate(other) for option in shared}
    apart = 0
    for n, shared in enumerate(ranks):
        below = [option for rest in ranks[n + 1 :] for option in rest]
        apart += sum(place[a] > place[b] for a in shared for b in below)
    return apart
