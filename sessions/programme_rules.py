"""Whether the parts of a programme fit together.

The rules look at drafts (``programme_drafts``), so a schedule with one bad time still gets every
other mistake told, and a whole programme is checked by the same rules. Pure.

Source: mission S0-11, S0-15; counting 1.3, 1.6; reliability catalogue C items 56–61.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from difflib import get_close_matches
from itertools import chain
from typing import Final

import msgspec

from expo.catalogue.values import ENTRY_STAGES, ModelStage
from sessions import final_rules
from sessions.programme import Programme, Session
from sessions.programme_drafts import (
    DayDraft,
    ElectorateDraft,
    EntityDraft,
    InitiativeDraft,
    ProgrammeDraft,
    SessionDraft,
    drafted,
)
from voting.contests import MOST_OPTIONS
from voting.results import K_PUBLIC

RESERVED: Final = frozenset({"day", "screen", "staff"})
"""Addresses of the live sockets beside the sessions' own (``/live/day``)."""
LEAST_OPTIONS: Final = 2  # ranking one option says nothing


class Finding(msgspec.Struct, frozen=True):
    """One rule broken at one path; the sentence for ``code`` is in ``schedule_words``."""

    path: str
    code: str
    facts: dict[str, str | int] = {}


def check(draft: ProgrammeDraft) -> Iterator[Finding]:
    """Every broken rule; the caller decides how many it wants to hear."""
    named: tuple[Sequence[EntityDraft | InitiativeDraft | ElectorateDraft | SessionDraft], ...]
    named = (draft.entities, draft.initiatives, draft.electorates, draft.sessions)
    return chain(
        chain.from_iterable(_repeated_ids(things) for things in named),
        _reserved_ids(draft.sessions),
        _unknown_entities(draft),
        _unknown_initiatives(draft),
        chain.from_iterable(_options(session, draft) for session in draft.sessions),
        chain.from_iterable(_day(day) for day in draft.days),
        _day_order(draft.days),
        chain.from_iterable(_overlaps(day.sessions) for day in draft.days),
        chain.from_iterable(_session(session) for session in draft.sessions),
        _stages(draft),
        _electorates(draft.electorates),
        _sealed(draft),
        (Finding(*one) for one in final_rules.check(draft)),
    )


def overlap(first: SessionDraft | Session, second: SessionDraft | Session) -> bool:
    """Whether two sessions would be on the stage at one time; touching ends do not overlap."""
    if first.starts_at is None or first.ends_at is None:
        return False
    if second.starts_at is None or second.ends_at is None:
        return False
    return first.starts_at < second.ends_at and second.starts_at < first.ends_at


def _repeated_ids(
    things: Sequence[EntityDraft | InitiativeDraft | ElectorateDraft | SessionDraft],
) -> Iterator[Finding]:
    first: dict[str, str] = {}
    for thing in things:
        if thing.id is None:
            continue
        if thing.id in first:
            facts: dict[str, str | int] = {"id": thing.id, "first": first[thing.id]}
            yield Finding(f"{thing.path}.id", "duplicate-id", facts)
        first.setdefault(thing.id, thing.path)


def _reserved_ids(sessions: Sequence[SessionDraft]) -> Iterator[Finding]:
    for session in sessions:
        if session.id in RESERVED:
            yield Finding(f"{session.path}.id", "reserved-id", {"id": session.id})


def _unknown_entities(draft: ProgrammeDraft) -> Iterator[Finding]:
    known = [entity.id for entity in draft.entities if entity.id]
    things: tuple[InitiativeDraft | SessionDraft, ...] = (*draft.initiatives, *draft.sessions)
    for thing in things:
        if draft.has_entities and thing.entity and thing.entity not in known:
            yield _unknown(f"{thing.path}.entity", "unknown-entity", thing.entity, known)


def _unknown_initiatives(draft: ProgrammeDraft) -> Iterator[Finding]:
    known = {one.id: one for one in draft.initiatives if one.id}
    for session in draft.sessions if draft.has_initiatives else ():
        for n, one in enumerate(session.initiatives or ()):
            if one and one not in known:
                path = f"{session.path}.initiatives[{n}]"
                yield _unknown(path, "unknown-initiative", one, tuple(known))


def _unknown(path: str, code: str, found: str, known: Sequence[str]) -> Finding:
    near = get_close_matches(found, known, n=1, cutoff=0.6)
    if near:
        return Finding(path, f"{code}-near", {"id": found, "near": near[0]})
    return Finding(path, code, {"id": found})


def _options(session: SessionDraft, draft: ProgrammeDraft) -> Iterator[Finding]:
    if session.initiatives is None or session.final is not None:
        return
    owners = {one.id: one.entity for one in draft.initiatives if one.id}
    path = f"{session.path}.initiatives"
    found = len(session.initiatives)
    if found < LEAST_OPTIONS and not _asks_nothing(session):
        yield Finding(path, "too-few-options", {"found": found, "least": LEAST_OPTIONS})
    if found > MOST_OPTIONS:
        yield Finding(path, "too-many-options", {"found": found, "most": MOST_OPTIONS})
    for n, one in enumerate(session.initiatives):
        owner = owners.get(one) if one else None
        if one and one in session.initiatives[:n]:
            yield Finding(f"{path}[{n}]", "repeated-option", {"id": one})
        if owner and session.entity and owner != session.entity:
            facts: dict[str, str | int] = {
                "id": one or "",
                "owner": owner,
                "entity": session.entity,
            }
            yield Finding(f"{path}[{n}]", "foreign-initiative", facts)


def _asks_nothing(session: SessionDraft) -> bool:
    """Whether the session has a plan, without a ranking in it, and nothing to rank.

    A plan that could not be read gets the benefit of the doubt.
    """
    if session.initiatives:
        return False
    slots = session.slots
    return slots is None or (bool(slots) and all(slot.kind != "ranking" for slot in slots))


def _day(day: DayDraft) -> Iterator[Finding]:
    yield from _length(day.path, day.opens_at, day.closes_at)
    if day.announced_only and day.sessions:
        yield Finding(f"{day.path}.announced_only", "announced-with-sessions", {})
    if not day.announced_only and not day.sessions and not day.has_unread_sessions:
        yield Finding(day.path, "day-empty", {})
    for session in day.sessions:
        early = day.opens_at and session.starts_at and session.starts_at < day.opens_at
        late = day.closes_at and session.ends_at and session.ends_at > day.closes_at
        if early:
            yield Finding(f"{session.path}.starts", "before-day", {})
        if late:
            yield Finding(f"{session.path}.ends", "after-day", {})


def _length(path: str, starts_at: datetime | None, ends_at: datetime | None) -> Iterator[Finding]:
    if starts_at is None or ends_at is None:
        return
    if ends_at == starts_at:
        yield Finding(f"{path}.ends", "zero-length", {})
    elif ends_at < starts_at:
        yield Finding(f"{path}.ends", "ends-before-start", {})


def _day_order(days: Sequence[DayDraft]) -> Iterator[Finding]:
    latest: date | None = None
    for day in days:
        if day.date is None:
            continue
        if latest is not None and day.date <= latest:
            yield Finding(f"{day.path}.date", "days-out-of-order", {"before": latest.isoformat()})
        latest = max(latest or day.date, day.date)


def _overlaps(sessions: Sequence[SessionDraft]) -> Iterator[Finding]:
    """One finding for each session that begins before the stage is free."""
    timed = [(one.starts_at, one.ends_at, one) for one in sessions if one.starts_at and one.ends_at]
    longest: tuple[datetime, SessionDraft] | None = None
    for _, ends_at, session in sorted(timed, key=lambda one: one[:2]):
        if longest is not None and overlap(longest[1], session):
            before = longest[1]
            facts: dict[str, str | int] = {"other": before.id or before.path}
            yield Finding(f"{session.path}.starts", "overlap", facts)
        if longest is None or ends_at > longest[0]:
            longest = (ends_at, session)


def _session(session: SessionDraft) -> Iterator[Finding]:
    yield from _length(session.path, session.starts_at, session.ends_at)
    if not session.slots or session.starts_at is None or session.ends_at is None:
        return
    whole = int((session.ends_at - session.starts_at).total_seconds()) // 60
    found = sum(slot.minutes for slot in session.slots)
    if found != whole and whole > 0:
        yield Finding(f"{session.path}.slots", "slots-do-not-fit", {"found": found, "whole": whole})


def _stages(draft: ProgrammeDraft) -> Iterator[Finding]:
    first_day = min((day.date for day in draft.days if day.date), default=None)
    for one in draft.initiatives:
        if one.stages is None:
            continue
        yield from _missing_stages(one.path, one.stages)
        last: ModelStage | None = None
        for stage in one.stages:
            path = f"{one.path}.model_stages.{stage.stage}"
            if last is not None and stage.finished_on < last.finished_on:
                yield Finding(
                    path, "stage-before-earlier", {"stage": stage.stage, "earlier": last.stage}
                )
            if first_day is not None and stage.finished_on > first_day:
                yield Finding(path, "stage-after-expo", {"stage": stage.stage})
            last = stage


def _missing_stages(path: str, stages: tuple[ModelStage, ...]) -> Iterator[Finding]:
    finished = {stage.stage for stage in stages}
    for stage in ENTRY_STAGES:
        if stage not in finished:
            yield Finding(path, "stage-missing", {"stage": stage})


def _electorates(electorates: Sequence[ElectorateDraft]) -> Iterator[Finding]:
    weights = [one.weight for one in electorates]
    if weights and all(weight == 0 for weight in weights):
        yield Finding("electorates", "no-weight", {})
    for one in electorates:
        if one.full_weight_at is None:
            continue
        if one.min is not None and one.min > one.full_weight_at:
            yield Finding(
                f"{one.path}.min", "min-above-full", {"min": one.min, "full": one.full_weight_at}
            )
        if one.expected is not None and one.full_weight_at > one.expected:
            facts: dict[str, str | int] = {"full": one.full_weight_at, "expected": one.expected}
            yield Finding(f"{one.path}.full_weight_at", "full-above-expected", facts)


def _sealed(draft: ProgrammeDraft) -> Iterator[Finding]:
    """What nobody could check, or what would open sealed ballots.

    Instant runoff is counted from every ballot; and the sums of few ballots are those ballots, so fewer
    must not count: what is in a published result cannot be hidden.
    """
    for one in draft.electorates:
        if one.audit == "sealed" and one.min is not None and one.min < K_PUBLIC:
            few: dict[str, str | int] = {"min": one.min, "least": K_PUBLIC}
            yield Finding(f"{one.path}.min", "sealed-and-few", few)
    sealed = next((one for one in draft.electorates if one.audit == "sealed"), None)
    if sealed is None:
        return
    facts: dict[str, str | int] = {"electorate": sealed.id or ""}
    if draft.method == "irv":
        yield Finding("voting.method", "sealed-and-runoff", facts)
    for session in draft.sessions:
        if session.method == "irv":
            yield Finding(f"{session.path}.voting.method", "sealed-and-runoff", facts)


def findings(programme: Programme) -> tuple[Finding, ...]:
    """Every rule this programme breaks; paths as in ``schedule.yaml``."""
    return tuple(check(drafted(programme)))
