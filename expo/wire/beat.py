"""The beat of this process: what nobody needs to the millisecond happens together. Pure.

Every waking of an idle process costs a fifth of a millisecond, most of it for memory the processor has
forgotten meanwhile, whatever is then done. So whoever looks now and then by itself does so on a beat,
with everybody else who does, a little early rather than late.
"""

from math import floor
from typing import Final

SECONDS: Final = 0.25
"""Between two beats."""
_SLACK: Final = (
    0.001  # an instant so little after a beat is on it: timers come a little early, or late
)


def next_beat(now: float) -> float:
    """The beat after the one nearest to now: between half a beat and one and a half from now."""
    return (round(now / SECONDS) + 1) * SECONDS


def at_the_latest(now: float, seconds: float) -> float:
    """The last beat at most so many seconds from now; exactly so many where two beats do not fit in."""
    if seconds < 2 * SECONDS:
        return now + seconds
    return floor((now + seconds + _SLACK) / SECONDS) * SECONDS
