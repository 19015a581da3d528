"""The electorates put together: one matrix of exact integers, and what can be read off it. Pure.

Integers only: the common scale ``L`` may pass 2**64, and a float would decide ties by rounding.
Source: ``docs/COUNTING.md``, exact rule.
"""

from collections.abc import Sequence
from math import lcm

import msgspec

from voting.methods.group_tally import GroupTally, Matrix
from voting.methods.weights import Share, checked


class Weighed(msgspec.Struct, frozen=True):
    """One electorate in the count: ``n`` ballots at ``coefficient`` each (0: not counted)."""

    id: str
    n: int
    coefficient: int
    weight: int
    full_weight_at: int
    min: int

    @property
    def counted(self) -> bool:
        """Whether its ballots are in the result."""
        return self.coefficient > 0

    @property
    def needed(self) -> int:
        """Ballots from which it is counted."""
        return max(1, self.min)


class Combined(msgspec.Struct, frozen=True):
    """All electorates as one election; indices follow ``options``.

    ``scale`` is L, ``electorates`` hold c_g, ``support[a][b]`` is P (weighted ballots with a above
    b), ``margins`` M, ``total`` T (weighted ballots), ``net`` S (sum of an option's margins),
    ``firsts`` C (weighted first choices).
    """

    options: tuple[str, ...]
    scale: int
    electorates: tuple[Weighed, ...]
    support: Matrix
    margins: Matrix
    total: int
    net: tuple[int, ...]
    firsts: tuple[int, ...]

    def coefficient(self, electorate: str) -> int:
        """What one ballot of the electorate weighs.

        Raises:
            KeyError: There is no such electorate.
        """
        return {weighed.id: weighed.coefficient for weighed in self.electorates}[electorate]


def combine(
    options: Sequence[str], groups: Sequence[GroupTally], shares: Sequence[Share]
) -> Combined:
    """The weighted sum of the groups; a group without a share is a bug of the caller.

    Raises:
        InvalidShares: The shares cannot be used.
        KeyError: A share has no group.
    """
    by_id = {group.id: group for group in groups}
    pairs = [(by_id[share.id], share) for share in checked(shares)]
    active = [max(g.n, s.full_weight_at) for g, s in pairs if _active(g, s)]
    scale = lcm(*active)
    electorates = tuple(_weighed(group, share, scale) for group, share in pairs)
    present = [(by_id[w.id], w.coefficient) for w in electorates if w.counted]
    size = range(len(options))
    support = tuple(
        tuple(sum(c * group.above[a][b] for group, c in present) for b in size) for a in size
    )
    margins = tuple(tuple(support[a][b] - support[b][a] for b in size) for a in size)
    return Combined(
        tuple(options),
        scale,
        electorates,
        support,
        margins,
        total=sum(c * group.n for group, c in present),
        net=tuple(map(sum, margins)),
        firsts=tuple(sum(c * group.placed[a][0] for group, c in present) for a in size),
    )


def _active(group: GroupTally, share: Share) -> bool:
    return group.n >= max(1, share.min) and share.weight > 0


def _weighed(group: GroupTally, share: Share, scale: int) -> Weighed:
    full = max(group.n, share.full_weight_at)
    coefficient = share.weight * (scale // full) if _active(group, share) else 0
    return Weighed(share.id, group.n, coefficient, share.weight, share.full_weight_at, share.min)


def reference_order(combined: Combined, lot: Sequence[str]) -> tuple[int, ...]:
    """Sigma: option indices by net score, then first choices, then lot.

    Raises:
        ValueError: The lot is not an order of the options.
    """
    drawn = {option: position for position, option in enumerate(lot)}
    if len(lot) != len(combined.options) or drawn.keys() != set(combined.options):
        msg = "the lot must hold every option once"
        raise ValueError(msg)
    return tuple(
        sorted(
            range(len(combined.options)),
            key=lambda a: (-combined.net[a], -combined.firsts[a], drawn[combined.options[a]]),
        )
    )


def widest_paths(strength: Sequence[Sequence[int]]) -> list[list[int]]:
    """For each pair the greatest weakest link over all paths; links of strength 0 are none."""
    size = range(len(strength))
    widest = [list(row) for row in strength]
    for middle in size:
        onward = widest[middle]
        for start in size:
            row = widest[start]
            reach = row[middle]
            if start == middle or not reach:
                continue
            for end in size:
                through = min(reach, onward[end])
                if through > row[end] and end != start:
                    row[end] = through
    return widest


def condorcet_winner(combined: Combined) -> int | None:
    """The option that beats every other head to head, if there is one."""
    for a, row in enumerate(combined.margins):
        if all(margin > 0 for b, margin in enumerate(row) if b != a):
            return a
    return None


def smith_set(combined: Combined) -> frozenset[int]:
    """The smallest set whose members beat every option outside it."""
    size = len(combined.options)
    wins = [sum(m > 0 for m in row) - sum(m < 0 for m in row) for row in combined.margins]
    inside = {max(range(size), key=wins.__getitem__)}
    fringe = list(inside)
    while fringe:
        member = fringe.pop()
        unbeaten = {b for b in range(size) if combined.margins[member][b] <= 0} - inside
        inside |= unbeaten
        fringe.extend(unbeaten)
    return frozenset(inside)


def split_cycle_winners(combined: Combined, widest: Sequence[Sequence[int]]) -> frozenset[int]:
    """The options nobody defeats once every circle has lost its weakest results.

    ``widest`` are the widest paths over the positive margins. Source: Holliday and Pacuit, "Split
    Cycle", 2023: a defeats b iff its margin exceeds the widest path from b back to a.
    """
    size = range(len(combined.options))
    margins = combined.margins
    return frozenset(
        b for b in size if not any(margins[a][b] > max(0, widest[b][a]) for a in size if a != b)
    )


def positive(combined: Combined) -> list[list[int]]:
    """The margins with every defeat and draw as 0."""
    return [[max(0, margin) for margin in row] for row in combined.margins]
