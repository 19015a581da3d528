"""On which places ballots put each option. Pure. Source: counting page 6.6."""

from collections.abc import Sequence

import msgspec

from voting.methods.group_tally import GroupTally
from voting.methods.pairwise import Combined


class Spread(msgspec.Struct, frozen=True):
    """One option: (weighted) ballots by the place they give it, best first, and those that do not.

    ``own`` are the ballots of its own team, which neither rank it nor leave it out.
    """

    id: str
    places: tuple[int, ...]
    left_out: int
    own: int

    @property
    def ranked(self) -> int:
        """All that give it a place."""
        return sum(self.places)

    @property
    def whole(self) -> int:
        """All there are."""
        return self.ranked + self.left_out + self.own

    @property
    def mean(self) -> tuple[int, int] | None:
        """Its average place among those that rank it, as a fraction; None where nobody does."""
        ranked = self.ranked
        if not ranked:
            return None
        return sum(place * n for place, n in enumerate(self.places, start=1)), ranked


def of_group(options: Sequence[str], group: GroupTally) -> tuple[Spread, ...]:
    """The places in one electorate, in ballots."""
    return tuple(
        Spread(option, placed[:-1], placed[-1], own)
        for option, placed, own in zip(options, group.placed, group.abstained, strict=True)
    )


def of_all(combined: Combined, groups: Sequence[GroupTally]) -> tuple[Spread, ...]:
    """The places in the whole contest, in weighted ballots."""
    weighed = [(combined.coefficient(group.id), group) for group in groups]
    size = range(len(combined.options))
    found = []
    for a, option in zip(size, combined.options, strict=True):
        *places, left_out = (
            sum(c * group.placed[a][place] for c, group in weighed)
            for place in range(len(size) + 1)
        )
        own = sum(c * group.abstained[a] for c, group in weighed)
        found.append(Spread(option, tuple(places), left_out, own))
    return tuple(found)


def depth(spreads: Sequence[Spread]) -> int:
    """The last place anybody gives; 0 where nobody ranks anything."""
    used = [n for one in spreads for n, ballots in enumerate(one.places, start=1) if ballots]
    return max(used, default=0)
