"""The statistics of signals against values worked out elsewhere."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voting.integrity.statistics import (
    binomial_tail,
    chi_square_tail,
    evenness,
    g_test,
    mad,
    median,
)


@pytest.mark.parametrize(
    ("hits", "trials", "chance", "known"),
    [
        (8, 10, 0.5, 56 / 1024),
        (1, 3, 0.25, 1 - 0.75**3),
        (10, 10, 0.1, 1e-10),
        (0, 5, 0.3, 1.0),
        (6, 5, 0.3, 0.0),
        (3, 5, 0.0, 0.0),
        (3, 5, 1.0, 1.0),
        (50, 1000, 0.01, 8.306371e-20),  # by exact sums of fractions
    ],
)
def test_binomial_tail_is_the_known_one(
    hits: int, trials: int, chance: float, known: float
) -> None:
    assert binomial_tail(hits, trials, chance) == pytest.approx(known, rel=1e-6)


@pytest.mark.parametrize(
    ("value", "degrees", "known"),
    [  # tables of the chi-square distribution, and R's pchisq(100, 3, lower.tail = FALSE)
        (3.841458821, 1, 0.05),
        (18.30703805, 10, 0.05),
        (11.34486673, 3, 0.01),
        (100.0, 3, 1.554159431e-21),
        (0.0, 4, 1.0),
    ],
)
def test_chi_square_tail_is_the_known_one(value: float, degrees: int, known: float) -> None:
    assert chi_square_tail(value, degrees) == pytest.approx(known, rel=1e-6)


@given(st.integers(1, 60), st.integers(0, 61), st.floats(0.01, 0.99))
def test_binomial_tail_is_the_sum_of_its_terms(trials: int, hits: int, chance: float) -> None:
    exact = math.fsum(
        math.comb(trials, n) * chance**n * (1 - chance) ** (trials - n)
        for n in range(hits, trials + 1)
    )

    assert binomial_tail(hits, trials, chance) == pytest.approx(exact, rel=1e-8, abs=1e-14)


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=40), st.integers(-50, 50))
def test_median_and_mad_move_with_the_numbers(values: list[int], shift: int) -> None:
    moved = [value + shift for value in values]

    assert median(moved) == median(values) + shift
    assert mad(moved) == mad(values)
    assert min(values) <= median(values) <= max(values)


def test_mad_is_not_moved_by_a_few_wild_numbers() -> None:
    assert mad([1, 1, 2, 2, 4, 6, 9]) == 1
    assert mad([1, 1, 2, 2, 4, 6, 9_000]) == 1
    with pytest.raises(ValueError, match=r"\[\]"):
        median([])


def test_g_test_of_a_known_table() -> None:
    # G = 2 Σ O ln(O/E) of this table is 20.93, with 2 degrees of freedom
    assert g_test([10, 20, 30], [30, 20, 10]) == pytest.approx(2.8518e-5, rel=1e-4)
    assert g_test([10, 20, 30], [1, 2, 3]) == pytest.approx(1.0)
    assert g_test([0, 0, 0], [1, 2, 3]) == 1.0
    assert g_test([5, 0], [9, 0]) == 1.0


@given(st.lists(st.integers(0, 50), min_size=2, max_size=8), st.integers(1, 5))
def test_g_test_finds_no_difference_between_the_same_shares(one: list[int], times: int) -> None:
    assert g_test(one, [n * times for n in one]) == pytest.approx(1.0, abs=1e-6)


def test_clockwork_is_even_and_people_are_not() -> None:
    gaps = [100] * 40
    assert evenness(len(gaps), sum(gaps), sum(gap * gap for gap in gaps)) == pytest.approx(0.0)
    human = [3, 250, 40, 700, 12, 90, 410, 5]
    assert evenness(len(human), sum(human), sum(gap * gap for gap in human)) > 0.8
    assert evenness(1, 5, 25) == 1.0
