"""Whoever looks on the beat is never late, and never much too early."""

from hypothesis import given
from hypothesis import strategies as some

from expo.wire import beat

instants = some.floats(0, 1e7)


@given(instants, some.floats(0, 3600))
def test_latest_beat_is_in_time(now: float, seconds: float) -> None:
    at = beat.at_the_latest(now, seconds)

    assert at <= now + seconds + 0.002
    assert at - now >= seconds - beat.SECONDS - 1e-6
    assert at >= now


@given(instants, some.floats(0.5, 3600))
def test_those_who_wait_long_wake_together(now: float, seconds: float) -> None:
    assert beat.at_the_latest(now, seconds) % beat.SECONDS == 0


@given(instants)
def test_next_beat_is_neither_now_nor_far(now: float) -> None:
    at = beat.next_beat(now)

    assert at % beat.SECONDS == 0
    assert 0.5 * beat.SECONDS <= at - now <= 1.5 * beat.SECONDS
