"""What a result would be with the held ballots in it: for information, beside the official one. Pure.

Rounded, and with few held ballots only whether the first place would change: the difference between
two exact results would show what single ballots say. Source: counting page 5.3.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from voting.methods.outcome import Outcome, Ranks

_FEWEST_SHOWN: Final = 10  # held ballots from which the order with them is published


class WithHeld(msgspec.Struct, frozen=True):
    """The order with the held ballots counted.

    ``support`` of each option in whole hundredths of its comparisons. Orders and figures are empty
    below ten held ballots.
    """

    held: int
    changes_first: bool
    ranks: Ranks = ()
    support: dict[str, int] = {}


def with_held(official: Outcome, informed: Outcome, held: int) -> WithHeld:
    """What held ballots would change.

    Args:
        official: Without them.
        informed: With them.
        held: How many there are.
    """
    first, other = official.ranks[:1], informed.ranks[:1]
    changes = set(*first or [()]) != set(*other or [()])
    if held < _FEWEST_SHOWN:
        return WithHeld(held, changes)
    support = {}
    for option in informed.order:
        record = informed.facts.record(option)
        whole = record.support_of
        support[option] = (200 * record.support + whole) // (2 * whole) if whole else 0
    return WithHeld(held, changes, informed.ranks, support)


def totals(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Counts by reason of several electorates together, in order of the reasons."""
    found: dict[str, int] = {}
    for one in counts:
        for why, n in one.items():
            found[why] = found.get(why, 0) + n
    return dict(sorted(found.items()))
