"""Codes of the venue: which hold when, and what no guessing finds."""

from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from expo.identity.venue.codes import (
    BADGE_LENGTH,
    WINDOW_SECONDS,
    badge_code,
    badge_mark,
    badge_typed,
    changes_at,
    granted,
    grouped,
    hall_code,
    is_granted,
    is_hall_code,
)

SECRET, OTHER = "s" * 40, "t" * 40
INSTANTS = st.integers(1_483_228_800_000, 2_208_988_800_000).map(
    lambda ms: datetime.fromtimestamp(ms / 1000, UTC)
)
WINDOW = timedelta(seconds=WINDOW_SECONDS)


@given(INSTANTS, st.floats(0, 400))
def test_hall_code_holds_in_its_window_and_the_next_alone(at: datetime, later: float) -> None:
    then = at + timedelta(seconds=later)
    windows = int(then.timestamp()) // WINDOW_SECONDS - int(at.timestamp()) // WINDOW_SECONDS

    assert is_hall_code(hall_code(SECRET, at), (SECRET,), then) == (windows <= 1)


@given(INSTANTS)
def test_hall_code_changes_when_it_says(at: datetime) -> None:
    change = changes_at(at)

    assert timedelta() < change - at <= WINDOW
    assert hall_code(SECRET, change) != hall_code(SECRET, at)
    assert hall_code(SECRET, change - timedelta(milliseconds=1)) == hall_code(SECRET, at)


@given(INSTANTS)
def test_hall_code_of_a_retired_secret_is_known_and_of_a_foreign_one_not(at: datetime) -> None:
    assert is_hall_code(hall_code(OTHER, at), (SECRET, OTHER), at)
    assert not is_hall_code(hall_code(OTHER, at), (SECRET,), at)


@given(st.text(max_size=40), INSTANTS)
def test_whatever_is_typed_is_answered_and_opens_nothing(typed: str, at: datetime) -> None:
    assert not is_hall_code(typed, (SECRET,), at)
    assert not is_granted(typed, "device", (SECRET,), at)
    code = badge_typed(typed)
    assert code is None or len(code) == BADGE_LENGTH


@given(INSTANTS, st.integers(0, 1000))
def test_grant_is_one_devices_for_five_minutes(at: datetime, later: int) -> None:
    grant = granted("device", SECRET, at)
    then = at + timedelta(seconds=later)

    assert is_granted(grant, "device", (OTHER, SECRET), then) == (
        later <= 300 and then < at + timedelta(seconds=301)
    )
    assert not is_granted(grant, "devicf", (SECRET,), at)
    assert not is_granted(f"9{grant}", "device", (SECRET,), at)


@given(st.integers())
def test_badge_code_is_read_however_it_is_typed(seed: int) -> None:
    code = badge_code(Random(seed).choice)

    for typed in (code, grouped(code), code.lower(), f" {grouped(code)} ", code.replace("2", "٢")):
        assert badge_typed(typed) == code
    assert badge_mark(code, SECRET) != badge_mark(code, OTHER)
