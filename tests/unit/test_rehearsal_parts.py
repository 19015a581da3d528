"""Who does what in a rehearsed session."""

from datetime import timedelta

import pytest

from sessions.rehearsal.parts import FAR, part

SEED = 2017


@pytest.mark.parametrize("session", [0, 1])
def test_forty_people_have_somebody_of_each_kind(session: int) -> None:
    parts = [part(SEED, session, number, 40) for number in range(40)]

    assert any(not one.comes for one in parts)
    assert any(one.silent for one in parts)
    for kind in ("drops", "doubles", "late"):
        assert any(getattr(one, kind) and one.votes for one in parts), kind


@pytest.mark.parametrize("session", [0, 1, 2])
def test_delays_go_from_the_hall_to_the_furthest_behind(session: int) -> None:
    delays = [part(SEED, session, number, 40).delay for number in range(40)]

    assert delays[0] == timedelta(0)
    assert delays[-1] == max(delays) == timedelta(seconds=FAR)


def test_every_other_session_is_watched_over_a_good_stream() -> None:
    def near(session: int) -> int:
        return sum(part(SEED, session, n, 100).delay.total_seconds() <= 12 for n in range(100))

    assert near(1) > 90
    assert near(0) < 50


def test_same_seed_gives_the_same_parts() -> None:
    assert part(SEED, 1, 7, 40) == part(SEED, 1, 7, 40)
    assert part(SEED, 1, 7, 40) != part(SEED + 1, 1, 7, 40)
