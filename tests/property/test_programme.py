"""What holds for every programme, every instant and every file."""

import string
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from expo.catalogue.values import Entity, Initiative, ModelStage
from expo.identity.people import Assurance
from expo.words import Text, clean
from sessions.board import Mood, RowState, board
from sessions.programme import (
    Day,
    Electorate,
    Programme,
    Session,
    Slot,
    VotingDefaults,
    readings,
)
from sessions.programme_rules import findings, overlap
from sessions.reload import Standing, compare
from sessions.schedule_dump import dump
from sessions.schedule_file import check, parse
from sessions.schedule_words import MESSAGES
from sessions.streams.sources import Channel, Stream
from tests.support.schedules import SCHEDULE
from voting.contests import Phase

START = date(2017, 4, 17)
STATUSES = ("scheduled", "live", "ended", "published", "postponed", "cancelled")


def lines(most: int) -> st.SearchStrategy[str]:
    """One line of text as the schedule keeps it: clean, spaces single, not empty."""
    raw = st.text(min_size=1, max_size=most)
    return raw.map(lambda text: " ".join(clean(text).split())[:most].strip()).filter(
        lambda text: bool(text) and clean(text) == text
    )


def texts(most: int) -> st.SearchStrategy[Text]:
    return st.builds(Text, ar=lines(most), en=lines(most))


def plain(_most: int) -> st.SearchStrategy[Text]:
    """Texts for rules that do not read them; quick to draw."""
    return st.sampled_from([Text(ar="نص", en="text"), Text(ar="نص آخر", en="other")])


Words = Callable[[int], st.SearchStrategy[Text]]
ids = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=8)
youtube_ids = st.text(string.ascii_letters + string.digits + "-_", min_size=11, max_size=11)
streams = st.one_of(
    st.builds(Stream, provider=st.just("youtube"), id=youtube_ids),
    st.just(Stream("link", url="https://www.instagram.com/DTMCentre/")),
)


@st.composite
def initiatives_of(draw: st.DrawFn, words: Words, entity: str) -> list[Initiative]:
    """Two to four initiatives of one entity."""
    count = draw(st.integers(2, 4))
    second = START - timedelta(days=draw(st.integers(0, 90)))
    first = second - timedelta(days=draw(st.integers(0, 90)))
    return [
        Initiative(
            f"{entity}-{n}",
            entity,
            draw(words(80)),
            draw(words(18)),
            draw(words(140)),
            draw(words(300)),
            draw(words(300)),
            draw(words(300)),
            tuple(draw(st.lists(words(60), max_size=2))),
            (ModelStage(1, first), ModelStage(2, second)),
            draw(st.booleans()),
        )
        for n in range(count)
    ]


@st.composite
def programmes(draw: st.DrawFn, words: Words) -> Programme:
    """Correct programmes of one to three days."""
    zone = draw(st.sampled_from(["Asia/Dubai", "UTC", "Asia/Kathmandu", "America/St_Johns"]))
    names = draw(st.lists(ids, min_size=1, max_size=3, unique=True))
    entities = tuple(Entity(name, draw(words(60)), draw(words(18))) for name in names)
    proposals = {name: draw(initiatives_of(words, name)) for name in names}
    offsets = sorted(draw(st.sets(st.integers(0, 6), min_size=1, max_size=3)))
    days = tuple(
        draw(days_of(words, n + 1, START + timedelta(days=offset), zone=zone, proposals=proposals))
        for n, offset in enumerate(offsets)
    )
    return Programme(
        id=draw(ids),
        title=draw(words(80)),
        organiser=draw(words(80)),
        edition=draw(lines(20)),
        timezone=zone,
        days=days,
        entities=entities,
        initiatives=tuple(one for group in proposals.values() for one in group),
        electorates=draw(electorates(words)),
        channels=draw(
            st.sampled_from([(), (Channel("x", "https://x.com/DTMCentre", "@DTMCentre"),)])
        ),
        voting=draw(ways()),
    )


@st.composite
def days_of(
    draw: st.DrawFn,
    words: Words,
    n: int,
    on: date,
    *,
    zone: str,
    proposals: dict[str, list[Initiative]],
) -> Day:
    """A day whose sessions follow each other with gaps of 0 to 20 minutes."""

    def instant(minutes: int) -> datetime:
        at = time(minutes // 60, minutes % 60)
        first, second = readings(on, at, ZoneInfo(zone))
        assert first == second
        return first

    opens = draw(st.integers(6 * 60, 9 * 60))
    clock, sessions = opens, []
    for m in range(draw(st.integers(0, 4))):
        clock += draw(st.integers(0, 20))
        length = draw(st.integers(20, 60))
        name = draw(st.sampled_from(sorted(proposals)))
        plan = (Slot("talk", length - 5), Slot("ranking", 5, draw(st.none() | words(40))))
        sessions.append(
            Session(
                f"s{n}-{m}",
                draw(words(60)),
                instant(clock),
                instant(clock + length),
                name,
                plan if draw(st.booleans()) else (),
                tuple(draw(st.lists(streams, max_size=2))),
                tuple(one.id for one in proposals[name]),
            )
        )
        clock += length
    closes = max(clock, opens + 60)
    title = draw(words(40))
    return Day(n, on, title, instant(opens), instant(closes), not sessions, tuple(sessions))


@st.composite
def electorates(draw: st.DrawFn, words: Words) -> tuple[Electorate, ...]:
    kinds = draw(st.sets(st.sampled_from(["employees", "teams", "customers"]), min_size=1))
    found = []
    for kind in sorted(kinds):
        full = draw(st.integers(1, 500))
        least = draw(st.integers(0, full))
        expected = draw(st.none() | st.integers(full, 9_999))
        weight, level = draw(st.integers(1, 100)), draw(st.sampled_from(Assurance))
        found.append(Electorate(kind, draw(words(40)), weight, full, least, level, expected))
    return tuple(found)


def ways() -> st.SearchStrategy[VotingDefaults]:
    return st.builds(
        VotingDefaults,
        method=st.sampled_from(["ranked_pairs", "schulze", "borda", "irv"]),
        max_ranked=st.none() | st.integers(1, 12),
        visibility=st.sampled_from(["hidden", "after_vote", "live"]),
        own=st.sampled_from(["abstain", "count"]),
        open_minutes=st.integers(1, 1440),
        grace_seconds=st.integers(0, 120),
        stations=st.integers(1, 64),
    )


@given(programmes(texts))
@settings(max_examples=40)
def test_programme_round_trips(programme: Programme) -> None:
    assert findings(programme) == ()
    assert parse(dump(programme).encode()) == programme


@given(
    st.tuples(st.integers(0, 99), st.integers(0, 99)),
    st.tuples(st.integers(0, 99), st.integers(0, 99)),
)
def test_overlap_is_symmetric_and_means_a_shared_minute(
    one: tuple[int, int], two: tuple[int, int]
) -> None:
    first, second = (_session(name, *pair) for name, pair in (("a", one), ("b", two)))

    shared = set(range(*one)) & set(range(*two))

    assert overlap(first, second) == overlap(second, first)
    if one[0] < one[1] and two[0] < two[1]:
        assert overlap(first, second) == bool(shared)


def _session(name: str, starts: int, ends: int) -> Session:
    midnight = datetime(2017, 4, 17, tzinfo=UTC)
    title = Text(ar="س", en="s")
    return Session(
        name, title, midnight + timedelta(minutes=starts), midnight + timedelta(minutes=ends)
    )


@given(
    programmes(plain),
    st.integers(-3 * 1440, 10 * 1440),
    st.lists(st.sampled_from(STATUSES), min_size=12, max_size=12),
    st.booleans(),
)
@settings(max_examples=60)
def test_board_covers_every_instant(
    programme: Programme, minutes: int, acted: list[str], has_acted: bool
) -> None:
    at = datetime(2017, 4, 17, 8, tzinfo=UTC) + timedelta(minutes=minutes)
    names = [session.id for session in programme.sessions]
    statuses = dict(zip(names, acted, strict=False)) if has_acted else {}

    found = board(programme, at, statuses)

    assert (found.mood is Mood.LIVE) == bool(found.now)
    assert sorted(row.session.id for day in found.days for row in day.rows) == sorted(names)
    assert all(row.state is RowState.UPCOMING for row in found.next)
    assert all(0 <= row.permille <= 1000 and row.late_minutes >= 0 for row in found.now)
    assert found.counts_to is None or (found.counts_to > at and not found.now)
    assert found.day in found.days
    if not has_acted:
        assert len(found.now) <= 1
        assert [row.session.id for row in found.now] == [
            session.id
            for session in programme.sessions
            if session.starts_at <= at < session.ends_at
        ]
    for name, status in statuses.items():
        row = found.row(name)
        assert row is not None
        assert (row.state is RowState.LIVE) == (status == "live")


@st.composite
def edits(draw: st.DrawFn) -> tuple[Programme, Programme]:
    """A programme and the same after somebody edited it freely; the second may be wrong."""
    old = draw(programmes(plain))
    chance = st.integers(0, 3).map(lambda n: n == 0)

    def session(one: Session) -> Session:
        options = one.initiatives[::-1] if draw(chance) else one.initiatives
        return replace(one, initiatives=options, entity=None if draw(chance) else one.entity)

    def initiative(one: Initiative) -> Initiative:
        return replace(one, title=draw(plain(20))) if draw(chance) else one

    days = tuple(
        replace(day, sessions=tuple(session(one) for one in day.sessions if not draw(chance)))
        for day in old.days
        if not draw(chance)
    )
    kept = tuple(initiative(one) for one in old.initiatives if not draw(chance))
    return old, replace(old, days=days or old.days, initiatives=kept)


@given(edits(), st.lists(st.sampled_from(Phase), min_size=12, max_size=12))
@settings(max_examples=40)
def test_reload_never_touches_what_is_fixed(
    edited: tuple[Programme, Programme], phases: list[Phase]
) -> None:
    old, new = edited
    standings = {
        session.id: Standing(phase) for session, phase in zip(old.sessions, phases, strict=False)
    }

    found = compare(old, new, standings)

    assert bool(found.refused) or found.programme in {None, new}
    if found.programme is None:
        return
    assert findings(found.programme) == ()
    for name in (name for name, standing in standings.items() if standing.is_fixed):
        before, after = old.session(name), found.programme.session(name)
        assert before is not None
        assert after is not None
        assert (after.initiatives, after.entity) == (before.initiatives, before.entity)
        assert [one.title for one in found.programme.options_of(after)] == [
            one.title for one in old.options_of(before)
        ]


def _read(text: bytes) -> None:
    """Checks a text; it is a programme, or has problems that all have a sentence."""
    for problem in check(text):
        assert problem.code in MESSAGES
        assert problem.line >= 1


@given(st.binary(max_size=400))
def test_arbitrary_bytes_give_problems_and_nothing_else(text: bytes) -> None:
    _read(text)


@given(st.text(alphabet="[]{}:,-&*!|>'\"%@`#?\n\t ab1~", max_size=120))
def test_arbitrary_yaml_gives_problems_and_nothing_else(text: str) -> None:
    _read(text.encode())


@given(
    st.integers(0, len(SCHEDULE.encode())),
    st.integers(0, 60),
    st.one_of(
        st.binary(max_size=6), st.sampled_from([b"- ", b": ", b"{", b"[]", b"&a ", b"*a", b"\n"])
    ),
)
def test_damaged_schedule_gives_problems_and_nothing_else(at: int, length: int, put: bytes) -> None:
    whole = SCHEDULE.encode()

    _read(whole[:at] + put + whole[at + length :])
