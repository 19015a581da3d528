"""Time is an argument: everything that needs the instant is given a ``Now``. Pure."""

from collections.abc import Callable
from datetime import datetime, timedelta

Now = Callable[[], datetime]
"""Gives the present instant, aware and in UTC."""


def shifted(now: Now, by: timedelta) -> Now:
    """A clock that runs ``by`` ahead of ``now`` (behind when negative): rehearsals use it."""
    return lambda: now() + by
