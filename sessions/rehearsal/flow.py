"""The clock of a rehearsed day: it runs between two cues, as fast as asked, and stands while people act.

So who came when is exact at every speed, and on a slow machine a fast rehearsal takes longer instead of
being unfair to somebody.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from expo.clock import Movable

_STEP: Final = 0.25  # seconds of the real clock between two looks of who watches


class Flow:
    """Moves the clock.

    Args:
        clock: The twin's, on a wall clock that stands still.
        speed: Seconds of the show in one of ours.
        tell: Tells whoever waits for the clock.
    """

    def __init__(self, clock: Movable, speed: float, tell: Callable[[], None]) -> None:
        self.now = clock
        self._speed = speed
        self._tell = tell

    async def to(self, instant: datetime) -> None:
        """Let time run until then; an instant that is over already changes nothing."""
        while (left := (instant - self.now()).total_seconds()) > 0:
            step = min(left, self._speed * _STEP)
            await asyncio.sleep(step / self._speed)
            self.at(instant if step == left else self.now() + timedelta(seconds=step))

    async def on(self, **by: float) -> None:
        """Let so much time go by, as `timedelta` takes it."""
        await self.to(self.now() + timedelta(**by))

    def at(self, instant: datetime) -> None:
        """Show this instant now, and tell who waits for it."""
        self.now.go_to(instant)
        self._tell()
