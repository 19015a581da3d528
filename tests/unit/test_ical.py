"""Calendar files: what calendars need, in both languages."""

from datetime import UTC, datetime
from pathlib import Path

from icalendar import Calendar

from sessions import ical
from sessions.schedule_file import parse
from tests.support.schedules import programme

SHIPPED = parse((Path(__file__).resolve().parents[2] / "schedule.yaml").read_bytes())
STAMP = datetime(2017, 4, 1, 12, tzinfo=UTC)


def test_day_one_has_eight_entries_with_stable_ids() -> None:
    once = ical.of_day(SHIPPED, SHIPPED.days[0], "ar", STAMP)
    events = Calendar.from_ical(once).walk("VEVENT")

    assert once == ical.of_day(SHIPPED, SHIPPED.days[0], "ar", STAMP)
    assert len(events) == 8
    assert str(events[1]["UID"]) == "trakhees.government-no-1-2017@sawt"
    assert str(events[1]["SUMMARY"]) == "مبادرات تراخيص"
    assert events[1]["SUMMARY"].params["LANGUAGE"] == "ar"


def test_times_are_utc() -> None:
    text = ical.of_session(SHIPPED, SHIPPED.sessions[0], "en", STAMP).decode()

    assert "DTSTART:20170417T043000Z" in text
    assert "DTEND:20170417T051500Z" in text
    assert "DTSTAMP:20170401T120000Z" in text
    assert text.count("BEGIN:VEVENT") == 1


def test_both_languages_name_one_event() -> None:
    arabic, english = (
        Calendar.from_ical(ical.of_session(SHIPPED, SHIPPED.sessions[0], language, STAMP)).walk("VEVENT")[0]
        for language in ("ar", "en")
    )  # fmt: skip

    assert arabic["UID"] == english["UID"]
    assert "Student transfer in one request" in str(english["DESCRIPTION"])
    assert "نقل الطالب بطلب واحد" in str(arabic["DESCRIPTION"])


def test_lines_are_crlf_and_at_most_75_octets() -> None:
    written = ical.of_programme(SHIPPED, "ar", STAMP, site="https://expo.example")
    lines = written.split(b"\r\n")

    assert all(len(line) <= 75 for line in lines)
    assert all(b"\n" not in line for line in lines)
    assert lines[-1] == b""
    assert "هيئة المعرفة والتنمية البشرية" in written.replace(b"\r\n ", b"").decode()


def test_site_gives_each_entry_its_page() -> None:
    text = ical.of_day(SHIPPED, SHIPPED.days[0], "en", STAMP, site="https://expo.example").decode()

    assert "URL:https://expo.example/en/session/khda" in text


def test_cancelled_and_postponed_sessions_say_so() -> None:
    statuses = {"khda": "cancelled", "trakhees": "postponed"}
    written = ical.of_programme(SHIPPED, "en", STAMP, statuses=statuses)

    events = Calendar.from_ical(written).walk("VEVENT")

    assert [str(event["STATUS"]) for event in events[:3]] == ["CANCELLED", "TENTATIVE", "CONFIRMED"]


def test_announced_day_is_an_empty_calendar() -> None:
    written = ical.of_day(SHIPPED, SHIPPED.days[1], "ar", STAMP)

    assert Calendar.from_ical(written).walk("VEVENT") == []


def test_text_cannot_break_out_of_its_line() -> None:
    hostile = programme(("en: Talk", r'en: "A; B, C \\n BEGIN:VEVENT"'))
    talk = hostile.sessions[1]

    written = ical.of_session(hostile, talk, "en", STAMP)
    events = Calendar.from_ical(written).walk("VEVENT")

    assert len(events) == 1
    assert str(events[0]["SUMMARY"]) == talk.title.en
    assert "DESCRIPTION" not in events[0]
