"""The days and sessions of an outline, laid over a programme, before they are read as ours. Pure."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any, Final

import msgspec

from sessions.exchange import names
from sessions.exchange.listing import BETWEEN, OFF
from sessions.exchange.outline import Event, Outline, OutlineDay
from sessions.programme import Day, Programme
from sessions.schedule_dump import plain
from sessions.schedule_fields import Notes
from sessions.schedule_nodes import Problem, quoted_fact

_LENGTH: Final = re.compile(r"([0-9]{1,3}):([0-5][0-9])(?::([0-5][0-9]))?")
_CLOCK: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::[0-5][0-9])?")

_ASK_NOTHING: Final = ("presentation", "talk", "discussion", "break")


class Laid(msgspec.Struct, frozen=True):
    """A day or a session: its values as ``schedule.yaml`` has them, and on which lines they stand."""

    line: int
    values: dict[str, Any]
    lines: dict[str, int] = {}
    inside: tuple["Laid", ...] = ()


class _Timed(msgspec.Struct, frozen=True):
    """A session with its local times."""

    event: Event
    starts: datetime
    ends: datetime


def laid(outline: Outline, base: Programme) -> tuple[tuple[Laid, ...], list[Problem]]:
    """The days in order, and what could not be understood before they were made."""
    notes = Notes()
    timed = [one for event in outline.events if (one := _timed(event, base, notes))]
    timed.sort(key=lambda one: (one.starts, one.ends))
    by_date = {on: tuple(some) for on, some in groupby(timed, key=lambda one: one.starts.date())}
    known = {day.date: day for day in base.days}
    said = {on: day for day in outline.days if (on := _date(day.date.text))}
    dates = set(by_date) | {on for on, day in known.items() if day.announced_only}
    dates |= set(said) if outline.is_ours else set()
    sheet = _Sheet(outline, base)
    days = tuple(
        sheet.day(on, by_date.get(on, ()), known.get(on), said.get(on)) for on in sorted(dates)
    )
    return days, notes.problems


class _Sheet:
    """What every session of one file is laid over."""

    def __init__(self, outline: Outline, base: Programme) -> None:
        self.outline, self.base = outline, base
        self.guids = names.by_guid(base)
        days = plain(base)["days"]
        self.sessions = {one["id"]: one for day in days for one in day.get("sessions", [])}

    def day(
        self, on: date, timed: Sequence[_Timed], known: Day | None, said: OutlineDay | None
    ) -> Laid:
        """One day: hours of our own files, else those known, widened for what the file brings."""
        line = said.line if said else timed[0].event.line if timed else 1
        starts, ends = self._hours(timed, known, said)
        title = {"ar": known.title.ar, "en": known.title.en} if known else _both(on.isoformat())
        values: dict[str, Any] = {"date": on.isoformat(), "title": title}
        values |= {"starts": _clock(starts), "ends": _clock(ends)}
        if not timed:
            values["announced_only"] = True
        return Laid(line, values, {}, tuple(map(self._session, timed)))

    def _hours(
        self, timed: Sequence[_Timed], known: Day | None, said: OutlineDay | None
    ) -> tuple[datetime, datetime]:
        zone = self.base.zone
        starts, ends = [one.starts for one in timed], [one.ends for one in timed]
        own = said if self.outline.is_ours else None
        first, last = (_instant(own.starts.text), _instant(own.ends.text)) if own else (None, None)
        if first and last:
            starts, ends = [first.astimezone(zone)], [last.astimezone(zone)]
        elif known is not None:
            starts.append(known.opens_at.astimezone(zone))
            ends.append(known.closes_at.astimezone(zone))
        return min(starts), max(ends)

    def _session(self, one: _Timed) -> Laid:
        event = one.event
        session = self._id(event)
        before = self.sessions.get(session, {})
        values = {**before, "id": session, "title": self._title(event, before.get("title"))}
        values |= {"starts": _clock(one.starts), "ends": _clock(one.ends)}
        if self.outline.is_table:
            values = _with_cells(values, event)
        values |= _slots(values, one)
        lines = {name: event.line_of(name) for name in ("title", "entity", "initiatives", "id")}
        lines |= dict.fromkeys(("starts", "ends"), event.line_of("date"))
        return Laid(event.line, values, lines)

    def _id(self, event: Event) -> str:
        """Ours by its UUID or the slug we wrote; else the UUID itself, which it keeps for ever."""
        if self.outline.is_table:
            return event.text("id")
        guid = event.text("guid").lower()
        if guid in self.guids:
            return self.guids[guid]
        own = names.id_in(event.text("slug")) if self.outline.is_ours else ""
        return own or names.own_guid(guid) or guid

    def _title(self, event: Event, before: dict[str, str] | None) -> dict[str, str]:
        """Both languages: of our files as written, of others the one title, until it is translated."""
        if self.outline.is_table:
            return {"ar": event.text("title_ar"), "en": event.text("title_en")}
        title, subtitle = event.text("title"), event.text("subtitle")
        language = "ar" if event.text("language")[:2] == "ar" else "en"
        if self.outline.is_ours:
            if event.text("type") in OFF:
                title, subtitle = (text.partition(BETWEEN)[2] for text in (title, subtitle))
            return _in(language, title, subtitle or title)
        if before and before[language] == title:
            return before
        return _both(title)


def _slots(values: dict[str, Any], one: _Timed) -> dict[str, Any]:
    """One slot for a session that asks nothing; a single slot keeps the length of its session.

    Several slots stay as they are: how a longer session is divided is for people to say.
    """
    minutes = (one.ends - one.starts) // timedelta(minutes=1)
    slots = values.get("slots", [])
    if len(slots) == 1:
        return {"slots": [{**slots[0], "minutes": minutes}]}
    if slots or values.get("initiatives") or values.get("final"):
        return {}
    kind = one.event.text("kind") or one.event.text("type").lower()
    return {"slots": [{"kind": kind if kind in _ASK_NOTHING else "talk", "minutes": minutes}]}


def _with_cells(values: dict[str, Any], event: Event) -> dict[str, Any]:
    """The entity and the initiatives of a table, where it has such columns."""
    found = dict(values)
    if "entity" in event.cells:
        found["entity"] = event.text("entity")
    if "initiatives" in event.cells:
        found["initiatives"] = event.text("initiatives").split()
    return {key: value for key, value in found.items() if value not in ("", [])}


def _timed(event: Event, base: Programme, notes: Notes) -> _Timed | None:
    """The session with its times; what is wrong with them is told at its line."""
    if "starts" in event.cells:
        return _timed_by_table(event, base, notes)
    start = _instant(event.text("date"))
    if start is None:
        _tell(notes, event, "date", "bad-instant")
        return None
    length = _length(event.text("duration"))
    end = _instant(event.text("end")) if length is None else _later(start, length)
    if end is None:
        _tell(notes, event, "duration", "bad-length")
        return None
    try:
        starts, ends = start.astimezone(base.zone), end.astimezone(base.zone)
    except OverflowError:  # the years 1 and 9999 have no neighbours to shift into
        _tell(notes, event, "date", "bad-instant")
        return None
    if starts.date() != ends.date():
        _tell(notes, event, "date", "over-midnight")
        return None
    return _Timed(event, starts, ends)


def _timed_by_table(event: Event, base: Programme, notes: Notes) -> _Timed | None:
    on = _date(event.text("date"))
    if on is None:
        _tell(notes, event, "date", "bad-date")
        return None
    times = []
    for name in ("starts", "ends"):
        parts = _CLOCK.fullmatch(event.text(name))
        if parts is None:
            _tell(notes, event, name, "bad-time")
            return None
        local = time(int(parts[1]), int(parts[2]))
        times.append(datetime.combine(on, local, tzinfo=base.zone))
    return _Timed(event, *times)


def _tell(notes: Notes, event: Event, name: str, code: str) -> None:
    facts: dict[str, str | int] = {"found": quoted_fact(event.text(name))}
    notes.problems.append(Problem(event.line_of(name), name, code, facts))


def _instant(text: str) -> datetime | None:
    """An instant with its offset and whole minutes, in UTC."""
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None or found.second or found.microsecond:
            return None
        return found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _length(text: str) -> timedelta | None:
    parts = _LENGTH.fullmatch(text)
    return timedelta(hours=int(parts[1]), minutes=int(parts[2])) if parts else None


def _later(start: datetime, length: timedelta) -> datetime | None:
    try:
        return start + length
    except OverflowError:
        return None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _clock(local: datetime) -> str:
    return local.strftime("%H:%M")


def _both(text: str) -> dict[str, str]:
    return {"ar": text, "en": text}


def _in(language: str, title: str, subtitle: str) -> dict[str, str]:
    return {"ar": title, "en": subtitle} if language == "ar" else {"ar": subtitle, "en": title}
