"""Moves on the days of a draft: days in, days out, or a refusal and nothing changed. Pure.

A move may lead to a plan that does not fit (an overlap, a session outside its day): that is what a draft
is for, and `conflicts` names it. Refused is only what no schedule could say.
"""

from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from expo.errors import N_, NotFound, Refusal
from expo.words import Text
from sessions.planning.values import Entry, entries
from sessions.programme import Day, Session, Slot, SlotKind, readings
from sessions.schedule_days import MOST_SESSIONS

MOST_MINUTES: Final = 24 * 60


class NoSuchTime(Refusal):
    """The session would end on another date, or begin when clocks are put forward or back."""

    code = N_("plan-no-such-time")
    status = 422


class TooShort(Refusal):
    """The parts of the session need more; ``least`` is in minutes."""

    code = N_("plan-too-short")
    status = 422


class DayFull(Refusal):
    """The day has ``most`` sessions already."""

    code = N_("plan-day-full")
    status = 422


class New(msgspec.Struct, frozen=True):
    """A session to be added; one that asks the audience something gets its initiatives at the desk."""

    title: Text
    kind: SlotKind
    day: int
    starts: time
    minutes: int
    entity: str | None = None


def placed(
    days: tuple[Day, ...], zone: ZoneInfo, session: str, day: int, starts: time, minutes: int
) -> tuple[Day, ...]:
    """The days with a session on this day, at this time of the hall's clock, so many minutes long.

    Raises:
        NotFound: There is no such session or day.
        NoSuchTime, TooShort, DayFull: It cannot be there.
    """
    found, target = _entry(days, session).session, _day(days, day)
    starts_at, ends_at = _times(target, zone, starts, minutes)
    is_same = minutes == found.minutes
    slots = found.slots if is_same else fitted(found.slots, minutes)
    moved = replace(found, starts_at=starts_at, ends_at=ends_at, slots=slots)
    return _with(_without(days, session), day, moved)


def swapped(days: tuple[Day, ...], zone: ZoneInfo, first: str, second: str) -> tuple[Day, ...]:
    """The days with two sessions in each other's place, each as long as it was.

    Of neighbours on one day the pause between them stays, so that lengths that differ overlap nothing;
    otherwise each begins when the other began.

    Raises:
        NotFound: One of them is not there, or both are one.
        NoSuchTime: One would end on another date.
    """
    sides = sorted(
        (_entry(days, first), _entry(days, second)), key=lambda one: one.session.starts_at
    )
    early, late = (one.session for one in sides)
    if early.id == late.id:
        raise NotFound(what="session")
    first_home, then_home = (_day(days, one.day) for one in sides)
    ends_at = max(early.ends_at, late.ends_at)
    then = late.starts_at
    if _are_neighbours(first_home, early, late):
        then = ends_at - timedelta(minutes=early.minutes)
    rest = _without(_without(days, early.id), late.id)
    for one, home, at in ((late, first_home, early.starts_at), (early, then_home, then)):
        starts_at, ends_at = _times(home, zone, at.astimezone(zone).time(), one.minutes)
        rest = _with(rest, home.n, replace(one, starts_at=starts_at, ends_at=ends_at))
    return rest


def led(days: tuple[Day, ...], session: str, entity: str | None) -> tuple[Day, ...]:
    """The days with another entity presenting a session; None for nobody.

    Raises:
        NotFound: There is no such session.
    """
    return _replaced(days, replace(_entry(days, session).session, entity=entity))


def titled(days: tuple[Day, ...], session: str, title: Text) -> tuple[Day, ...]:
    """The days with another title for a session.

    Raises:
        NotFound: There is no such session.
    """
    return _replaced(days, replace(_entry(days, session).session, title=title))


def added(
    days: tuple[Day, ...], zone: ZoneInfo, new: New, taken: Collection[str] = ()
) -> tuple[tuple[Day, ...], str]:
    """The days with one more session, and its id, which is none of those in the days or ``taken``.

    Raises:
        NotFound: There is no such day.
        NoSuchTime, DayFull: It cannot be there.
    """
    target = _day(days, new.day)
    starts_at, ends_at = _times(target, zone, new.starts, new.minutes)
    used = {*entries(days), *taken}
    numbers = range(1, len(used) + 2)
    name = next(one for n in numbers if (one := f"{new.kind}-{n}") not in used)
    slots = (Slot(new.kind, new.minutes),)
    session = Session(name, new.title, starts_at, ends_at, new.entity, slots)
    return _with(days, new.day, session), name


def removed(days: tuple[Day, ...], session: str) -> tuple[Day, ...]:
    """The days without a session; a day that has none left is to be announced.

    Raises:
        NotFound: There is no such session.
    """
    _entry(days, session)
    return tuple(settled(day, day.sessions) for day in _without(days, session))


def fitted(slots: tuple[Slot, ...], minutes: int) -> tuple[Slot, ...]:
    """The parts of a session made as long as it: the longest one, the first of several, takes the rest.

    Raises:
        TooShort: Nothing would be left of that part.
    """
    if not slots:
        return slots
    longest = max(range(len(slots)), key=lambda n: slots[n].minutes)
    others = sum(one.minutes for n, one in enumerate(slots) if n != longest)
    if minutes <= others:
        raise TooShort(least=others + 1)
    rest = replace(slots[longest], minutes=minutes - others)
    return (*slots[:longest], rest, *slots[longest + 1 :])


def _times(day: Day, zone: ZoneInfo, starts: time, minutes: int) -> tuple[datetime, datetime]:
    if not 0 < minutes <= MOST_MINUTES:
        raise TooShort(least=1)
    first, second = readings(day.date, starts, zone)
    ends_at = first + timedelta(minutes=minutes)
    local = ends_at.astimezone(zone)
    is_doubtful = len({*readings(day.date, local.time(), zone)}) > 1
    if first != second or local.date() != day.date or is_doubtful:
        raise NoSuchTime
    return first, ends_at


def _are_neighbours(day: Day, early: Session, late: Session) -> bool:
    """Whether one follows the other on this day with no other session beginning between."""
    between = [one for one in day.sessions if early.starts_at <= one.starts_at <= late.starts_at]
    return {one.id for one in between} == {early.id, late.id}


def _replaced(days: tuple[Day, ...], session: Session) -> tuple[Day, ...]:
    return tuple(
        replace(
            day, sessions=tuple(session if one.id == session.id else one for one in day.sessions)
        )
        for day in days
    )


def _entry(days: tuple[Day, ...], session: str) -> Entry:
    found = entries(days).get(session)
    if found is None:
        raise NotFound(what="session")
    return found


def _day(days: tuple[Day, ...], n: int) -> Day:
    found = next((day for day in days if day.n == n), None)
    if found is None:
        raise NotFound(what="day")
    return found


def _without(days: tuple[Day, ...], session: str) -> tuple[Day, ...]:
    return tuple(
        replace(day, sessions=tuple(one for one in day.sessions if one.id != session))
        for day in days
    )


def _with(days: tuple[Day, ...], n: int, session: Session) -> tuple[Day, ...]:
    """The days with a session put where it belongs; a day it leaves empty is to be announced."""
    if len(_day(days, n).sessions) >= MOST_SESSIONS:
        raise DayFull(most=MOST_SESSIONS)
    return tuple(
        settled(day, (*day.sessions, session) if day.n == n else day.sessions) for day in days
    )


def settled(day: Day, sessions: tuple[Session, ...]) -> Day:
    """The day with these sessions in their order; one without any is to be announced."""
    ordered = tuple(sorted(sessions, key=lambda one: (one.starts_at, one.ends_at, one.id)))
    return replace(day, sessions=ordered, announced_only=not ordered)
