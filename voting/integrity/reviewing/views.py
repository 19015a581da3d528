"""What the officers' page shows of one contest: how ballots come, what is odd, what is held. Pure.

Nothing here knows what a ballot says, except the one hint for organisers (``content_alarm``).
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from voting.contests import Contest, Electorate, Phase
from voting.held_results import totals
from voting.integrity.appeals import Appeal
from voting.integrity.review import Group, Proposal
from voting.integrity.signals import Signal
from voting.integrity.windows import KINDS, SECONDS, SourceKind, Window
from voting.methods.group_tally import GroupTally

_TOP_SHOWN = 5  # sources of a kind
_LINE_WINDOWS = 30  # the line over the last five minutes


class Rate(msgspec.Struct, frozen=True):
    """Ballots per second of one electorate in the last whole window, in tenths, by level."""

    electorate: Electorate
    tenths: int
    by_level: tuple[tuple[str, int], ...]
    recent: tuple[int, ...]
    """Ballots in each of the last windows, for a line."""


class TopSource(msgspec.Struct, frozen=True):
    """One frequent source of the last minutes: ballots, and their share in thousandths."""

    kind: SourceKind
    mark: str
    n: int
    share: int


class FairnessView(msgspec.Struct, frozen=True):
    """One contest before the officers."""

    contest: Contest
    held: tuple[tuple[str, int], ...]
    void: tuple[tuple[str, int], ...]
    undecided: int
    rates: tuple[Rate, ...]
    top: tuple[TopSource, ...]
    signals: tuple[Signal, ...]
    groups: tuple[Group, ...]
    open_proposals: tuple[Proposal, ...]
    decided: tuple[Proposal, ...]
    appeals: tuple[Appeal, ...]
    has_burst_rule: bool
    is_armed: bool
    can_decide: bool
    """Between the close and the review of the result."""
    content_alarm: bool | None
    """Whether the first choices of a burst differ from the rest; None: not for this reader, or no burst."""
    at: datetime


class Overview(msgspec.Struct, frozen=True):
    """One contest in the list."""

    contest: Contest
    held: int
    void: int
    appeals: int


class Found(msgspec.Struct, frozen=True):
    """What was looked up for a view."""

    windows: tuple[Window, ...]
    signals: tuple[Signal, ...]
    groups: tuple[Group, ...]
    proposals: tuple[Proposal, ...]
    appeals: tuple[Appeal, ...]
    tallies: tuple[GroupTally, ...]
    is_armed: bool
    content_alarm: bool | None


def fairness_view(contest: Contest, found: Found, at: datetime) -> FairnessView:
    """The page's values."""
    held = totals([group.held for group in found.tallies])
    return FairnessView(
        contest=contest,
        held=tuple(held.items()),
        void=tuple(totals([group.void for group in found.tallies]).items()),
        undecided=sum(held.values()),
        rates=_rates(contest, found.windows),
        top=_top(found.windows),
        signals=found.signals,
        groups=found.groups,
        open_proposals=tuple(one for one in found.proposals if one.outcome is None),
        decided=tuple(one for one in found.proposals if one.outcome is not None),
        appeals=found.appeals,
        has_burst_rule=any(rule.kind == "burst" for rule in contest.rules.holds),
        is_armed=found.is_armed,
        can_decide=contest.phase is Phase.CLOSED,
        content_alarm=found.content_alarm,
        at=at,
    )


def _rates(contest: Contest, windows: Sequence[Window]) -> tuple[Rate, ...]:
    last = windows[-1] if windows else Window(0)
    return tuple(
        Rate(
            electorate=group,
            tenths=last.of(group.id) * 10 // SECONDS,
            by_level=tuple(sorted(_levels(last.counts, group.id))),
            recent=tuple(one.of(group.id) for one in windows[-_LINE_WINDOWS:]),
        )
        for group in contest.electorates
    )


def _levels(counts: Mapping[str, Mapping[str, int]], group: str) -> list[tuple[str, int]]:
    return [(level, n * 10 // SECONDS) for level, n in counts.get(group, {}).items()]


def _top(windows: Sequence[Window]) -> tuple[TopSource, ...]:
    found: list[TopSource] = []
    for kind in KINDS:
        known = sum(one.known.get(kind, 0) for one in windows)
        counts: dict[str, int] = {}
        for source in (one for window in windows for one in window.sources.get(kind, ())):
            counts[source.mark] = counts.get(source.mark, 0) + source.n
        best = sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:_TOP_SHOWN]
        found += [TopSource(kind, mark, n, 1000 * n // known) for mark, n in best if n > 1]
    return tuple(found)
