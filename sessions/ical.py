"""Sessions as iCalendar files, one language at a time.

UIDs depend on the ids of expo and session alone, so a calendar that fetches the file again
updates its entries instead of doubling them. Times are in UTC. Pure: bytes out, and the instant
of writing is an argument.

Source: RFC 5545; participation page 4.0, check 3 (CRLF, 75 octets, stable UIDs).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from icalendar import Calendar, Event, vText

from expo.words import Language
from sessions.programme import Day, Programme, Session

_PRODUCT: Final = "-//Sawt//Expo programme//EN"
_STATUS: Final = {"cancelled": "CANCELLED", "postponed": "TENTATIVE"}


def of_programme(
    programme: Programme,
    language: Language,
    stamped_at: datetime,
    *,
    site: str = "",
    statuses: Mapping[str, str] | None = None,
) -> bytes:
    """The calendar of all sessions of all days.

    Args:
        programme: Where they are from.
        language: Of titles and descriptions.
        stamped_at: When the programme last changed (DTSTAMP); aware.
        site: Public address without a final slash, for links to the session pages; empty for none.
        statuses: Session id → status; cancelled and postponed ones are marked.
    """
    return _calendar(programme, programme.sessions, language, stamped_at, site, statuses or {})


def of_day(
    programme: Programme,
    day: Day,
    language: Language,
    stamped_at: datetime,
    *,
    site: str = "",
    statuses: Mapping[str, str] | None = None,
) -> bytes:
    """The calendar of one day; an announced day gives a calendar without entries."""
    return _calendar(programme, day.sessions, language, stamped_at, site, statuses or {})


def of_session(
    programme: Programme,
    session: Session,
    language: Language,
    stamped_at: datetime,
    *,
    site: str = "",
    statuses: Mapping[str, str] | None = None,
) -> bytes:
    """The calendar of one session."""
    return _calendar(programme, (session,), language, stamped_at, site, statuses or {})


def uid(programme: Programme, session: Session) -> str:
    """The session's name for calendars, the same for ever and in both languages."""
    return f"{session.id}.{programme.id}@sawt"


def _calendar(
    programme: Programme,
    sessions: Iterable[Session],
    language: Language,
    stamped_at: datetime,
    site: str,
    statuses: Mapping[str, str],
) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", programme.title.in_(language))
    calendar.add("x-wr-timezone", programme.timezone)
    for session in sessions:
        event = _event(programme, session, language, stamped_at, statuses.get(session.id, ""))
        if site:
            event.add("url", f"{site}/{language}/session/{session.id}")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def _event(
    programme: Programme, session: Session, language: Language, stamped_at: datetime, status: str
) -> Event:
    event = Event()
    event.add("uid", uid(programme, session))
    event.add("dtstamp", stamped_at)
    event.add("dtstart", session.starts_at)
    event.add("dtend", session.ends_at)
    event["summary"] = _text(session.title.in_(language), language)
    description = _description(programme, session, language)
    if description:
        event["description"] = _text(description, language)
    event["location"] = _text(programme.organiser.in_(language), language)
    event.add("status", _STATUS.get(status, "CONFIRMED"))
    return event


def _description(programme: Programme, session: Session, language: Language) -> str:
    """The entity and the initiatives, one to a line."""
    entity = programme.entity(session.entity)
    lines = [] if entity is None else [entity.name.in_(language)]
    lines += [f"• {one.title.in_(language)}" for one in programme.options_of(session)]
    return "\n".join(lines)


def _text(text: str, language: Language) -> vText:
    return vText(text, params={"LANGUAGE": language})
