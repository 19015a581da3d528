"""What a ballot says, and how it adds to the counts of its electorate. Pure.

A ranking is best first; what it leaves out stands below everything ranked and level with each
other. An element may be a tuple: options on a shared rank. Voters cannot do that, files can.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

Rank = str | tuple[str, ...]
Ranking = tuple[Rank, ...]


class UnreadableLine(ValueError):
    """A line of a log that no admitted ballot can have produced: the log and the contest differ."""


class Pattern(msgspec.Struct, frozen=True):
    """``count`` ballots of one electorate that say the same; own options are already taken out."""

    electorate: str
    ranking: Ranking
    count: int


class Said(msgspec.Struct, frozen=True):
    """A ballot by option index: ``levels`` best first, ``out`` the own options it abstains on."""

    levels: tuple[tuple[int, ...], ...]
    out: frozenset[int]


def ids_of(rank: Rank) -> tuple[str, ...]:
    """The options on one rank."""
    return (rank,) if isinstance(rank, str) else rank


def without(ranking: Ranking, own: Iterable[str]) -> Ranking:
    """The ranking with own options taken out; the ranks below move up."""
    gone = frozenset(own)
    if not gone:
        return ranking
    left = (tuple(option for option in ids_of(rank) if option not in gone) for rank in ranking)
    return tuple(rank[0] if len(rank) == 1 else rank for rank in left if rank)


def said(ranking: Ranking, own: Iterable[str], index: Mapping[str, int]) -> Said:
    """The ranking by index, own options taken out.

    Raises:
        UnreadableLine: An option is unknown or stands in it twice, or a rank is empty.
    """
    if not own:
        alone = _alone(ranking, index)
        if alone is not None:
            return alone
    try:
        levels = [tuple(index[option] for option in ids_of(rank)) for rank in ranking]
    except KeyError as unknown:
        msg = f"unknown option {unknown}"
        raise UnreadableLine(msg) from None
    flat = [option for level in levels for option in level]
    if len(set(flat)) != len(flat):
        msg = f"an option stands twice in {ranking!r}"
        raise UnreadableLine(msg)
    if not all(levels):
        msg = f"an empty rank in {ranking!r}"
        raise UnreadableLine(msg)
    out = frozenset(index[option] for option in own if option in index)
    if out:
        kept = (tuple(option for option in level if option not in out) for level in levels)
        levels = [level for level in kept if level]
    return Said(tuple(levels), out)


def _alone(ranking: Ranking, index: Mapping[str, int]) -> Said | None:
    """`said` for what nearly everybody says: no shared rank and nothing wrong; None for the rest."""
    try:
        options = [index[rank] for rank in ranking]  # type: ignore[index]  # a shared rank is no key
    except KeyError:
        return None
    if len(set(options)) != len(options):
        return None
    return Said(tuple([(option,) for option in options]), _NOBODY)


_NOBODY: Final[frozenset[int]] = frozenset()


class Counts:
    """The pair and rank counts of one electorate; grows and shrinks by whole ballots.

    ``above[a][b]`` ballots put a above b; ``placed[a][p]`` put a on rank p (0 is the best, the last
    column is "left out"); ``abstained[a]`` abstain on a, their voter's own option.
    """

    __slots__ = ("above", "abstained", "n", "placed", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.n = 0
        self.above = [[0] * size for _ in range(size)]
        self.placed = [[0] * (size + 1) for _ in range(size)]
        self.abstained = [0] * size

    def load(
        self,
        n: int,
        above: Sequence[Sequence[int]],
        placed: Sequence[Sequence[int]],
        abstained: Sequence[int],
    ) -> None:
        """Begin with these counts instead of none."""
        self.n = n
        self.above = [list(row) for row in above]
        self.placed = [list(row) for row in placed]
        self.abstained = list(abstained)

    def take_in(self, other: "Counts") -> None:
        """Add what another one of the same size has counted."""
        self.n += other.n
        self.above = _added(self.above, other.above)
        self.placed = _added(self.placed, other.placed)
        (self.abstained,) = _added([self.abstained], [other.abstained])

    def add(self, ballot: Said, times: int) -> None:
        """Count the ballot ``times`` times; a negative number takes it out again exactly."""
        above, placed = self.above, self.placed
        self.n += times
        below = set(range(self.size)).difference(ballot.out)
        for option in ballot.out:
            self.abstained[option] += times
        for place, level in enumerate(ballot.levels):
            below.difference_update(level)
            for option in level:
                placed[option][place] += times
                row = above[option]
                for other in below:
                    row[other] += times
        for option in below:
            placed[option][-1] += times


def _added(one: list[list[int]], other: list[list[int]]) -> list[list[int]]:
    return [[a + b for a, b in zip(*rows, strict=True)] for rows in zip(one, other, strict=True)]


def index_of(options: Sequence[str]) -> dict[str, int]:
    """Position of each option.

    Raises:
        ValueError: There is none, or one stands twice.
    """
    index = {option: position for position, option in enumerate(options)}
    if not index or len(index) != len(options):
        msg = "a contest needs at least one option, each of them once"
        raise ValueError(msg)
    return index
