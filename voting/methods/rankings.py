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
    """``count`` ballots of one electorate that say the same.

    What a tally gives has its own options taken out already; a file also says which they were (``own``).
    """

    electorate: str
    ranking: Ranking
    count: int
    own: tuple[str, ...] = ()


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
_BITS: Final = 64  # of a count; the largest file stands for fewer than 2**53 ballots
_MASK: Final = (1 << _BITS) - 1


class Counts:
    """The pair and rank counts of one electorate; grows and shrinks by whole ballots.

    ``above[a][b]`` ballots put a above b; ``placed[a][p]`` put a on rank p (0 is the best, the last
    column is "left out"); ``abstained[a]`` abstain on a, their voter's own option. Inside, a row is one
    whole number with 64 bits for each column, so that a ranked option costs two additions.
    """

    __slots__ = ("_above", "_everybody", "_placed", "abstained", "n", "size")

    def __init__(self, size: int) -> None:
        self.size = size
        self.n = 0
        self.abstained = [0] * size
        self._above = [0] * size
        self._placed = [0] * size  # without those that are left out
        self._everybody = _row([1] * size)

    def load(
        self,
        n: int,
        above: Sequence[Sequence[int]],
        placed: Sequence[Sequence[int]],
        abstained: Sequence[int],
    ) -> None:
        """Begin with these counts instead of none."""
        self.n = n
        self._above = [_row(columns) for columns in above]
        self._placed = [_row(columns[:-1]) for columns in placed]
        self.abstained = list(abstained)

    @property
    def above(self) -> tuple[tuple[int, ...], ...]:
        """Ballots by the option above and the one below."""
        return tuple(_columns(row, self.size) for row in self._above)

    @property
    def placed(self) -> tuple[tuple[int, ...], ...]:
        """Ballots by option and its rank, the last column those that leave it out."""
        rows = [_columns(row, self.size) for row in self._placed]
        return tuple(
            (*row, self.n - own - sum(row)) for row, own in zip(rows, self.abstained, strict=True)
        )

    def take_in(self, other: "Counts") -> None:
        """Add what another one of the same size has counted."""
        self.n += other.n
        self._above = _added(self._above, other._above)  # noqa: SLF001 - one of its own kind
        self._placed = _added(self._placed, other._placed)  # noqa: SLF001 - the same
        self.abstained = _added(self.abstained, other.abstained)

    def add(self, ballot: Said, times: int) -> None:
        """Count the ballot ``times`` times; a negative number takes it out again exactly."""
        above, placed = self._above, self._placed
        self.n += times
        below = self._everybody
        for option in ballot.out:
            self.abstained[option] += times
            below -= 1 << _BITS * option
        here = times
        for level in ballot.levels:
            for option in level:
                below -= 1 << _BITS * option
            for option in level:
                placed[option] += here
                above[option] += below * times
            here <<= _BITS


def _row(columns: Sequence[int]) -> int:
    return sum(number << _BITS * column for column, number in enumerate(columns))


def _columns(row: int, size: int) -> tuple[int, ...]:
    """The numbers in a row; negative ones too, which only a forged snapshot can lead to."""
    found = []
    for _ in range(size):
        number = row & _MASK
        if number >> _BITS - 1:
            number -= 1 << _BITS
        found.append(number)
        row = row - number >> _BITS
    return tuple(found)


def _added(one: Sequence[int], other: Sequence[int]) -> list[int]:
    return [a + b for a, b in zip(one, other, strict=True)]


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
