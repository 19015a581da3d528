"""What does not fit in a draft: both sides of each conflict, by the rules every schedule obeys. Pure.

The rules themselves stand in `programme_rules`, so the board warns of exactly what publishing would refuse,
and of a team in two places at once besides. An overlap that eats a break is told as that.
"""

import re
from collections.abc import Iterator
from itertools import combinations
from typing import Final

import msgspec

from sessions.programme import Programme, Session
from sessions.programme_rules import Finding, findings, overlap

OVERLAP: Final = "overlap"
INTO_BREAK: Final = "into-break"
TWICE: Final = "entity-twice"
GATES: Final = frozenset({"stage-missing", "stage-after-expo", "stage-before-earlier"})
OUTSIDE: Final = frozenset({"before-day", "after-day"})
_SESSION: Final = re.compile(r"days\[(\d+)\](?:\.sessions\[(\d+)\])?")
_INITIATIVE: Final = re.compile(r"initiatives\[(\d+)\]")


class Conflict(msgspec.Struct, frozen=True):
    """One thing that does not fit.

    ``code`` is one of those above, or of `sessions.schedule_words.MESSAGES` with its ``facts``;
    ``sessions`` are the sides that are sessions, the earlier first. The other side of a session
    outside its day is ``day``, of a missing stage the ``initiative``.
    """

    code: str
    sessions: tuple[str, ...] = ()
    day: int | None = None
    initiative: str | None = None
    facts: dict[str, str | int] = {}


def conflicts(programme: Programme) -> tuple[Conflict, ...]:
    """Everything that does not fit, in the order of the days; none when it may be published."""
    others = (
        one
        for finding in findings(programme)
        if finding.code != OVERLAP
        for one in _by_rule(programme, finding)
    )
    return (*_clashes(programme), *others)


def _clashes(programme: Programme) -> Iterator[Conflict]:
    """Every pair on the one stage at one time; a team that would have to be in both is named too."""
    for day in programme.days:
        for first, second in combinations(day.sessions, 2):
            if overlap(first, second):
                sides = (first.id, second.id)
                runs_into_break = second.is_break and not first.is_break
                yield Conflict(INTO_BREAK if runs_into_break else OVERLAP, sides, day.n)
                if first.entity is not None and first.entity == second.entity:
                    yield Conflict(TWICE, sides, day.n, facts={"entity": first.entity})


def _by_rule(programme: Programme, finding: Finding) -> Iterator[Conflict]:
    place = _SESSION.match(finding.path)
    if place is not None:
        day = programme.days[int(place[1])]
        sides = () if place[2] is None else (day.sessions[int(place[2])].id,)
        yield Conflict(finding.code, sides, day.n, facts=finding.facts)
        return
    named = _INITIATIVE.match(finding.path)
    if named is None:
        yield Conflict(finding.code, facts=finding.facts)
        return
    initiative = programme.initiatives[int(named[1])].id
    shown: tuple[Session | None, ...] = programme.sessions_of(initiative) or (None,)
    for session in shown:
        sides = () if session is None else (session.id,)
        yield Conflict(finding.code, sides, initiative=initiative, facts=finding.facts)
