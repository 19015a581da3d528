"""Schedules of other software: what is taken, what is refused, and on which line that is told."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from msgspec.structs import replace

from expo.words import Text
from sessions.exchange.importing import as_schedule, imported, kind_of
from sessions.exchange.writing import as_json, as_table, as_xml
from sessions.programme import Slot
from sessions.schedule_file import parse
from tests.support.schedule_files import mistakes, telling
from tests.support.schedules import SCHEDULE, programme

GUID: Final = "8079583e-8321-506c-95af-fd2903a5f075"
OTHER: Final = "2d64f8e2-26ee-529f-b5ab-3b3f326e31b9"
START: Final = datetime(2017, 4, 17, 4, 30, tzinfo=UTC)


def event(guid: str = GUID, **changes: Any) -> dict[str, Any]:
    """A session as pretalx exports it."""
    usual = {
        "guid": guid,
        "id": 25,
        "date": "2017-04-17T11:00:00+04:00",
        "duration": "00:30",
        "title": "Elsewhere",
        "subtitle": "A talk",
        "language": "en",
        "type": "Talk",
    }
    return usual | changes


def foreign(*events: dict[str, Any]) -> bytes:
    day = {"index": 1, "date": "2017-04-17", "rooms": {"Gray": list(events)}}
    whole = {"schedule": {"version": "1", "conference": {"title": "C", "days": [day]}}}
    return json.dumps(whole, indent=1).encode()


def codes(content: bytes, kind: str = "") -> list[str]:
    return [one.code for one in mistakes(content, programme(), kind)]


def test_session_from_elsewhere_keeps_its_uuid_and_its_words() -> None:
    taken = imported(foreign(event(title="Elsewhere 😀 \\ud83d")), programme())

    (one,) = taken.sessions
    assert one.id == GUID
    assert one.title == Text(ar="Elsewhere 😀 \\ud83d", en="Elsewhere 😀 \\ud83d")
    assert one.slots == (Slot("talk", 30),)
    assert (one.starts_at.hour, one.minutes) == (7, 30)
    assert (
        json.loads(as_json(telling(taken)))["schedule"]["conference"]["days"][0]["rooms"]["Stage"][
            0
        ]["guid"]
        == GUID
    )


def test_moved_session_keeps_its_ballot_and_the_title_in_the_other_language() -> None:
    content = as_json(telling(programme())).replace(b'"name": "sawt"', b'"name": "pretalx"')
    moved = content.replace(b"T08:30:00+04:00", b"T08:20:00+04:00")

    water = imported(moved, programme()).session("water")

    before = programme().session("water")
    assert water is not None
    assert before is not None
    assert water == replace(
        before,
        starts_at=before.starts_at - timedelta(minutes=10),
        ends_at=before.ends_at - timedelta(minutes=10),
    )


def test_cancelled_session_says_so_in_the_title_and_comes_back_without_it() -> None:
    told = telling(programme(), "en", {"water": "cancelled"})
    one = json.loads(as_json(told))["schedule"]["conference"]["days"][0]["rooms"]["Stage"][0]

    assert (one["title"], one["type"]) == ("Cancelled: Water session", "cancelled")
    assert one["subtitle"].startswith("أُلغيت: ")
    assert imported(as_json(told), programme()) == programme()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"date": "2017-04-17T11:00:00"}, "bad-instant"),
        ({"date": "2017-04-17T11:00:30+04:00"}, "bad-instant"),
        ({"date": "yesterday"}, "bad-instant"),
        ({"date": "0001-01-01T00:00:00+14:00"}, "bad-instant"),
        ({"date": "9999-12-31T23:00:00-12:00"}, "bad-instant"),
        ({"date": None}, "bad-instant"),
        ({"duration": "half an hour"}, "bad-length"),
        ({"duration": "23:00"}, "over-midnight"),
        ({"duration": "00:00"}, "zero-length"),
        ({"title": ""}, "empty-text"),
        ({"title": "x" * 81}, "too-long"),
        ({"title": "a\u202eb"}, "hidden-character"),
        ({"guid": "../../etc/passwd"}, "bad-id"),
        ({"guid": None}, "empty-text"),
    ],
)
def test_wrong_session_is_told_on_its_line(changes: dict[str, Any], code: str) -> None:
    found = mistakes(
        foreign(event(OTHER, date="2017-04-17T09:00:00+04:00"), event(**changes)), programme()
    )

    assert code in {one.code for one in found}
    assert all(one.line > 14 for one in found)


def test_sessions_at_one_time_and_repeated_uuids_are_told() -> None:
    assert codes(foreign(event(), event(OTHER))) == ["overlap"]
    again = event(date="2017-04-17T13:00:00+04:00")
    assert codes(foreign(event(), again)) == ["duplicate-id"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (
            b'<!DOCTYPE s [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><schedule>&c;</schedule>',
            "xml-with-doctype",
        ),
        (b'<!DOCTYPE s SYSTEM "file:///etc/passwd"><schedule/>', "xml-with-doctype"),
        (b"<schedule>&bomb;</schedule>", "not-xml"),
        (b"<schedule><day>", "not-xml"),
        (b"<html/>", "not-a-schedule"),
        (b'<?xml version="1.0" encoding="klingon"?><schedule/>', "not-xml"),
        (b"<schedule>" + b"<a>" * 50_000, "too-deep"),
        (b"<schedule>" + b"x" * 30_000 + b"</schedule>", "too-long"),
        (b"<schedule>" + b" " * 1_000_001, "file-too-large"),
        (b"<schedule/>", "empty-list"),
    ],
)
def test_hostile_xml_is_refused(content: bytes, code: str) -> None:
    without_days = parse(SCHEDULE.encode())
    base = replace(without_days, days=without_days.days[:1])

    assert code in {one.code for one in mistakes(content, base, "xml")}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'{"schedule": [1', "not-json"),
        (b'{"schedule":' * 60_000, "not-json"),
        (b'{"schedule":' + b"[" * 30 + b"]" * 30 + b"}", "too-deep"),
        (b'{"schedule":{"conference":{"days":5}}}', "not-a-list"),
        (b'{"schedule":{"conference":{"days":[],"days":[]}}}', "duplicate-key"),
        (b'{"schedule": "' + b"x" * 1_000_001 + b'"}', "file-too-large"),
        (b'{"schedule": "\xff"}', "not-utf8"),
        (foreign(*(event() for _ in range(2_001))), "too-many"),
    ],
)
def test_hostile_json_is_refused(content: bytes, code: str) -> None:
    assert code in codes(content)


def test_table_is_told_by_row_and_column() -> None:
    table = as_table(telling(programme())).decode("utf-8-sig")

    assert codes(table.replace("title_ar,", "").encode(), "csv") == ["table-column-missing"]
    assert codes(table.replace("guid", "id").encode(), "csv") == ["table-column-twice"]
    wrong = mistakes(table.replace("09:15,10:00", "9 o'clock,10:00").encode(), programme())
    assert [(one.line, one.path, one.code) for one in wrong] == [(3, "starts", "bad-time")]


def test_formulas_in_titles_cannot_run_and_come_back() -> None:
    evil = SCHEDULE.replace("en: Talk}", 'en: "=HYPERLINK(1)"}')
    one = parse(evil.encode())

    table = as_table(telling(one))
    assert b",'=HYPERLINK(1)" in table
    assert imported(table, one) == one


def test_kinds_are_told_by_what_is_in_a_file() -> None:
    told = telling(programme())

    assert [kind_of(one(told)) for one in (as_json, as_xml, as_table)] == ["json", "xml", "csv"]
    assert kind_of(SCHEDULE.encode()) == ""
    assert as_schedule(SCHEDULE.encode(), programme()) == SCHEDULE.encode()
    assert parse(as_schedule(as_xml(told), programme())) == programme()


@pytest.mark.parametrize("head", ["id,session,day,start", "id;Titel;Tag;Beginn", "\ufeffid\tx\ty"])
def test_spreadsheet_with_other_columns_is_told_which_one_it_lacks(head: str) -> None:
    table = f"{head}\n1,2,3,4\n".encode()

    assert kind_of(table) == "csv"
    assert codes(table) == ["table-column-missing"]


def test_spreadsheet_may_write_its_heads_as_people_do() -> None:
    table = as_table(telling(programme())).replace(b"title_ar", b"Title AR")

    assert kind_of(table) == "csv"
    assert codes(table) == []


@pytest.mark.parametrize(
    "begins", ["# a, b, c", "expo: {a: 1, b: 2, c: 3}", "- [a, b, c]", "", "a"]
)
def test_our_own_yaml_is_taken_for_no_spreadsheet(begins: str) -> None:
    assert kind_of(begins.encode()) == ""
