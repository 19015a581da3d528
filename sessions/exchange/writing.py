"""The schedule as c3voc JSON, as frab XML and as CSV. Pure.

Source: the c3voc schemas ``schedule.schema.json`` and ``schedule.xml.xsd``; RFC 4180.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from xml.etree import ElementTree

from expo.lists.writing import as_csv
from sessions.exchange import names
from sessions.exchange.listing import GENERATOR, Listed, Telling, listed
from sessions.programme import Day

_SLOT: Final = "00:05"  # minutes in which the schedule is drawn by those who draw it
HEAD: Final = (
    "id", "guid", "day", "date", "starts", "ends", "title_ar", "title_en", "entity", "initiatives",
    "kind", "status",
)  # fmt: skip
"""The columns of the CSV."""


def as_json(telling: Telling) -> bytes:
    """The schedule as JSON, valid against the c3voc schema."""
    programme = telling.programme
    conference = {
        "acronym": names.acronym_of(programme),
        "title": programme.title.in_(telling.language),
        **{key: value.isoformat() for key, value in _dates(telling)},
        "daysCount": len(programme.days),
        "timeslot_duration": _SLOT,
        "time_zone_name": programme.timezone,
        "url": f"{telling.site}/{telling.language}/schedule",
        "rooms": [{"name": telling.hall, "guid": names.guid_of(programme, "hall:main")}],
        "days": [_json_day(telling, day) for day in _days(telling)],
    }
    whole = {
        "generator": {"name": GENERATOR, "url": telling.site},
        "schedule": {
            "version": telling.version,
            "base_url": telling.site,
            "conference": conference,
        },
    }
    return json.dumps(whole, ensure_ascii=False, indent=1).encode()


def as_xml(telling: Telling) -> bytes:
    """The schedule as frab XML, valid against the c3voc XSD."""
    programme = telling.programme
    root = ElementTree.Element("schedule")
    ElementTree.SubElement(root, "generator", name=GENERATOR, system=telling.site)
    _put(root, "url", f"{telling.site}/schedule.xml?lang={telling.language}")
    _put(root, "version", telling.version)
    conference = ElementTree.SubElement(root, "conference")
    _put(conference, "title", programme.title.in_(telling.language))
    _put(conference, "acronym", names.acronym_of(programme))
    for key, value in _dates(telling):
        _put(conference, key, value.isoformat())
    _put(conference, "days", str(len(programme.days)))
    _put(conference, "timeslot_duration", _SLOT)
    _put(conference, "base_url", telling.site)
    _put(conference, "time_zone_name", programme.timezone)
    for day in _days(telling):
        _xml_day(root, telling, day)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def as_table(telling: Telling) -> bytes:
    """The schedule as CSV, one row per session, in both languages; nothing in it is a formula."""
    programme = telling.programme
    rows = [
        (
            session.id,
            names.guid_of(programme, session.id),
            day.n,
            telling.local(session.starts_at).date().isoformat(),
            telling.local(session.starts_at).strftime("%H:%M"),
            telling.local(session.ends_at).strftime("%H:%M"),
            session.title.ar,
            session.title.en,
            session.entity or "",
            " ".join(session.initiatives),
            session.slots[0].kind if session.slots else "",
            telling.statuses.get(session.id, "scheduled"),
        )
        for day in programme.days
        for session in day.sessions
    ]
    return as_csv(HEAD, rows)


def _dates(telling: Telling) -> Iterator[tuple[str, datetime]]:
    days = telling.programme.days
    yield "start", telling.local(days[0].opens_at)
    yield "end", telling.local(days[-1].closes_at)


_DayTold = tuple[Day, datetime, datetime, list[Listed]]


def _days(telling: Telling) -> Iterator[_DayTold]:
    """Each day, its beginning and end with what runs over, and its sessions."""
    numbers = names.numbers_of(telling.programme)
    for day in telling.programme.days:
        sessions = [listed(telling, one, numbers[one.id]) for one in day.sessions]
        ends_at = max([day.closes_at, *(one.ends_at for one in day.sessions)])
        yield day, telling.local(day.opens_at), telling.local(ends_at), sessions


def _json_day(telling: Telling, told: _DayTold) -> dict[str, Any]:
    day, starts_at, ends_at, sessions = told
    return {
        "index": day.n,
        "date": day.date.isoformat(),
        "day_start": starts_at.isoformat(),
        "day_end": ends_at.isoformat(),
        "rooms": {telling.hall: [_json_event(telling, one) for one in sessions]},
    }


def _json_event(telling: Telling, one: Listed) -> dict[str, Any]:
    return {
        "guid": one.guid,
        "id": one.number,
        "date": one.starts_at.isoformat(),
        "start": one.starts_at.strftime("%H:%M"),
        "end": one.ends_at.isoformat(),
        "duration": one.duration,
        "room": telling.hall,
        "slug": one.slug,
        "url": one.url,
        "title": one.title,
        "subtitle": one.subtitle,
        "track": "",
        "type": one.kind,
        "language": telling.language,
        "abstract": one.abstract,
        "persons": [{"id": n, "public_name": name} for n, name in one.persons],
        "links": [],
    }


def _xml_day(root: ElementTree.Element, telling: Telling, told: _DayTold) -> None:
    day, starts_at, ends_at, sessions = told
    head = {"date": day.date.isoformat(), "index": str(day.n)}
    head |= {"start": starts_at.isoformat(), "end": ends_at.isoformat()}
    room = ElementTree.SubElement(
        ElementTree.SubElement(root, "day", head), "room", name=telling.hall
    )
    for one in sessions:
        event = ElementTree.SubElement(room, "event", guid=one.guid, id=str(one.number))
        _put(event, "room", telling.hall)
        _put(event, "title", one.title)
        _put(event, "subtitle", one.subtitle)
        _put(event, "type", one.kind)
        _put(event, "date", one.starts_at.isoformat())
        _put(event, "start", one.starts_at.strftime("%H:%M"))
        _put(event, "duration", one.duration)
        _put(event, "abstract", one.abstract)
        _put(event, "slug", one.slug)
        _put(event, "track", "")
        persons = ElementTree.SubElement(event, "persons")
        for n, name in one.persons:
            ElementTree.SubElement(persons, "person", id=str(n)).text = name
        _put(event, "language", telling.language)
        _put(event, "url", one.url)


def _put(parent: ElementTree.Element, tag: str, text: str) -> None:
    ElementTree.SubElement(parent, tag).text = text
