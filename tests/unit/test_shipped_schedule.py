"""The schedule that ships: the article's facts, and samples that are plainly samples."""

from datetime import date, timedelta
from pathlib import Path

from expo.catalogue.values import ENTRY_STAGES, SHORT_LENGTH, SUMMARY_LENGTH
from expo.words import clock_time
from sessions.programme import Programme
from sessions.schedule_dump import dump
from sessions.schedule_file import parse

FILE = Path(__file__).resolve().parents[2] / "schedule.yaml"


def shipped() -> Programme:
    return parse(FILE.read_bytes())


def test_first_day_is_the_articles() -> None:
    programme = shipped()
    first = programme.days[0]

    assert first.date == date(2017, 4, 17)
    assert first.date.strftime("%A") == "Monday"
    assert clock_time(first.opens_at.astimezone(programme.zone), "en") == "08:30"
    assert clock_time(first.closes_at.astimezone(programme.zone), "en") == "14:30"
    assert [session.entity for session in first.sessions] == [
        "khda", "trakhees", "dewa", "courts", "municipality", "dmca", "rta", "culture",
    ]  # fmt: skip


def test_sessions_fill_the_first_day_back_to_back() -> None:
    first = shipped().days[0]

    ends = [first.opens_at, *(session.ends_at for session in first.sessions)]

    assert [session.starts_at for session in first.sessions] == ends[:-1]
    assert ends[-1] == first.closes_at
    assert {session.ends_at - session.starts_at for session in first.sessions} == {
        timedelta(minutes=45)
    }


def test_days_two_and_three_are_announced_and_empty() -> None:
    assert [(day.date.day, day.announced_only, day.sessions) for day in shipped().days[1:]] == [
        (18, True, ()),
        (19, True, ()),
    ]


def test_every_initiative_is_a_sample_that_may_enter_and_is_presented_once() -> None:
    programme = shipped()

    presented = [one for session in programme.sessions for one in session.initiatives]

    assert all(one.sample for one in programme.initiatives)
    assert all(
        {stage.stage for stage in one.model_stages} >= set(ENTRY_STAGES)
        for one in programme.initiatives
    )
    assert presented == [one.id for one in programme.initiatives]
    assert {len(session.initiatives) for session in programme.sessions} == {3, 4, 5, 6, 7}


def test_texts_fit_the_screens_they_are_for() -> None:
    for one in shipped().initiatives:
        assert max(len(one.short.ar), len(one.short.en)) <= SHORT_LENGTH
        assert max(len(one.summary.ar), len(one.summary.en)) <= SUMMARY_LENGTH
        assert one.title.ar != one.title.en


def test_short_titles_of_one_session_tell_the_options_apart() -> None:
    programme = shipped()

    for session in programme.sessions:
        options = programme.options_of(session)
        assert len({one.short.ar for one in options}) == len(options)
        assert len({one.short.en for one in options}) == len(options)


def test_three_electorates_choose() -> None:
    assert [one.id for one in shipped().electorates] == ["employees", "teams", "customers"]
    assert sum(one.weight for one in shipped().electorates) == 100


def test_no_stream_is_invented() -> None:
    assert all(session.streams == () for session in shipped().sessions)
    assert [channel.kind for channel in shipped().channels] == ["youtube", "instagram", "x"]


def test_shipped_programme_round_trips() -> None:
    assert parse(dump(shipped()).encode()) == shipped()
