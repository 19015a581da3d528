"""Letters to strangers keep a pace: none is lost, nobody waits for others' sake, and a flood ends."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expo.post import pacing
from expo.post.pacing import LetterPace, LettersWait, Pace

NOW = datetime(2017, 4, 17, 5, 20, tzinfo=UTC)
HALL, FLOOD = "192.0.2.0/24", "203.0.113.0/24"


def letters(longest: float = 3_600) -> LetterPace:
    """Three of one network at once and ten of all, then one each ten and each two seconds."""
    one, together = Pace(3, 10.0), Pace(10, 2.0)
    return LetterPace(one=one, together=together, longest=timedelta(seconds=longest))


def seconds(pace: LetterPace, network: str, now: datetime = NOW) -> float:
    """How long the next one waits."""
    return (pace.turn(network, now) - now).total_seconds()


def test_what_comes_too_fast_leaves_later() -> None:
    pace = letters()

    assert [seconds(pace, HALL) for _ in range(5)] == [0, 0, 0, 10, 20]
    assert seconds(pace, HALL, NOW + timedelta(seconds=30)) == 0


def test_a_flood_from_one_network_keeps_no_other_waiting() -> None:
    pace = letters()
    for _ in range(5):
        pace.turn(FLOOD, NOW)

    assert [seconds(pace, HALL) for _ in range(3)] == [0, 0, 0]


def test_all_networks_together_keep_a_pace() -> None:
    pace = letters()

    waits = [seconds(pace, f"198.51.{n}.0/24") for n in range(12)]

    assert waits == [0] * 10 + [2, 4]
    assert seconds(pace, "") == 6, "unknown networks count, too"


def test_what_would_come_too_late_is_refused_and_takes_nobodys_turn() -> None:
    pace = letters(longest=20)
    for _ in range(5):
        pace.turn(FLOOD, NOW)

    for _ in range(100):
        with pytest.raises(LettersWait) as refused:
            pace.turn(FLOOD, NOW)
        assert refused.value.facts["retry_after_ms"] == 10_000
    assert seconds(pace, HALL) == 0
    assert seconds(pace, FLOOD, NOW + timedelta(seconds=10)) == 20


def test_networks_that_were_not_seen_for_long_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pacing, "MOST_NETWORKS", 3)
    pace = letters()
    for n in range(20):
        pace.turn(f"198.51.{n}.0/24", NOW + timedelta(hours=n))

    assert len(pace._paid) == 3


@given(st.lists(st.floats(0, 30), max_size=60), st.integers(1, 5), st.floats(0.5, 20))
def test_no_more_leave_in_any_time_than_the_pace_allows(
    gaps: list[float], burst: int, each: float
) -> None:
    pace, now, left = Pace(burst, each), NOW, []
    free = None
    for gap in gaps:
        now += timedelta(seconds=gap)
        at, free = pace.turn(free, now)
        assert at >= now
        left.append(at)

    assert left == sorted(left)
    for first in range(len(left)):
        for last in range(first, len(left)):
            long = (left[last] - left[first]).total_seconds()
            assert last - first + 1 <= burst + long / each + 1.001
