"""How many ballots would have to differ for another first place: two honest bounds. Pure.

The exact number is hard to find for most methods, so there is a number below which nothing can happen
and one that is enough. Source: counting page 6.5.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from voting.methods import pairwise
from voting.methods.group_tally import GroupTally
from voting.methods.pairwise import Combined
from voting.methods.registry import Order
from voting.methods.weights import Share

MOST: Final = 1 << 20
"""Ballots beyond which nobody is asked: more than an electorate at an expo has."""


class Bound(msgspec.Struct, frozen=True):
    """So many ballots of one electorate, for this option to be first instead."""

    electorate: str
    ballots: int
    rival: str


class Case(msgspec.Struct, frozen=True):
    """A counted contest: its groups, what they weigh, and the rule that orders them."""

    groups: tuple[GroupTally, ...]
    shares: tuple[Share, ...]
    lot: tuple[str, ...]
    order: Order


def ballots_over(margin: int, coefficient: int) -> int:
    """How many ballots of this weight would have to be turned round to take a margin away."""
    return -(-margin // (2 * coefficient))


def at_least(combined: Combined, leader: str) -> tuple[Bound, ...]:
    """For each counted electorate, the ballots of it that at the very least would have to differ.

    It holds for an option that beats every other one, counted by a method that puts such an option
    first: as long as it does, nobody takes its place. One ballot moves a margin by twice its weight.

    Raises:
        ValueError: The leader does not beat every other option.
    """
    first = combined.options.index(leader)
    margins = {b: m for b, m in enumerate(combined.margins[first]) if b != first}
    if not margins or min(margins.values()) <= 0:
        msg = f"{leader!r} does not beat every other option"
        raise ValueError(msg)
    closest = min(margins, key=lambda b: (margins[b], b))
    rival = combined.options[closest]
    return tuple(
        Bound(one.id, ballots_over(margins[closest], one.coefficient), rival)
        for one in combined.electorates
        if one.counted
    )


def at_most(case: Case, combined: Combined, leader: str, electorate: str) -> Bound | None:
    """The fewest further ballots "this option alone" of the electorate found that put it first.

    Found by doubling and bisection for each option, weights made anew each time. None where no number
    of ballots does it: an electorate never says more than its weight.
    """
    first = combined.options.index(leader)
    rivals = [b for b in range(len(combined.options)) if b != first]
    rivals.sort(key=lambda b: (combined.margins[first][b], b))
    best: Bound | None = None
    for rival in rivals:
        most = MOST if best is None else best.ballots - 1
        found = _fewest(_test(case, combined.options, electorate, rival), most)
        if found is not None:
            best = Bound(electorate, found, combined.options[rival])
    return best


def _fewest(is_enough: Callable[[int], bool], most: int) -> int | None:
    """A number that is enough while one fewer is not; None where ``most`` is not enough."""
    if most < 1 or not is_enough(most):
        return None
    high = 1
    while high < most and not is_enough(high):
        high = min(2 * high, most)
    low = high // 2  # not enough, or nothing at all
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def _test(case: Case, options: Sequence[str], electorate: str, rival: int) -> Callable[[int], bool]:
    """Whether so many more ballots for the rival alone put it first, whatever the lot says."""

    def is_enough(ballots: int) -> bool:
        groups = [
            with_more(group, rival, ballots) if group.id == electorate else group
            for group in case.groups
        ]
        combined = pairwise.combine(options, groups, case.shares)
        lots = (case.lot, case.lot[::-1])
        return all(case.order(combined, lot)[0] == rival for lot in lots)

    return is_enough


def with_more(group: GroupTally, option: int, ballots: int) -> GroupTally:
    """The electorate with so many more ballots that rank this option alone."""
    others = range(len(group.above))
    above = tuple(
        tuple(n + ballots * (a == option and b != option) for b, n in enumerate(row))
        for a, row in enumerate(group.above)
    )
    placed = tuple(
        tuple(
            n + ballots * (place == (0 if a == option else len(others)))
            for place, n in enumerate(row)
        )
        for a, row in enumerate(group.placed)
    )
    return msgspec.structs.replace(group, n=group.n + ballots, above=above, placed=placed)
