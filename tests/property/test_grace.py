"""The closing rule: whoever is no farther behind than G loses nothing, whatever anybody measured."""

from hypothesis import given
from hypothesis import strategies as st

from sessions.streams.grace import (
    BINS,
    FEWEST,
    MOST,
    UNMEASURED,
    Delays,
    bin_of,
    grace,
    percentile,
    together,
)

samples = st.lists(st.integers(0, 200_000), max_size=300)
seconds = st.integers(0, 3_600)


def measured(delays_ms: list[int], unmeasured: int = 0) -> Delays:
    counts = [0] * BINS
    for one in delays_ms:
        counts[bin_of(one)] += 1
    return Delays(tuple(counts), unmeasured)


@given(samples, st.integers(0, 50), st.integers(0, 120), st.booleans())
def test_grace_is_within_its_bounds(
    delays_ms: list[int], unmeasured: int, least: int, outside: bool
) -> None:
    found = grace(measured(delays_ms, unmeasured), least=least, outside=outside)
    assert max(FEWEST, least) <= found <= max(MOST, least)
    assert found == least or found % 5 == 0
    if unmeasured or (outside and not delays_ms):
        assert found >= UNMEASURED


@given(samples, seconds, st.integers(1, 3_600), st.integers(0, 120))
def test_viewer_no_farther_behind_than_grace_has_the_halls_time(
    delays_ms: list[int], opened: int, length: int, least: int
) -> None:
    closes = opened + length
    found = grace(measured(delays_ms), least=least, outside=False)
    for delay in (one / 1000 for one in delays_ms):
        if delay <= found:
            assert (closes + found) - (opened + delay) >= closes - opened


@given(samples.filter(bool))
def test_ninety_five_of_a_hundred_within_the_longest_grace_are_covered(
    delays_ms: list[int],
) -> None:
    found = grace(measured(delays_ms), least=0, outside=False)
    covered = sum(one <= found * 1000 for one in delays_ms)
    assert covered * 100 >= 95 * len(delays_ms) or found == MOST


@given(samples, st.integers(1, 5))
def test_nodes_together_measure_what_one_would(delays_ms: list[int], nodes: int) -> None:
    parts = [measured(delays_ms[n::nodes]) for n in range(nodes)]
    assert together(parts) == measured(delays_ms)


@given(samples.filter(bool))
def test_percentile_is_the_nearest_rank(delays_ms: list[int]) -> None:
    ranked = sorted(bin_of(one) for one in delays_ms)
    assert percentile(measured(delays_ms)) == ranked[-(-len(ranked) * 95 // 100) - 1]


def test_nobody_measured_is_no_percentile() -> None:
    assert percentile(Delays()) is None
    assert grace(Delays(), least=0, outside=False) == FEWEST
    assert grace(Delays(), least=0, outside=True) == UNMEASURED
