"""Reactions: taken in memory, put together every ten seconds, told as counts of the last minute."""

from collections import Counter
from typing import Final

from expo.budgets import Budget
from expo.clock import Now
from expo.db import Database
from expo.errors import NotAllowed
from expo.identity.people import Visit
from expo.rights import Action, may_with
from sessions.cues import Status
from sessions.reactions import store
from sessions.reactions.values import (
    EVERY_SECONDS,
    WINDOW_SECONDS,
    Felt,
    Kind,
    NothingOnStage,
    tick_of,
)
from sessions.usecases import Show

_TAPS, _TAP_SECONDS = 4, 5.0  # of one person at once, and until one is given back
_TICKS: Final = WINDOW_SECONDS // EVERY_SECONDS


class Reactions:
    """One per process.

    Args:
        database: Where all nodes' counts come together.
        show: Knows what is on the stage.
        now: The clock.
    """

    def __init__(self, database: Database, show: Show, now: Now) -> None:
        self._database = database
        self._show = show
        self._now = now
        self._taps = Budget(burst=_TAPS, seconds=_TAP_SECONDS)
        self._untold: Counter[tuple[str, Kind]] = Counter()
        self._felt: dict[str, Felt] = {}

    def react(self, visit: Visit, session: str, kind: Kind) -> None:
        """Let the presenter feel something; who it was is not kept.

        Raises:
            NotAllowed: Nobody has joined on this device.
            NothingOnStage: The session is not on the stage.
            TooFast: More taps than hands clap.
        """
        person = visit.somebody()
        if not may_with(person, Action.REACT, None):
            raise NotAllowed(action=Action.REACT.value)
        if self._show.status(session) is not Status.LIVE:
            raise NothingOnStage
        now = self._now()
        self._taps.spend(f"p{person.id}", now)
        if visit.device:
            self._taps.spend(f"d{visit.device}", now)
        self._untold[session, kind] += 1

    def felt(self, session: str) -> Felt:
        """The last minute of a session, as of the last ten seconds that are over."""
        return self._felt.get(session, Felt())

    async def gather(self) -> None:
        """Put together what was tapped since the last time, here and on the other nodes.

        Raises:
            Fault: The database did not answer; what was tapped is told the next time.
        """
        now = self._now()
        tick, taken = tick_of(now), self._untold
        if taken:
            self._untold = Counter()
            try:
                async with self._database.write() as tx:
                    await store.add(tx, tick, taken)
            except BaseException:
                self._untold += taken
                raise
        async with self._database.read() as tx:
            found = await store.since(tx, tick - _TICKS + 1)
        self._felt = {
            session: Felt(tuple((kind, counts.get(kind, 0)) for kind in Kind), now)
            for session, counts in found.items()
        }
