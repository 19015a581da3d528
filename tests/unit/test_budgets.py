"""Tries per device run out, come back, and are forgotten in time."""

from datetime import UTC, datetime, timedelta

import pytest

from expo.budgets import Budget, TooFast

NOW = datetime(2017, 4, 17, 5, 20, tzinfo=UTC)


def test_burst_is_allowed_and_one_more_is_refused_with_the_wait() -> None:
    budget = Budget(burst=3, seconds=10)
    for _ in range(3):
        budget.spend("phone", NOW)

    with pytest.raises(TooFast) as caught:
        budget.spend("phone", NOW + timedelta(seconds=4))

    assert caught.value.facts == {"retry_after_ms": 6000}


def test_waiting_gives_tries_back_and_others_are_not_touched() -> None:
    budget = Budget(burst=1, seconds=10)
    budget.spend("phone", NOW)

    budget.spend("tablet", NOW)
    budget.spend("phone", NOW + timedelta(seconds=10))
    with pytest.raises(TooFast):
        budget.spend("phone", NOW + timedelta(seconds=10))


def test_clock_set_back_gives_nothing_and_takes_nothing() -> None:
    budget = Budget(burst=2, seconds=10)
    budget.spend("phone", NOW)

    budget.spend("phone", NOW - timedelta(hours=1))
    with pytest.raises(TooFast):
        budget.spend("phone", NOW - timedelta(hours=1))


def test_memory_is_bounded_and_the_longest_unused_goes_first() -> None:
    budget = Budget(burst=1, seconds=10, most=100)
    for n in range(1000):
        budget.spend(f"device-{n}", NOW)

    assert len(budget) == 100
    budget.spend("device-0", NOW)
    with pytest.raises(TooFast):
        budget.spend("device-999", NOW)
