"""Where connections wait for their first word."""

import asyncio
from collections import Counter
from typing import Final, Protocol

SILENT_SECONDS: Final = 1.0
"""Who has said nothing for so long is handed to the HTTP engine, which has the deadlines."""


class Guest(Protocol):
    """A connection that waits."""

    def hand_on(self, data: bytes) -> None:
        """Wait no longer: leave the lobby and let the engine read on from here."""


class Lobby:
    """Connections that have said nothing yet, and the one timer that sends them on.

    Args:
        spare: Beyond the server's limit so many connections may wait; more are cut unheard.
        refused: Counts those for whom there was no room, for the reason ``full``.
    """

    def __init__(self, spare: int, refused: Counter[str] | None = None) -> None:
        self.spare = spare
        self._refused = Counter() if refused is None else refused
        self._since: dict[Guest, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def enter(self, guest: Guest, loop: asyncio.AbstractEventLoop) -> None:
        """Wait for the first word."""
        self._since[guest] = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(SILENT_SECONDS, self._look, loop)

    def turn_away(self) -> None:
        """Note that there was no room for somebody."""
        self._refused["full"] += 1

    def leave(self, guest: Guest) -> None:
        """The first word has come, or the connection has gone."""
        self._since.pop(guest, None)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = None
        limit = loop.time() - SILENT_SECONDS / 2
        for guest in [one for one, since in self._since.items() if since <= limit]:
            guest.hand_on(b"")
        if self._since:
            self._timer = loop.call_later(SILENT_SECONDS, self._look, loop)
