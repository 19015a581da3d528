"""The running count of one contest: a fold over its log, equal to a recount at every moment. Pure.

Every state is a function of the latest line of each voter and of nothing else. Hence slicing,
order and repetition of the lines do not matter, and ``running == recount`` is a plain ``==``.

Crowds say few different things: lines that say the same are only numbered when they come in, and
each saying is added to the pair counts once, when somebody looks.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec
from typing_extensions import override

from voting.methods.rankings import (
    Counts,
    Pattern,
    Ranking,
    Said,
    UnreadableLine,
    index_of,
    said,
    without,
)

Matrix = tuple[tuple[int, ...], ...]

_MOST_PILES: Final = 4_096  # of one electorate; a contest of twelve options has a billion sayings


class Line(msgspec.Struct, frozen=True):
    """One line of a contest's log: what a voter says from ``position`` on.

    An empty ranking withdraws. ``own`` are the options this voter abstains on. A quarantined ballot
    is kept apart until a later line of the same voter counts it.
    """

    position: int
    voter: str
    electorate: str
    revision: int
    ranking: Ranking
    own: tuple[str, ...] = ()
    status: Literal["counted", "quarantined"] = "counted"
    replaces: int | None = None
    """Position of the same voter's line before this one; None for the first."""


class GroupTally(msgspec.Struct, frozen=True):
    """The counts of one electorate over the latest ballot of each of its voters.

    ``above[a][b]``: ballots with a above b (``N``). ``placed[a][p]``: ballots with a on rank p, the
    last column those that leave it out (``R``). ``abstained[a]``: ballots whose own option is a.
    ``n`` counts what is in those figures; ``withdrawn``, ``quarantined`` and ``revised`` (voted more
    than once) count voters. Indices follow the contest's options.
    """

    id: str
    n: int
    above: Matrix
    placed: Matrix
    abstained: tuple[int, ...]
    withdrawn: int = 0
    quarantined: int = 0
    revised: int = 0


class Snapshot(msgspec.Struct, frozen=True):
    """A tally as a value: what readers need (``groups``) and what the fold goes on from (``lines``).

    ``lines`` holds the latest line of each voter, by position.
    """

    position: int
    options: tuple[str, ...]
    groups: tuple[GroupTally, ...]
    lines: tuple[Line, ...]


class Figures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The counts alone, without who said what: small, whatever the number of voters.

    A fold can go on from them, as long as it is told what a voter it does not know said before.
    """

    position: int
    options: tuple[str, ...]
    groups: tuple[GroupTally, ...]


class _Pile:
    """One saying, and how many ballots of it are not in the counts yet (fewer: a negative number)."""

    __slots__ = ("ballot", "times")

    def __init__(self, ballot: Said) -> None:
        self.ballot = ballot
        self.times = 0


class _Group:
    """The mutable counts of one electorate."""

    __slots__ = ("_counts", "_piles", "quarantined", "revised", "withdrawn")

    def __init__(self, size: int) -> None:
        self._counts = Counts(size)
        self._piles: dict[tuple[Ranking, tuple[str, ...]], _Pile] = {}
        self.withdrawn = self.quarantined = self.revised = 0

    def pile(self, line: Line, index: Mapping[str, int]) -> _Pile:
        """Where ballots go that say what this line says.

        Raises:
            UnreadableLine: It does not fit the contest.
        """
        saying = (line.ranking, line.own)
        pile = self._piles.get(saying)
        if pile is None:
            pile = _Pile(said(line.ranking, line.own, index))
            if len(self._piles) >= _MOST_PILES:
                self.counts()
                self._piles.clear()
            self._piles[saying] = pile
        return pile

    def counts(self) -> Counts:
        """The counts, with everything that has come in."""
        for pile in self._piles.values():
            if pile.times:
                self._counts.add(pile.ballot, pile.times)
                pile.times = 0
        return self._counts

    def load(self, known: GroupTally) -> None:
        """Take over these figures; nothing has come in yet."""
        self._counts.load(known.n, known.above, known.placed, known.abstained)
        self.withdrawn, self.quarantined = known.withdrawn, known.quarantined
        self.revised = known.revised

    def take_in(self, other: "_Group") -> None:
        """Add everything another group of the same electorate has."""
        self._counts.take_in(other.counts())
        self.withdrawn += other.withdrawn
        self.quarantined += other.quarantined
        self.revised += other.revised

    def frozen(self, electorate: str) -> GroupTally:
        counts = self.counts()
        return GroupTally(
            electorate,
            counts.n,
            tuple(map(tuple, counts.above)),
            tuple(map(tuple, counts.placed)),
            tuple(counts.abstained),
            withdrawn=self.withdrawn,
            quarantined=self.quarantined,
            revised=self.revised,
        )


class Tally:
    """The running count of one contest. Mutable: it belongs to one follower."""

    __slots__ = ("_base", "_groups", "_index", "_latest", "options", "position")
    __hash__ = None  # type: ignore[assignment]  # equal by state, and the state changes

    def __init__(self, options: Sequence[str], electorates: Sequence[str]) -> None:
        self._index = index_of(options)
        self.options = tuple(options)
        self.position = 0
        self._groups = {electorate: _Group(len(self.options)) for electorate in electorates}
        self._latest: dict[str, Line] = {}
        self._base = 0  # lines up to it are in the figures, though their voters may be unknown

    def apply(self, line: Line) -> bool:
        """Take in one line; whether it was news.

        A line at or below the position already known of its voter changes nothing.

        Raises:
            UnreadableLine: It does not fit the contest, or what it replaces has not been recalled.
                The tally is as it was.
        """
        known = self._latest.get(line.voter)
        if line.position <= self._base or (known is not None and line.position <= known.position):
            return False
        if known is None and self._base and line.revision > 1:
            msg = f"what voter {line.voter!r} said before is not known here"
            raise UnreadableLine(msg)
        self._count(line, 1)
        if known is not None:
            self._count(known, -1)
        self._latest[line.voter] = line
        if line.position > self.position:
            self.position = line.position
        return True

    def apply_all(self, lines: Iterable[Line]) -> None:
        """Take in many lines, one after the other."""
        for line in lines:
            self.apply(line)

    def _count(self, line: Line, times: int) -> None:
        group = self._groups.get(line.electorate)
        if group is None:
            msg = f"unknown electorate {line.electorate!r}"
            raise UnreadableLine(msg)
        pile = group.pile(line, self._index)
        if line.status == "quarantined":
            group.quarantined += times
        elif not line.ranking:
            group.withdrawn += times
        else:
            pile.times += times
        if line.revision > 1:
            group.revised += times

    def forgotten(self, lines: Iterable[Line]) -> tuple[int, ...]:
        """Positions of the lines that these lines, next in the log, replace, but which are not known.

        Empty for a tally that has seen the whole log.
        """
        if not self._base:
            return ()
        return tuple(
            line.replaces
            for line in lines
            if line.replaces is not None
            and line.replaces <= self._base < line.position
            and line.voter not in self._latest
        )

    def recall(self, lines: Iterable[Line]) -> None:
        """Know again what these voters said last before the figures were taken."""
        for line in lines:
            if line.position <= self._base:
                self._latest.setdefault(line.voter, line)

    @property
    def ballots(self) -> int:
        """Counted ballots, all electorates together."""
        return sum(group.counts().n for group in self._groups.values())

    def groups(self) -> tuple[GroupTally, ...]:
        """The counts of every electorate at this moment, in the contest's order."""
        return tuple(group.frozen(electorate) for electorate, group in self._groups.items())

    def patterns(self) -> tuple[Pattern, ...]:
        """The counted ballots, equal ones together: what instant runoff needs. Costs a pass."""
        found: dict[tuple[str, Ranking], int] = {}
        for line in self._latest.values():
            if line.status == "counted" and line.ranking:
                key = (line.electorate, without(line.ranking, line.own))
                found[key] = found.get(key, 0) + 1
        return tuple(Pattern(group, ranking, n) for (group, ranking), n in found.items())

    def latest(self, voter: str) -> Line | None:
        """The line that holds for this voter."""
        return self._latest.get(voter)

    def figures(self) -> Figures:
        """The counts at this moment."""
        return Figures(self.position, self.options, self.groups())

    @classmethod
    def from_figures(cls, figures: Figures) -> "Tally":
        """The tally these figures were taken of, its voters forgotten.

        Raises:
            UnreadableLine: They do not fit together.
        """
        tally = cls(figures.options, [group.id for group in figures.groups])
        for group in figures.groups:
            if not _is_whole(group, len(figures.options)):
                msg = f"the figures of {group.id!r} do not fit together"
                raise UnreadableLine(msg)
            tally._groups[group.id].load(group)
        if figures.position < 0 or len(tally._groups) != len(figures.groups):
            msg = "the figures do not fit together"
            raise UnreadableLine(msg)
        tally.position = tally._base = figures.position
        return tally

    def snapshot(self) -> Snapshot:
        """This moment as a value that can be stored and compared."""
        lines = sorted(self._latest.values(), key=lambda line: (line.position, line.voter))
        return Snapshot(self.position, self.options, self.groups(), tuple(lines))

    @classmethod
    def from_snapshot(cls, snapshot: Snapshot) -> "Tally":
        """The tally the snapshot was taken of.

        Raises:
            UnreadableLine: Its figures are not what its own lines add up to.
        """
        tally = cls(snapshot.options, [group.id for group in snapshot.groups])
        tally.apply_all(snapshot.lines)
        tally.position = max(tally.position, snapshot.position)
        if tally.groups() != snapshot.groups:
            msg = "the snapshot's figures differ from its lines"
            raise UnreadableLine(msg)
        return tally

    @override
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Tally):
            return NotImplemented
        if self._base or other._base:  # one of them has forgotten who said what
            return self.figures() == other.figures()
        return self.snapshot() == other.snapshot()


def _is_whole(group: GroupTally, size: int) -> bool:
    """Whether these can be the counts of some ballots."""
    rows = (*group.above, *group.placed, group.abstained)
    counts = (
        group.withdrawn,
        group.quarantined,
        group.revised,
        *(one for row in rows for one in row),
    )
    return (
        len(group.above) == len(group.placed) == len(group.abstained) == size
        and all(len(row) == size for row in group.above)
        and all(len(row) == size + 1 for row in group.placed)
        and min(counts) >= 0
        # every ballot puts every option somewhere, or abstains on it
        and all(
            sum(placed) + own == group.n
            for placed, own in zip(group.placed, group.abstained, strict=True)
        )
        and all(group.above[n][n] == 0 for n in range(size))
    )


def summed(tallies: Sequence[Tally]) -> Tally:
    """The tally of several logs of one contest, no voter being in two of them; it takes no more lines.

    Args:
        tallies: At least one; of the same options and electorates.
    """
    whole = Tally(tallies[0].options, list(tallies[0]._groups))
    for tally in tallies:
        for electorate, group in tally._groups.items():
            whole._groups[electorate].take_in(group)
        whole._latest |= tally._latest
        whole.position = max(whole.position, tally.position)
        whole._base = max(whole._base, tally._base)
    return whole


def recount(options: Sequence[str], electorates: Sequence[str], lines: Iterable[Line]) -> Tally:
    """The tally of a whole log, counted from nothing."""
    tally = Tally(options, electorates)
    tally.apply_all(lines)
    return tally


def group_of(options: Sequence[str], electorate: str, patterns: Iterable[Pattern]) -> GroupTally:
    """The counts of one electorate from ballots that stand in a file, equal ones together.

    Blank ballots are not counted.

    Raises:
        UnreadableLine: A ranking does not fit the options.
    """
    index = index_of(options)
    group = _Group(len(options))
    for pattern in patterns:
        ballot = said(pattern.ranking, (), index)
        if ballot.levels:
            group.counts().add(ballot, pattern.count)
    return group.frozen(electorate)
