"""Whether the wall clock can be believed when it says that an embargo is over. Pure.

A clock that is set forward by mistake and back again must not publish anything in between. Between two
looks the wall clock and a clock that nobody can set should advance alike; when the wall clock runs
ahead it has jumped, and is believed again once it has kept its new time for a while.
"""

from datetime import datetime, timedelta
from typing import Final

TOLERANCE: Final = timedelta(seconds=1)
"""By which the two clocks may differ between two looks: slewing, and a machine under load."""
SETTLING: Final = 2.0
"""Seconds a wall clock keeps the time it jumped to before it is believed."""


class Steadiness:
    """Compares the two clocks from look to look. Mutable: it belongs to one follower."""

    def __init__(self) -> None:
        self._last: tuple[datetime, float] | None = None
        self._jumped_at: float | None = None

    def is_steady(self, wall: datetime, steady: float) -> bool:
        """Whether the wall clock can be believed now.

        Args:
            wall: What it shows, aware.
            steady: Seconds of a clock that nobody sets; only differences count.
        """
        if self._last is not None:
            passed = timedelta(seconds=steady - self._last[1])
            if wall - self._last[0] > passed + TOLERANCE:
                self._jumped_at = steady
        self._last = (wall, steady)
        if self._jumped_at is not None and steady - self._jumped_at >= SETTLING:
            self._jumped_at = None
        return self._jumped_at is None
