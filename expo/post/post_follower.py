"""Delivers letters, and forgets what those say that are of no use any more.

Letters are taken in one short transaction and settled in another; between the two the mail server is
asked, and no transaction waits for it. Of several nodes one delivers, the others stand by. A letter
on record as leaving while nobody delivers was left behind by a node that died: the mail server may
have it, so it is sent once more and never a third time (`expo.post.letters.after`).
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from functools import partial
from typing import Final, Protocol

from expo.clock import Now
from expo.db import Database, Tx
from expo.errors import Fault
from expo.leases import Leases, Turn
from expo.post import store
from expo.post.letters import Answer, Fate, Posted, State, after
from expo.post.usecases import TOPIC
from expo.wire.notifier import Notifier, heard

logger = logging.getLogger(__name__)

_HEAL_SECONDS: Final = 5.0  # a letter nobody rang for, or whose pause is over, leaves this late
_LINES: Final = 4  # connections at once; a busy provider answers in a fifth of a second
_EACH: Final = 5  # letters a connection takes along
_JOB: Final = "post"
_LEFT_BEHIND: Final = Answer(Fate.UNKNOWN, "no answer on record")


class Courier(Protocol):
    """Hands letters over; `expo.post.mail.MailServer` is one."""

    async def deliver(self, letters: tuple[Posted, ...], answers: dict[str, Answer]) -> None:
        """Put the answer for each letter under its id as soon as it is known."""
        ...


class PostFollower:
    """One per process.

    Args:
        database: Where letters are kept.
        notifier: Wakes it.
        now: The clock.
        courier: Delivers; None where there is no mail server.
        leases: Say which node delivers; None where there is one only.
    """

    def __init__(
        self,
        database: Database,
        notifier: Notifier,
        now: Now,
        courier: Courier | None,
        leases: Leases | None = None,
    ) -> None:
        self._database = database
        self._notifier = notifier
        self._now = now
        self._courier = courier
        self._turn = Turn(_JOB, leases)
        self._write = partial(self._turn.write, self._database)

    async def run(self) -> None:
        """Follow until cancelled, whenever it is this node's turn."""
        await self._turn.run(self._follow)

    async def _follow(self) -> None:
        async with self._notifier.listen(TOPIC) as event:
            while self._turn.is_ours:
                event.clear()
                try:
                    while await self.look():
                        pass
                except Fault:
                    logger.warning("Letters wait: the database does not answer")
                await heard(event, _HEAL_SECONDS)

    async def look(self) -> bool:
        """Deliver what is due; whether there may be more.

        Raises:
            Fault: The database failed, or another node delivers by now; the next look finds what
                was under way.
        """
        now = self._now()
        async with self._database.read() as tx:
            if not await store.waits(tx, now):
                return False
        async with self._write() as tx:
            behind = await store.leaving(tx)
            await self._keep(tx, ((one, _LEFT_BEHIND) for one in behind))
            over = await store.end_stale(tx, now)
            await store.forget(tx, now)
            taken = await store.take(tx, now, _LINES * _EACH) if self._courier else ()
        _tell({_LEFT_BEHIND.fate: len(behind)} if behind else {})
        if over:
            logger.info("Letters were of no use any more", extra={"letters": over})
        if self._courier is None or not taken:
            return False
        return await self._deliver(self._courier, taken) and len(taken) == _LINES * _EACH

    async def _deliver(self, courier: Courier, taken: tuple[Posted, ...]) -> bool:
        """Hand letters over on a few lines; whether the server took or refused all of them."""
        answers: dict[str, Answer] = {}
        try:
            async with asyncio.TaskGroup() as lines:
                for first in range(0, len(taken), _EACH):
                    lines.create_task(courier.deliver(taken[first : first + _EACH], answers))
        finally:  # also when asked to stop: what the server has said is on record first
            async with self._write() as tx:
                await self._keep(tx, ((one, answers.get(one.id)) for one in taken))
        _tell(Counter(answer.fate for answer in answers.values()))
        return all(answer.fate is not Fate.LATER for answer in answers.values())

    async def _keep(self, tx: Tx, told: Iterable[tuple[Posted, Answer | None]]) -> None:
        now = self._now()
        for posted, answer in told:
            then = after(posted, answer, now)
            await store.settle(tx, posted.id, then, now)
            if then.state is State.UNSURE:
                logger.error("A letter may not have arrived", extra={"letter": posted.id})


def _tell(fates: dict[Fate, int]) -> None:
    for fate, count in sorted(fates.items()):
        level = logging.INFO if fate is Fate.TAKEN else logging.WARNING
        logger.log(level, "Letters were handed over", extra={"fate": fate.value, "letters": count})
