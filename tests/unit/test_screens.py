"""Projectors come, say what they show, and go; the pace of ballots forgets after a minute."""

from datetime import UTC, datetime, timedelta

from sessions.cues import Scene
from sessions.protocol import Beat, ScreenLine
from sessions.screens import MOST_SCREENS, Pace, Screens, missed
from sessions.stage import Sighting

AT = datetime(2017, 4, 17, 5, 20, tzinfo=UTC)
LATER = AT + timedelta(seconds=5)


def test_screen_with_two_windows_is_connected_until_both_have_gone() -> None:
    screens = Screens()
    screens.arrive("main", AT)
    screens.arrive("main", AT)

    screens.leave("main")
    assert [line.connected for line in screens.lines(AT)] == [True]

    screens.leave("main")
    assert [line.connected for line in screens.lines(AT)] == [False]


def test_beat_says_what_a_screen_shows_and_is_saved_once() -> None:
    screens = Screens()
    screens.arrive("main", AT)
    screens.beat("main", Beat(Scene.NOW, 7), LATER)

    expected = Sighting("main", LATER, "now", 7)
    assert screens.take_unsaved() == (expected,)
    assert screens.take_unsaved() == ()
    assert (screens.lines(AT)[0].scene, screens.lines(AT)[0].version) == ("now", 7)


def test_flood_of_names_forgets_the_oldest() -> None:
    screens = Screens()
    for n in range(MOST_SCREENS + 10):
        screens.arrive(f"s{n}", AT)

    assert len(screens.lines(AT)) == MOST_SCREENS
    assert "s0" not in {line.id for line in screens.lines(AT)}


def test_what_the_database_knows_does_not_replace_what_is_newer() -> None:
    screens = Screens()
    screens.arrive("main", LATER)
    screens.remember((Sighting("main", AT, "join", 1), Sighting("side", AT, "join", 1)))

    assert [line.seen_at for line in screens.lines(AT)] == [LATER, AT]


def test_pace_counts_the_last_minute_and_starts_again_with_another_contest() -> None:
    pace = Pace()

    assert pace.note("a", 10, AT) == 0
    assert pace.note("a", 25, AT + timedelta(seconds=30)) == 15
    assert pace.note("a", 30, AT + timedelta(seconds=80)) == 20
    assert pace.note("a", 30, AT + timedelta(seconds=95)) == 5
    assert pace.note("b", 3, AT + timedelta(seconds=96)) == 0
    assert pace.note("b", 1, AT + timedelta(seconds=97)) == 0


def test_screen_of_another_node_is_there_while_it_is_heard_of() -> None:
    ours, theirs = Screens(), Screens()
    theirs.arrive("hall", AT)
    ours.remember(theirs.take_unsaved(), from_nodes=True)

    def connected(seconds: float) -> list[bool]:
        return [line.connected for line in ours.lines(AT + timedelta(seconds=seconds))]

    assert connected(30) == [True]
    assert connected(36) == [False]


def test_screen_that_left_this_node_is_gone_at_once_whatever_is_kept_of_it() -> None:
    screens = Screens()
    screens.arrive("hall", AT)
    kept = screens.take_unsaved()
    screens.leave("hall")
    screens.remember(kept, from_nodes=True)

    assert [line.connected for line in screens.lines(AT)] == [False]


def test_screen_seen_before_a_restart_is_not_there_until_it_comes() -> None:
    before, after = Screens(), Screens()
    before.arrive("hall", AT)

    after.remember(before.take_unsaved())

    assert [line.connected for line in after.lines(AT)] == [False]


def test_a_screen_is_missed_for_ten_minutes_and_a_console_only_while_its_session_is_on() -> None:
    def gone(name: str, minutes: int = 1, *, connected: bool = False) -> ScreenLine:
        return ScreenLine(name, AT - timedelta(minutes=minutes), "", 0, connected)

    lines = (
        gone("hall"),
        gone("foyer", minutes=10),
        gone("stand", connected=True),
        gone("present/khda"),
        gone("present/dewa"),
    )

    assert [one.id for one in missed(lines, AT, "khda")] == ["hall", "present/khda"]
    assert [one.id for one in missed(lines, AT, None)] == ["hall"]
