"""What an edited schedule changes in the programme in force, and which of it may be applied.

A contest's options are fixed from ``ready`` on, and ballots name them by id; so whatever touches
them is refused, and so is whatever would change who is on the stage right now. Everything else
is applied. What is refused keeps its old text in the merged programme; the merged programme is
checked by the same rules as a new one. Pure.

Source: ruling 3; reliability catalogue C items 60 and 67.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

import msgspec

from expo.errors import N_
from sessions.programme import Programme
from sessions.programme_rules import Finding, findings
from sessions.reload_parts import Parts, merge, parts
from voting.contests import Phase

REASONS: Final = MappingProxyType(
    {
        "options-fixed": N_(
            "Voting on this session is prepared or has begun; what it asks is fixed."
        ),
        "on-stage": N_("The session is on the stage now."),
        "has-ballots": N_("Ballots have been cast in this session."),
        "expo-fixed": N_(
            "Voting is prepared or has begun; the expo and its voters keep their ids."
        ),
        "later-contests": N_("Applies to contests that are not yet ready."),
    }
)
"""Reason code → English sentence, which is the message id."""


_FIXED_FIELDS: Final = frozenset({"initiatives", "entity", "day", "voting", "final"})
"""What of a session its contest asks, or hangs on."""


class Kind(StrEnum):
    """What happened to a part of the programme."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Standing(msgspec.Struct, frozen=True):
    """What depends on one session in force: its contest, its ballots, whether it is on stage."""

    phase: Phase = Phase.DRAFT
    ballots: int = 0
    is_live: bool = False

    @property
    def is_fixed(self) -> bool:
        """Whether the contest's options can no longer change."""
        return self.phase is not Phase.DRAFT or self.ballots > 0


class Change(msgspec.Struct, frozen=True):
    """One difference.

    ``path`` names things by id, e.g. ``sessions.dewa.starts_at``. ``before`` and ``after`` are
    short texts, empty where there is nothing. ``reason`` is a code of ``REASONS`` or empty.
    """

    kind: Kind
    path: str
    before: str
    after: str
    allowed: bool = True
    reason: str = ""


class Reload(msgspec.Struct, frozen=True):
    """The outcome of comparing.

    ``programme`` is the new programme with everything refused put back; None when that does not
    fit together, and then ``conflicts`` says why and nothing may be applied.
    """

    changes: tuple[Change, ...]
    programme: Programme | None
    conflicts: tuple[Finding, ...] = ()

    @property
    def refused(self) -> tuple[Change, ...]:
        """The changes that are not applied."""
        return tuple(change for change in self.changes if not change.allowed)


class _Law(msgspec.Struct, frozen=True):
    """Which ids are protected, and by what."""

    fixed: frozenset[str]
    live: frozenset[str]
    with_ballots: frozenset[str]
    options: frozenset[str]
    entities: frozenset[str]

    def reason(self, change: Change) -> str:
        """The code of why this change is not applied; empty when it is."""
        section, _, rest = change.path.partition(".")
        name, _, field = rest.partition(".")
        field = field.partition(".")[0]
        if section == "sessions":
            return self._session(name, field, change.kind)
        is_gone = change.kind is Kind.REMOVED and not field
        if section == "initiatives":
            is_held = name in self.options and (is_gone or field in {"title", "short", "entity"})
            return "options-fixed" if is_held else ""
        if section == "entities":
            return "options-fixed" if is_gone and name in self.entities else ""
        is_id = change.path == "expo.id" or (section == "electorates" and is_gone)
        return "expo-fixed" if self.fixed and is_id else ""

    def _session(self, name: str, field: str, kind: Kind) -> str:
        is_whole = kind is Kind.REMOVED and not field
        if is_whole and name in self.with_ballots:
            return "has-ballots"
        if name in self.fixed and (is_whole or field in _FIXED_FIELDS):
            return "options-fixed"
        is_stage = is_whole or field in {"entity", "day", "starts_at"}
        return "on-stage" if name in self.live and is_stage else ""

    def note(self, path: str) -> str:
        """The code of what to know about a change that is applied; empty for nothing."""
        is_rule = path.startswith(("voting.", "electorates."))
        return "later-contests" if self.fixed and is_rule else ""


def compare(old: Programme, new: Programme, standings: Mapping[str, Standing]) -> Reload:
    """The difference between the programme in force and a new one, and what may be applied.

    Args:
        old: In force.
        new: Read from the edited schedule.
        standings: Session id → what depends on it; sessions not named are untouched.
    """
    law = _law(old, standings)
    changes = tuple(_judged(change, law) for change in _changes(parts(old), parts(new)))
    refused = frozenset(change.path for change in changes if not change.allowed)
    merged = merge(old, new, refused)
    conflicts = findings(merged) if merged is not None else ()
    if merged is None or conflicts:
        return Reload(changes, None, conflicts)
    return Reload(changes, merged)


def _law(old: Programme, standings: Mapping[str, Standing]) -> _Law:
    fixed = frozenset(name for name, standing in standings.items() if standing.is_fixed)
    held = [session for session in old.sessions if session.id in fixed]
    live = frozenset(name for name, standing in standings.items() if standing.is_live)
    staged = [session for session in old.sessions if session.id in fixed | live]
    options = frozenset(one for session in held for one in session.initiatives)
    owners = {one.entity for one in old.initiatives if one.id in options}
    return _Law(
        fixed=fixed,
        live=live,
        with_ballots=frozenset(n for n, standing in standings.items() if standing.ballots > 0),
        options=options,
        entities=frozenset(owners | {session.entity for session in staged if session.entity}),
    )


def _judged(change: Change, law: _Law) -> Change:
    reason = law.reason(change)
    if reason:
        return msgspec.structs.replace(change, allowed=False, reason=reason)
    return msgspec.structs.replace(change, reason=law.note(change.path))


def _changes(old: Mapping[str, Parts], new: Mapping[str, Parts]) -> Iterator[Change]:
    """Things that came or went as one change each, then field by field what stayed."""
    for thing in dict.fromkeys((*old, *new)):
        before, after = old.get(thing), new.get(thing)
        if before is None:
            yield Change(Kind.ADDED, thing, "", thing.partition(".")[2])
        elif after is None:
            yield Change(Kind.REMOVED, thing, thing.partition(".")[2], "")
        else:
            yield from _fields(thing, before, after)


def _fields(thing: str, before: Parts, after: Parts) -> Iterator[Change]:
    for field in dict.fromkeys((*before, *after)):
        was, now = before.get(field, ""), after.get(field, "")
        if was != now:
            kind = Kind.CHANGED if was and now else Kind.ADDED if now else Kind.REMOVED
            yield Change(kind, f"{thing}.{field}", was, now)
