"""The arithmetic of a benchmark: medians, spreads and ratios within one run. Pure."""

import statistics
from collections.abc import Callable, Iterable

import msgspec


class Spread(msgspec.Struct, frozen=True):
    """The median of several runs with the least and the most of them."""

    median: float
    least: float
    most: float
    runs: int


def spread(values: Iterable[float | None]) -> Spread | None:
    """The spread of the runs that gave a value; None when none did."""
    found = [value for value in values if value is not None]
    if not found:
        return None
    return Spread(statistics.median(found), min(found), max(found), len(found))


def ratio(value: float | None, of: float | None) -> float | None:
    """One figure over another; None when either is missing or there is nothing to divide by."""
    return None if value is None or not of else value / of


class Goal(msgspec.Struct, frozen=True):
    """What must be reached: at most or at least a figure."""

    bound: float
    is_most: bool

    def holds(self, value: float) -> bool:
        """Whether a figure reaches it."""
        return value <= self.bound if self.is_most else value >= self.bound

    def told(self, shown: Callable[[float], str]) -> str:
        """As the table has it."""
        return f"{'≤' if self.is_most else '≥'} {shown(self.bound)}"


def at_most(bound: float) -> Goal:
    """A figure that must not be higher."""
    return Goal(bound, is_most=True)


def at_least(bound: float) -> Goal:
    """A figure that must not be lower."""
    return Goal(bound, is_most=False)
