"""The few statistics that signals need, exact enough for the tails they are asked for. Pure.

Sources: counting page 5.2; Press et al., Numerical Recipes 6.2 (incomplete gamma function).
"""

import math
from collections.abc import Sequence
from typing import Final

_TINY: Final = 1e-300
_EPS: Final = 1e-12
_MOST_STEPS: Final = 10_000


def median(values: Sequence[float]) -> float:
    """The middle of some numbers; the mean of the two middle ones where there are two.

    Raises:
        ValueError: There are none.
    """
    if not values:
        raise ValueError(values)
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def mad(values: Sequence[float]) -> float:
    """The median distance from the median: how far apart numbers usually are, whatever a few do."""
    middle = median(values)
    return median([abs(value - middle) for value in values])


def binomial_tail(hits: int, trials: int, chance: float) -> float:
    """The probability of at least ``hits`` in ``trials`` independent tries with this chance each.

    Terms are added from the nearest one outwards, so a tail of 1e-300 is as exact as one of 0.1.
    """
    if hits <= 0:
        return 1.0
    if hits > trials or chance <= 0.0:
        return 0.0
    if chance >= 1.0:
        return 1.0
    if hits <= trials * chance:
        return max(0.0, 1.0 - binomial_tail(trials - hits + 1, trials, 1.0 - chance))
    term = math.exp(_log_term(hits, trials, chance))
    total, odds = term, chance / (1.0 - chance)
    for hit in range(hits, trials):
        term *= (trials - hit) / (hit + 1) * odds
        total += term
        if term < total * _EPS:
            break
    return min(1.0, total)


def _log_term(hits: int, trials: int, chance: float) -> float:
    choices = math.lgamma(trials + 1) - math.lgamma(hits + 1) - math.lgamma(trials - hits + 1)
    return choices + hits * math.log(chance) + (trials - hits) * math.log1p(-chance)


def chi_square_tail(value: float, degrees: int) -> float:
    """The probability that a chi-square variable with so many degrees of freedom is at least this."""
    if degrees < 1 or value <= 0.0:
        return 1.0
    return _upper_gamma(degrees / 2, value / 2)


def _upper_gamma(a: float, x: float) -> float:
    """The regularised upper incomplete gamma function Q(a, x)."""
    front = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        return max(0.0, 1.0 - front * _series(a, x))
    return front * _fraction(a, x)


def _series(a: float, x: float) -> float:
    term = total = 1.0 / a
    for step in range(1, _MOST_STEPS):
        term *= x / (a + step)
        total += term
        if term < total * _EPS:
            break
    return total


def _fraction(a: float, x: float) -> float:
    """Lentz's continued fraction."""
    b = x + 1.0 - a
    c, d = 1.0 / _TINY, 1.0 / b
    found = d
    for step in range(1, _MOST_STEPS):
        factor = -step * (step - a)
        b += 2.0
        d = 1.0 / (_not_zero(factor * d + b))
        c = _not_zero(b + factor / c)
        found *= d * c
        if abs(d * c - 1.0) < _EPS:
            break
    return found


def _not_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY


def g_test(one: Sequence[int], other: Sequence[int]) -> float:
    """How likely two samples are so different when both are drawn from the same distribution.

    Args:
        one: Counts by category.
        other: Counts by the same categories, in the same order.

    Returns:
        The p-value of the likelihood-ratio test; 1 where there is nothing to compare.
    """
    rows = [sum(one), sum(other)]
    columns = [a + b for a, b in zip(one, other, strict=True)]
    present = sum(column > 0 for column in columns)
    if not all(rows) or present < 2:
        return 1.0
    whole = sum(rows)
    g = 2 * sum(
        seen * math.log(seen * whole / (rows[row] * columns[place]))
        for row, sample in enumerate((one, other))
        for place, seen in enumerate(sample)
        if seen
    )
    return chi_square_tail(g, present - 1)


def evenness(n: int, total: float, squares: float) -> float:
    """How much gaps between arrivals differ: their standard deviation over their mean.

    People come at random, about 1; a program that waits the same time again and again, near 0.

    Args:
        n: How many gaps.
        total: Their sum.
        squares: The sum of their squares.

    Returns:
        1 for fewer than two gaps, or when all came at once.
    """
    if n < 2 or total <= 0.0:
        return 1.0
    mean = total / n
    variance = max(0.0, squares - n * mean * mean) / (n - 1)
    return math.sqrt(variance) / mean
