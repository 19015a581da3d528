"""The counts of one electorate, as a value and as they grow. Pure.

Crowds say few different things: ballots that say the same are only numbered when they come in, and
each saying is added to the pair counts once, when somebody looks.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec
from typing_extensions import override

from voting.methods.rankings import Counts, Pattern, Ranking, Said, index_of, said

Matrix = tuple[tuple[int, ...], ...]
Own = tuple[str, ...]
"""Options a voter abstains on."""

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


class _Saying:
    """A ballot, and how many of it are not in the counts yet (fewer than 0: too many are)."""

    __slots__ = ("ballot", "waiting")

    def __init__(self, ballot: Said) -> None:
        self.ballot = ballot
        self.waiting = 0


class GroupCount:
    """The mutable counts of one electorate; its size depends on the number of options only."""

    __slots__ = ("_counts", "_index", "_sayings", "held", "revised", "void", "withdrawn")

    def __init__(self, index: Mapping[str, int]) -> None:
        self._index = index
        self._counts = Counts(len(index))
        self._sayings: dict[tuple[Ranking, Own], _Saying] = {}
        self.withdrawn = self.revised = 0
        self.held: Counter[str] = Counter()
        self.void: Counter[str] = Counter()

    def add(self, ranking: Ranking, own: Own, times: int) -> None:
        """Take in so many ballots that say this; 0 only looks whether it can be said.

        Raises:
            UnreadableLine: It does not fit the contest; nothing has changed.
        """
        found = self._sayings.get((ranking, own))
        if found is None:
            found = _Saying(said(ranking, own, self._index))
            if len(self._sayings) >= _MOST_SAYINGS:
                self.counts()
                self._sayings.clear()
            self._sayings[ranking, own] = found
        found.waiting += times

    def counts(self) -> Counts:
        """The counts, with everything that has come in."""
        for one in self._sayings.values():
            if one.waiting:
                self._counts.add(one.ballot, one.waiting)
                one.waiting = 0
        return self._counts

    def load(self, known: GroupTally) -> None:
        """Take over these figures; nothing has come in yet."""
        self._counts.load(known.n, known.above, known.placed, known.abstained)
        self.withdrawn, self.revised = known.withdrawn, known.revised
        self.held, self.void = Counter(known.held), Counter(known.void)

    def take_in(self, other: "GroupCount") -> None:
        """Count what another one of the same electorate, and of the same kind, has counted."""
        self.take_ballots(other)
        self.withdrawn += other.withdrawn
        self.revised += other.revised
        self.held.update(other.held)
        self.void.update(other.void)

    def take_ballots(self, other: "GroupCount") -> None:
        """Count the ballots alone."""
        self._counts.take_in(other.counts())

    def frozen(self, electorate: str) -> GroupTally:
        """These counts at this moment."""
        counts = self.counts()
        return GroupTally(
            electorate,
            counts.n,
            counts.above,
            counts.placed,
            tuple(counts.abstained),
            withdrawn=self.withdrawn,
            quarantined=self.held.total(),
            revised=self.revised,
            held=_by_reason(self.held),
            void=_by_reason(self.void),
        )


class BallotsCount(GroupCount):
    """The counts of one electorate with its ballots, equal ones together; lean, there may be many."""

    __slots__ = ("_fresh", "_ids", "ballots")

    def __init__(self, index: Mapping[str, int]) -> None:
        super().__init__(index)
        self._ids = {option: option for option in index}
        self.ballots: dict[Own, dict[Ranking, int]] = {}
        """How often each thing is said, by the own options of who says it."""
        self._fresh: dict[tuple[Ranking, Own], int] | None = {}
        """What is not in the counts yet; None: so much that they are made anew."""

    @override
    def add(self, ranking: Ranking, own: Own, times: int) -> None:
        theirs = self.ballots.setdefault(own, {})
        known = theirs.get(ranking)
        if known is None:
            said(ranking, own, self._index)
            ranking = self._shared(ranking)
        theirs[ranking] = (known or 0) + times
        if self._fresh is not None:
            self._fresh[ranking, own] = self._fresh.get((ranking, own), 0) + times
            if len(self._fresh) > _MOST_SAYINGS:
                self._fresh = None

    @override
    def counts(self) -> Counts:
        if self._fresh is None:
            self._counts = Counts(len(self._index))
            for own, theirs in self.ballots.items():
                self._take((ranking, own, times) for ranking, times in theirs.items())
        else:
            self._take((*key, times) for key, times in self._fresh.items())
        self._fresh = {}
        return self._counts

    @override
    def take_ballots(self, other: GroupCount) -> None:
        if isinstance(other, BallotsCount):
            for own, theirs in other.ballots.items():
                for ranking, times in theirs.items():
                    self.add(ranking, own, times)

    def _take(self, ballots: Iterable[tuple[Ranking, Own, int]]) -> None:
        for ranking, own, times in ballots:
            if times:
                self._counts.add(said(ranking, own, self._index), times)

    def _shared(self, ranking: Ranking) -> Ranking:
        """The same ranking, of the same texts as all the others."""
        ids = self._ids
        return tuple(
            ids[rank] if isinstance(rank, str) else tuple(ids[one] for one in rank)
            for rank in ranking
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
        ballot = said(pattern.ranking, pattern.own, index)
        if pattern.ranking:  # one that ranks nothing but its own counts as well, and says nothing
            group.counts().add(ballot, pattern.count)
    return group.frozen(electorate)
