"""Time is an argument: everything that needs the instant is given a ``Now``. Pure."""

from collections.abc import Callable
from datetime import datetime, timedelta

Now = Callable[[], datetime]
"""Gives the present instant, aware and in UTC."""


class Movable:
    """A clock that can be put forward: a rehearsal tells the hours before its own beginning.

    Args:
        wall: The real clock.
    """

    def __init__(self, wall: Now) -> None:
        self._wall = wall
        self._ahead = timedelta(0)

    def __call__(self) -> datetime:
        """The instant it shows."""
        return self._wall() + self._ahead

    def go_to(self, instant: datetime) -> None:
        """Show this instant now, and run on from it."""
        self._ahead = instant - self._wall()
