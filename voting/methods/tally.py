"""The running count of one contest: a fold over its log, equal to a recount at every moment. Pure.

A line says which line it replaces, so a fold takes out what a voter said before without remembering
voters: it needs the lines it has seen last, and whoever feeds it looks up the others. A recount is told
the piles instead: how often each thing is said by the lines that count now. Both end with the same
figures, so ``running == recount`` is a plain ``==``.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec
from typing_extensions import override

from voting.methods.group_tally import BallotsCount, GroupCount, GroupTally, Own, is_whole
from voting.methods.rankings import Pattern, Ranking, UnreadableLine, index_of, without

Status = Literal["counted", "quarantined", "void"]

_MOST_AT_HAND: Final = 8_192  # lines; about 3 MB. Most people who vote again do so within a minute.


class Line(msgspec.Struct, frozen=True):
    """One line of a contest's log: what a voter says from ``position`` on.

    An empty ranking withdraws. ``own`` are the options this voter abstains on. A quarantined ballot
    is kept apart until a later line of the same voter counts it or makes it void; ``why`` says why.
    """

    position: int
    voter: str
    electorate: str
    revision: int
    ranking: Ranking
    own: tuple[str, ...] = ()
    status: Status = "counted"
    replaces: int | None = None
    """Position of the same voter's line before this one; None for the first."""
    why: str | None = None


class Pile(msgspec.Struct, frozen=True):
    """``times`` voters of one electorate whose lines say the same; fields as of a `Line`.

    ``position`` is that of the last of these lines.
    """

    electorate: str
    ranking: Ranking
    own: tuple[str, ...]
    status: Status
    why: str | None
    is_revised: bool
    """Whether these voters have voted more than once."""
    times: int
    position: int


class Figures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The counts alone, without who said what: small, whatever the number of voters.

    A fold can go on from them, as long as it is told what the lines to come replace.
    """

    position: int
    options: tuple[str, ...]
    groups: tuple[GroupTally, ...]


class Tally:
    """The count of one contest. Mutable: it belongs to one follower.

    Its memory depends on the contest and not on its voters; with ``ballots`` also on how many
    different things are said.

    Args:
        options: The contest's, in order.
        electorates: The contest's, in order.
        ballots: Keep what is said, which instant runoff and a final result need.
    """

    __slots__ = ("_at_hand", "_groups", "_keeping", "options", "position")
    __hash__ = None  # type: ignore[assignment]  # equal by state, and the state changes

    def __init__(
        self, options: Sequence[str], electorates: Sequence[str], *, ballots: bool = False
    ) -> None:
        index = index_of(options)
        self.options = tuple(options)
        self.position = 0
        self._keeping = {one: BallotsCount(index) for one in electorates} if ballots else None
        self._groups: Mapping[str, GroupCount] = (
            {one: GroupCount(index) for one in electorates}
            if self._keeping is None
            else self._keeping
        )
        self._at_hand: dict[int, Line] = {}  # by position; none of them has been replaced

    # --- a log, line by line ---

    def apply(self, line: Line) -> bool:
        """Take in the next line; whether it was news.

        A line at or below the position of the tally changes nothing.

        Raises:
            UnreadableLine: It does not fit the contest, or what it replaces is not known here: not
                at hand, or another voter's. The tally is as it was.
        """
        if line.position <= self.position:
            return False
        before = self._replaced(line)
        self._count(line, 1, is_revised=line.revision > 1)
        if before is not None:
            self._count(before, -1, is_revised=before.revision > 1)
            del self._at_hand[before.position]
        self._at_hand[line.position] = line
        self.position = line.position
        return True

    def apply_all(self, lines: Iterable[Line]) -> None:
        """Take in many lines in the order of the log, then let go of the oldest."""
        for line in lines:
            self.apply(line)
        known = self._at_hand
        for position in list(known)[: max(0, len(known) - _MOST_AT_HAND)]:
            del known[position]

    def missing(self, lines: Iterable[Line]) -> tuple[int, ...]:
        """Positions of the lines that these lines, next in the log, replace, but which are not at hand."""
        known, last = self._at_hand, self.position
        return tuple(
            line.replaces
            for line in lines
            if line.replaces is not None
            and line.replaces not in known
            and line.replaces <= last < line.position
        )

    def recall(self, lines: Iterable[Line]) -> None:
        """Have these lines at hand, which are in the count and not replaced yet."""
        for line in lines:
            if line.position <= self.position:
                self._at_hand[line.position] = line

    def _replaced(self, line: Line) -> Line | None:
        is_decision = line.why is not None and line.status != "quarantined"
        if line.replaces is None and line.revision == 1 and not is_decision:
            return None
        before = self._at_hand.get(line.replaces or 0)
        if before is None or before.voter != line.voter:
            msg = f"line {line.position} replaces another one that is not known here"
            raise UnreadableLine(msg)
        return before

    # --- piles ---

    def add(self, pile: Pile) -> None:
        """Take in lines that count now and say the same.

        Raises:
            UnreadableLine: They do not fit the contest. The tally is as it was.
        """
        self._count(pile, pile.times, is_revised=pile.is_revised)
        self.position = max(self.position, pile.position)

    # --- other logs of the same contest ---

    def take_in(self, other: "Tally") -> None:
        """Count what another log comes to as well, no voter being in both; it takes no more lines.

        Args:
            other: Of the same options and electorates.
        """
        for electorate, group in other._groups.items():  # noqa: SLF001 - one of its own kind
            self._groups[electorate].take_in(group)
        self.position = max(self.position, other.position)

    # --- inside ---

    def _count(self, said: Line | Pile, times: int, *, is_revised: bool) -> None:
        group = self._groups.get(said.electorate)
        if group is None:
            msg = f"unknown electorate {said.electorate!r}"
            raise UnreadableLine(msg)
        is_counted = said.status == "counted" and bool(said.ranking)
        group.add(said.ranking, said.own, times if is_counted else 0)
        if said.status == "quarantined":
            group.held[said.why or ""] += times
        elif said.status == "void":
            group.void[said.why or ""] += times
        elif not said.ranking:
            group.withdrawn += times
        if is_revised:
            group.revised += times

    # --- what it has come to ---

    @property
    def ballots(self) -> int:
        """Counted ballots, all electorates together."""
        return sum(group.counts().n for group in self._groups.values())

    def groups(self) -> tuple[GroupTally, ...]:
        """The counts of every electorate at this moment, in the contest's order."""
        return tuple(group.frozen(electorate) for electorate, group in self._groups.items())

    def patterns(self) -> tuple[Pattern, ...]:
        """The counted ballots, equal ones together: what instant runoff needs. Costs a pass.

        Raises:
            ValueError: It keeps no ballots.
        """
        return tuple(
            Pattern(electorate, ranking, times)
            for electorate, group in self._kept().items()
            for ranking, times in _left(group.ballots).items()
            if times
        )

    def own_ballots(self) -> int:
        """Counted ballots that abstain on an own option.

        Raises:
            ValueError: It keeps no ballots.
        """
        known = frozenset(self.options)
        return sum(
            times
            for group in self._kept().values()
            for own, ballots in group.ballots.items()
            for times in ballots.values()
            if not known.isdisjoint(own)
        )

    def _kept(self) -> Mapping[str, BallotsCount]:
        if self._keeping is None:
            msg = "this tally keeps figures, not ballots"
            raise ValueError(msg)
        return self._keeping

    def figures(self) -> Figures:
        """The counts at this moment."""
        return Figures(self.position, self.options, self.groups())

    @classmethod
    def from_figures(cls, figures: Figures) -> "Tally":
        """The tally these figures were taken of; no line is at hand.

        Raises:
            UnreadableLine: They do not fit together.
        """
        tally = cls(figures.options, [group.id for group in figures.groups])
        for group in figures.groups:
            if not is_whole(group, len(figures.options)):
                msg = f"the figures of {group.id!r} do not fit together"
                raise UnreadableLine(msg)
            tally._groups[group.id].load(group)
        if figures.position < 0 or len(tally._groups) != len(figures.groups):
            msg = "the figures do not fit together"
            raise UnreadableLine(msg)
        tally.position = figures.position
        return tally

    @override
    def __eq__(self, other: object) -> bool:
        return self.figures() == other.figures() if isinstance(other, Tally) else NotImplemented


def _left(ballots: Mapping[Own, Mapping[Ranking, int]]) -> Mapping[Ranking, int]:
    """The ballots with own options taken out."""
    if ballots.keys() <= {()}:
        return ballots.get((), {})
    found: dict[Ranking, int] = {}
    for own, theirs in ballots.items():
        for ranking, times in theirs.items():
            left = without(ranking, own)
            found[left] = found.get(left, 0) + times
    return found


def as_if_counted(pile: Pile) -> Pile:
    """The same ballots, counted where they are held."""
    if pile.status != "quarantined":
        return pile
    return msgspec.structs.replace(pile, status="counted", why=None)


def recount(options: Sequence[str], electorates: Sequence[str], piles: Iterable[Pile]) -> Tally:
    """The tally of the lines that count now, with its ballots."""
    tally = Tally(options, electorates, ballots=True)
    for pile in piles:
        tally.add(pile)
    return tally
