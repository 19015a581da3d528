"""The clock of a rehearsed day runs between two cues, and stands while people act."""

from datetime import UTC, datetime, timedelta

import pytest

from expo.clock import Movable
from sessions.rehearsal.flow import Flow

BEGINS = datetime(2017, 4, 17, 4, 30, tzinfo=UTC)


def flow(speed: float) -> tuple[Flow, list[datetime]]:
    """A clock on a wall that stands still, and what it showed whenever it told."""
    clock, told = Movable(lambda: BEGINS), list[datetime]()
    return Flow(clock, speed, lambda: told.append(clock())), told


@pytest.mark.parametrize("speed", [900.0, 86_400.0, 999_999.0])
async def test_it_arrives_at_the_very_instant_and_never_passes_it(speed: float) -> None:
    one, told = flow(speed)
    wanted = BEGINS + timedelta(minutes=10, milliseconds=1)

    await one.to(wanted)

    assert one.now() == wanted == told[-1]
    assert told == sorted(told)


async def test_who_watches_sees_it_run() -> None:
    one, told = flow(1000.0)

    await one.on(seconds=900)

    assert [at - BEGINS for at in told] == [timedelta(seconds=250 * n) for n in (1, 2, 3)] + [
        timedelta(seconds=900)
    ]


async def test_an_instant_that_is_over_changes_nothing() -> None:
    one, told = flow(1.0)

    await one.to(BEGINS - timedelta(hours=1))

    assert one.now() == BEGINS
    assert told == []


def test_it_stands_while_nobody_lets_it_run() -> None:
    one, _told = flow(1.0)

    assert one.now() == one.now() == BEGINS
