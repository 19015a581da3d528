"""Takes away what has had its time, on one node at a time; says how much, and never whose."""

import asyncio
import logging
from collections import Counter
from typing import Final

from expo.errors import Fault
from expo.identity.privacy.usecases import Privacy
from expo.leases import Leases, Turn
from expo.wire.ending import heed_cancelling

logger = logging.getLogger(__name__)

_JOB: Final = "retention"
_SECONDS: Final = 60.0  # between two looks; what is due goes so much later


class RetentionFollower:
    """One per process; of several nodes one works, the others stand by.

    Args:
        privacy: Knows what is due.
        leases: Say whose turn it is; None where there is one node only.
    """

    def __init__(self, privacy: Privacy, leases: Leases | None = None) -> None:
        self._privacy = privacy
        self._turn = Turn(_JOB, leases)
        self.gone: Counter[str] = Counter()
        """How much this node has taken away since it started, by what it was."""

    async def run(self) -> None:
        """Follow until cancelled, whenever it is this node's turn."""
        await self._turn.run(self._follow)

    async def _follow(self) -> None:
        while self._turn.is_ours:
            try:
                await self.look()
            except Fault:
                logger.warning("What has had its time could not be taken away; trying again")
            heed_cancelling()
            await asyncio.sleep(_SECONDS)

    async def look(self) -> dict[str, int]:
        """Take away what is due; how much of each.

        Raises:
            Fault: The database failed, or another node does this by now.
        """
        found = await self._privacy.expire(self._turn.confirm)
        done = {name: count for name, count in found.items() if count}
        self.gone.update(done)
        if done:
            logger.info("What has had its time was taken away", extra=done)
        return done
