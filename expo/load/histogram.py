"""Counts of measured values in fixed classes: small, never growing, good for quantiles. Pure."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

SECONDS: Final = (
    0.002, 0.005, 0.01, 0.02, 0.035, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0,
)  # fmt: skip
"""Classes for times between a good disk's commit and what nobody waits for."""
SIZES: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
"""Classes for how many were done at once."""


class Histogram:
    """Values by class; class n holds what is at most ``bounds[n]``, the last one all that is more.

    Args:
        bounds: Upper ends of the classes, rising.
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(self.bounds) + 1)
        """How many values fell into each class since start."""
        self.sum = 0.0
        """All values together."""

    def add(self, value: float, times: int = 1) -> None:
        """Count a value so many times."""
        self.counts[bisect_left(self.bounds, value)] += times
        self.sum += value * times

    def rising(self) -> list[tuple[float, int]]:
        """Each bound, infinity last, with how many values were no more than it."""
        ends = (*self.bounds, float("inf"))
        return list(zip(ends, accumulate(self.counts), strict=True))


def between(before: Sequence[int], after: Sequence[int]) -> tuple[int, ...]:
    """How many values came into each class from one reading of ``counts`` to a later one."""
    return tuple(new - old for old, new in zip(before, after, strict=True))


def quantile(bounds: Sequence[float], counts: Sequence[int], part: float) -> float | None:
    """The value that this part of all values does not exceed, read from their classes.

    Within a class values are taken to lie evenly; beyond the last bound nothing is known, and the
    bound itself is the answer.

    Args:
        bounds: Of the histogram.
        counts: Per class, one more than bounds.
        part: Between 0 and 1.

    Returns:
        None when there are no values.
    """
    total = sum(counts)
    if not total:
        return None
    wanted, below = part * total, 0
    for n, end in enumerate(bounds):
        if counts[n] and below + counts[n] >= wanted:
            start = bounds[n - 1] if n else 0.0
            return start + (end - start) * (wanted - below) / counts[n]
        below += counts[n]
    return bounds[-1]
