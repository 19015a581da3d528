"""The counts of one electorate, as a value and as they grow. Pure.

Crowds say few different things: ballots that say the same are only numbered when they come in, and
each saying is added to the pair counts once, when somebody looks.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from voting.methods.rankings import Counts, Pattern, Ranking, Said, index_of, said

Matrix = tuple[tuple[int, ...], ...]

_MOST_SAYINGS: Final = 4_096  # a contest of twelve options has a hundred thousand


class GroupTally(msgspec.Struct, frozen=True):
    """The counts of one electorate over the latest ballot of each of its voters.

    ``above[a][b]``: ballots with a above b (``N``). ``placed[a][p]``: ballots with a on rank p, the
    last column those that leave it out (``R``). ``abstained[a]``: ballots whose own option is a.
    ``n`` counts what is in those figures; ``withdrawn``, ``quarantined`` and ``revised`` (voted more
    than once) count voters, as do ``held`` (the quarantined) and ``void`` by reason. Indices follow
    the contest's options.
    """

    id: str
    n: int
    above: Matrix
    placed: Matrix
    abstained: tuple[int, ...]
    withdrawn: int = 0
    quarantined: int = 0
    revised: int = 0
    held: dict[str, int] = {}
    void: dict[str, int] = {}


class Saying:
    """How many ballots say one thing, and how many of them are not in the counts yet (or too many)."""

    __slots__ = ("ballot", "times", "waiting")

    def __init__(self, ballot: Said | None) -> None:
        self.ballot = ballot
        self.times = self.waiting = 0


class GroupCount:
    """The mutable counts of one electorate."""

    __slots__ = ("_counts", "_index", "_keeps", "_sayings", "held", "revised", "void", "withdrawn")

    def __init__(self, index: Mapping[str, int], *, keeps: bool = False) -> None:
        self._index = index
        self._counts = Counts(len(index))
        self._sayings: dict[tuple[Ranking, tuple[str, ...]], Saying] = {}
        self._keeps = keeps
        self.withdrawn = self.revised = 0
        self.held: Counter[str] = Counter()
        self.void: Counter[str] = Counter()

    def saying(self, ranking: Ranking, own: tuple[str, ...]) -> Saying:
        """Where ballots go that say this.

        Raises:
            UnreadableLine: It does not fit the contest.
        """
        found = self._sayings.get((ranking, own))
        if found is None:
            ballot = said(ranking, own, self._index)
            # Whoever keeps all of them keeps them lean, and works it out again when it is counted.
            found = Saying(None if self._keeps else ballot)
            if not self._keeps and len(self._sayings) >= _MOST_SAYINGS:
                self.counts()
                self._sayings.clear()
            self._sayings[ranking, own] = found
        return found

    def counts(self) -> Counts:
        """The counts, with everything that has come in."""
        for (ranking, own), one in self._sayings.items():
            if one.waiting:
                ballot = one.ballot or said(ranking, own, self._index)
                self._counts.add(ballot, one.waiting)
                one.waiting = 0
        return self._counts

    def load(self, known: GroupTally) -> None:
        """Take over these figures; nothing has come in yet."""
        self._counts.load(known.n, known.above, known.placed, known.abstained)
        self.withdrawn, self.revised = known.withdrawn, known.revised
        self.held, self.void = Counter(known.held), Counter(known.void)

    def take_in(self, other: "GroupCount") -> None:
        """Add everything that another one of the same electorate has."""
        self._counts.take_in(other.counts())
        self.withdrawn += other.withdrawn
        self.revised += other.revised
        self.held.update(other.held)
        self.void.update(other.void)
        if self._keeps:
            for ranking, own, times in other.kept():
                self.saying(ranking, own).times += times

    def kept(self) -> Iterable[tuple[Ranking, tuple[str, ...], int]]:
        """Everything that is said by a counted ballot, its own options, and how often."""
        return ((*key, one.times) for key, one in self._sayings.items() if one.times)

    def frozen(self, electorate: str) -> GroupTally:
        """These counts at this moment."""
        counts = self.counts()
        return GroupTally(
            electorate,
            counts.n,
            tuple(map(tuple, counts.above)),
            tuple(map(tuple, counts.placed)),
            tuple(counts.abstained),
            withdrawn=self.withdrawn,
            quarantined=self.held.total(),
            revised=self.revised,
            held=_by_reason(self.held),
            void=_by_reason(self.void),
        )


def _by_reason(counts: Counter[str]) -> dict[str, int]:
    """Those there are, always in the same order: equal counts are equal text."""
    return {why: n for why, n in sorted(counts.items()) if n}


def is_whole(group: GroupTally, size: int) -> bool:
    """Whether these can be the counts of some ballots."""
    rows = (*group.above, *group.placed, group.abstained)
    counts = (
        group.withdrawn,
        group.revised,
        *group.held.values(),
        *group.void.values(),
        *(one for row in rows for one in row),
    )
    return (
        len(group.above) == len(group.placed) == len(group.abstained) == size
        and all(len(row) == size for row in group.above)
        and all(len(row) == size + 1 for row in group.placed)
        and min(counts) >= 0
        and sum(group.held.values()) == group.quarantined
        # every ballot puts every option somewhere, or abstains on it
        and all(
            sum(placed) + own == group.n
            for placed, own in zip(group.placed, group.abstained, strict=True)
        )
        and all(group.above[n][n] == 0 for n in range(size))
    )


def group_of(options: Sequence[str], electorate: str, patterns: Iterable[Pattern]) -> GroupTally:
    """The counts of one electorate from ballots that stand in a file, equal ones together.

    Blank ballots are not counted.

    Raises:
        UnreadableLine: A ranking does not fit the options.
    """
    index = index_of(options)
    group = GroupCount(index)
    for pattern in patterns:
        ballot = said(pattern.ranking, (), index)
        if ballot.levels:
            group.counts().add(ballot, pattern.count)
    return group.frozen(electorate)
