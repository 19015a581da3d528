"""The background work that seals ledgers; of several nodes one does it, the others stand by."""

import logging
from functools import partial
from time import monotonic
from typing import Final

from expo.clock import Now
from expo.db import Database
from expo.errors import Fault
from expo.leases import Leases, Turn
from expo.record.keys.usecases import KeyLost
from expo.wire.notifier import Notifier, heard
from voting.sealing import store
from voting.sealing.batching import has_turned, is_due, next_parts, positions
from voting.sealing.progress import Progress
from voting.sealing.usecases import Ledgers
from voting.writer import ANY_CONTEST

logger = logging.getLogger(__name__)

_NAP: Final = 1.0  # seconds between two looks; a batch is that much later at most
_JOB: Final = "sealing"


class SealFollower:
    """One per process.

    Args:
        ledgers: Seal.
        database: Where they are.
        notifier: Says when there may be something to do.
        now: The clock.
        leases: Say which node seals; None where there is one only.
    """

    def __init__(
        self,
        ledgers: Ledgers,
        database: Database,
        notifier: Notifier,
        now: Now,
        leases: Leases | None = None,
    ) -> None:
        self._ledgers = ledgers
        self._database = database
        self._notifier = notifier
        self._now = now
        self._turn = Turn(_JOB, leases)
        self._write = partial(self._turn.write, self._database)
        self._since: dict[str, float] = {}
        self.progress = Progress()
        """How far it is, for whoever asks."""

    async def run(self) -> None:
        """Seal until cancelled, whenever it is this node's turn."""
        await self._turn.run(self._follow)

    async def _follow(self) -> None:
        self._since.clear()
        self.progress.begin(monotonic())
        try:
            async with self._notifier.listen(ANY_CONTEST) as event:
                while self._turn.is_ours:
                    event.clear()
                    try:
                        await self.look()
                    except Fault:
                        logger.warning("A ledger could not be sealed yet; trying again")
                    await heard(event, _NAP, least=_NAP)
        finally:
            self.progress.end()

    async def look(self) -> None:
        """Seal every batch whose time has come; a ledger whose key is lost keeps no other waiting.

        Raises:
            Fault: The database failed, or another node seals by now; the next look goes on from there.
        """
        began = monotonic()
        async with self._database.read() as tx:
            growing = await store.open_ones(tx)
        self.progress.growing(growing)
        for contest_id in growing:
            if await self._is_due(contest_id):
                await self._seal(contest_id)
        ended = monotonic()
        self.progress.looked(ended, ended - began)

    async def _seal(self, contest_id: str) -> None:
        try:
            await self._ledgers.seal(contest_id, self._write, gently=True)
        except KeyLost:
            if contest_id not in self.progress.lost:
                facts = {"contest": contest_id}
                logger.critical(
                    "A ledger's key cannot be opened: nothing of it is sealed", extra=facts
                )
            self.progress.key_lost(contest_id)
        else:
            self._settle(contest_id)

    def _settle(self, contest_id: str) -> None:
        self._since.pop(contest_id, None)
        self.progress.sealed(contest_id)

    async def _is_due(self, contest_id: str) -> bool:
        """Whether what waits may wait no longer; once the contest is closed nothing waits.

        How long is told by the clock or by this process, whichever says longer: a clock that was
        set back must not keep a receipt's promise waiting.
        """
        async with self._database.read() as tx:
            head = await store.find(tx, contest_id)
            if head is None:
                return False
            log = await store.log(tx, contest_id)
            parts = next_parts(head.state, log.lengths)
            if not parts:
                if not head.state.is_ended:
                    self._settle(contest_id)
                return head.state.is_ended
            firsts = [positions(part, len(log.lengths))[0] for part in parts]
            at = await store.oldest_at(tx, contest_id, firsts)
        clock, now = self._now(), monotonic()
        told = 0.0 if at is None else (clock - at).total_seconds()
        age = max(now - self._since.setdefault(contest_id, now), told)
        waiting = sum(log.lengths) - head.state.sealed
        self.progress.waits(contest_id, waiting, now - age)
        turned = at is not None and has_turned(at, clock)
        return log.phase == "closed" or is_due(waiting, age, has_turned=turned)
