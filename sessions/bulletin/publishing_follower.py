"""Keeps what is published up to date on every node; on one, publishes what its embargo held and tells of it.

A page is public because the database says so, never because of the hour: a clock that is set back takes
nothing away again. And the hour is believed only from a clock that runs steadily (`steady`).
"""

import asyncio
import logging
from typing import Final

from expo.errors import Fault, Refusal
from expo.leases import Leases, Turn
from expo.wire.ending import heed_cancelling
from expo.wire.notifier import Notifier, heard
from sessions.bulletin.steady import Steadiness
from sessions.bulletin.subscribing.usecases import Subscriptions
from sessions.bulletin.usecases import TOPIC, Bulletins

logger = logging.getLogger(__name__)

_JOB: Final = "bulletins"
_SECONDS: Final = 0.5  # between two looks: a bulletin appears so long after its embargo


class ReadingFollower:
    """One per process: what another node published is read there too.

    Args:
        bulletins: Kept up to date.
        notifier: Says when there is news; without a word it is seen at the next look.
    """

    def __init__(self, bulletins: Bulletins, notifier: Notifier) -> None:
        self._bulletins = bulletins
        self._notifier = notifier

    async def run(self) -> None:
        """Follow until cancelled."""
        async with self._notifier.listen(TOPIC) as event:
            while True:
                event.clear()
                try:
                    await self._bulletins.refresh()
                except Fault:
                    logger.warning("Bulletins could not be read; trying again")
                heed_cancelling()
                await heard(event, _SECONDS)


class PublishingFollower:
    """One per process; of several nodes one works, the others stand by.

    Args:
        bulletins: Knows what is due.
        subscriptions: Tells those who want to be told.
        notifier: Says when there is news.
        leases: Say whose turn it is; None where there is one node only.
    """

    def __init__(
        self,
        bulletins: Bulletins,
        subscriptions: Subscriptions,
        notifier: Notifier,
        leases: Leases | None = None,
    ) -> None:
        self._bulletins = bulletins
        self._subscriptions = subscriptions
        self._notifier = notifier
        self._turn = Turn(_JOB, leases)
        self._kept_back: set[int] = set()

    async def run(self) -> None:
        """Follow the clock until cancelled, whenever it is this node's turn."""
        await self._turn.run(self._follow)

    async def _follow(self) -> None:
        clock, loop = Steadiness(), asyncio.get_running_loop()
        async with self._notifier.listen(TOPIC) as event:
            while self._turn.is_ours:
                event.clear()
                try:
                    if clock.is_steady(self._bulletins.now(), loop.time()):
                        await self.look()
                    await self._subscriptions.tell(self._turn.confirm)
                except Fault:
                    logger.warning("Bulletins could not be published yet; trying again")
                heed_cancelling()
                await heard(event, _SECONDS)

    async def look(self) -> None:
        """Publish everything whose embargo is over.

        Raises:
            Fault: The database failed, or another node does this by now.
        """
        for day in await self._bulletins.due(self._bulletins.now()):
            try:
                await self._bulletins.publish_due(day, self._turn.confirm)
                self._kept_back.discard(day)
            except Refusal as refusal:
                if day not in self._kept_back:  # said once; organisers see why on its page
                    self._kept_back.add(day)
                    facts = {"day": day, "code": refusal.code, **refusal.facts}
                    logger.warning("A bulletin is kept back at the end of its embargo", extra=facts)
