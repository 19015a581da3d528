"""A clock that stands still until a test moves it."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Gives the same instant until it is moved; fits everywhere a ``Now`` is asked for."""

    def __init__(self, at: datetime = datetime(2017, 4, 17, 5, 20, tzinfo=UTC)) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        """Let time pass, e.g. ``clock.move(hours=2)``."""
        self.at += timedelta(**by)
