"""The closing rule: how long after the close ballots still count, so that a stream's viewers lose nothing.

A viewer whose picture is ``d`` seconds behind sees the opening ``d`` later and may vote until the same
hard close as everybody. With ``d <= G`` that viewer has at least the hall's own time:
``(close + G) - (open + d) >= close - open``. G is the 95th percentile of the measured delays with three
seconds to spare, in steps of five, from ten seconds to a minute; at least thirty where viewers of
embedded players are about whom nobody can measure. It decides nothing by itself: it is fixed when the
contest closes, and the server's clock alone then says what counts. Pure.

Source: streaming page 4.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

FEWEST: Final = 10
MOST: Final = 60
UNMEASURED: Final = 30
"""Seconds: G at its shortest, at its longest, and at its shortest where somebody cannot be measured."""
BINS: Final = 62
"""Of the histogram: delays rounded up to whole seconds from 0 to 60, and everything beyond."""
_SPARE: Final = 3
_STEP: Final = 5
_SHARE: Final = 95  # per cent of the viewers


class Delays(msgspec.Struct, frozen=True):
    """How many viewers are how far behind the hall; who they are is not in it.

    ``counts[n]`` viewers are more than ``n - 1`` and at most ``n`` seconds behind, the last bin holds
    those beyond a minute. ``unmeasured`` watch a player that does not tell.
    """

    counts: tuple[int, ...] = (0,) * BINS
    unmeasured: int = 0

    @property
    def measured(self) -> int:
        """How many viewers were measured."""
        return sum(self.counts)


def bin_of(delay_ms: int) -> int:
    """The bin of a delay in milliseconds; a picture ahead of the hall is taken to be with it."""
    return min(BINS - 1, max(0, -(-delay_ms // 1000)))


def together(parts: Iterable[Delays]) -> Delays:
    """The delays of several nodes as one histogram."""
    counts, unmeasured = [0] * BINS, 0
    for part in parts:
        counts = [a + b for a, b in zip(counts, part.counts, strict=True)]
        unmeasured += part.unmeasured
    return Delays(tuple(counts), unmeasured)


def percentile(delays: Delays) -> int | None:
    """Whole seconds that 95 per cent of the measured viewers are behind at most; None for nobody."""
    wanted = -(-delays.measured * _SHARE // 100)
    seen = 0
    for seconds, count in enumerate(delays.counts):
        seen += count
        if count and seen >= wanted:
            return seconds
    return None


def grace(delays: Delays, *, least: int, outside: bool) -> int:
    """G in seconds.

    Args:
        delays: Of the last minute.
        least: What the rules of the contest promise.
        outside: Whether the session can be watched where nobody measures, e.g. at YouTube.
    """
    behind = percentile(delays)
    steps = FEWEST if behind is None else -(-(behind + _SPARE) // _STEP) * _STEP
    blind = delays.unmeasured > 0 or (outside and behind is None)
    shortest = UNMEASURED if blind else FEWEST
    return max(least, min(MOST, max(shortest, steps)))
