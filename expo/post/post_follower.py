"""Delivers letters, and forgets what those say that are of no use any more.

Letters are taken in one short transaction and settled in another; between the two the mail server is
asked, and no transaction waits for it. Of several nodes each takes letters that no other has.
"""

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Protocol

from expo.clock import Now
from expo.db import Database
from expo.errors import Fault
from expo.post import store
from expo.post.letters import Posted, State, pause_after
from expo.post.mail import Answer, Fate
from expo.post.usecases import TOPIC
from expo.wire.notifier import Notifier, heard

logger = logging.getLogger(__name__)

_HEAL_SECONDS: Final = 5.0  # a letter nobody rang for, or whose pause is over, leaves this late
_AT_ONCE: Final = 20
_HIDDEN: Final = timedelta(minutes=10)  # longer than twenty letters to a server that drags its feet


class Courier(Protocol):
    """Hands letters over; `expo.post.mail.MailServer` is one."""

    async def deliver(self, letters: tuple[Posted, ...]) -> Sequence[Answer]:
        """An answer for each letter, in order."""
        ...


class PostFollower:
    """One per process.

    Args:
        database: Where letters are kept.
        notifier: Wakes it.
        now: The clock.
        courier: Delivers; None where there is no mail server.
    """

    def __init__(
        self, database: Database, notifier: Notifier, now: Now, courier: Courier | None
    ) -> None:
        self._database = database
        self._notifier = notifier
        self._now = now
        self._courier = courier

    async def run(self) -> None:
        """Follow until cancelled."""
        async with self._notifier.listen(TOPIC) as event:
            while True:
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
            Fault: The database failed; what was handed over may be handed over again.
        """
        now = self._now()
        async with self._database.read() as tx:
            if not await store.waits(tx, now):
                return False
        async with self._database.write() as tx:
            over = await store.end_stale(tx, now)
            taken = await store.take(tx, now, _AT_ONCE, _HIDDEN) if self._courier else ()
        if over:
            logger.info("Letters were of no use any more", extra={"letters": over})
        if self._courier is None or not taken:
            return False
        answers = await self._courier.deliver(taken)
        await self._settle(taken, answers)
        return len(taken) == _AT_ONCE

    async def _settle(self, taken: tuple[Posted, ...], answers: Sequence[Answer]) -> None:
        now = self._now()
        async with self._database.write() as tx:
            for posted, answer in zip(taken, answers, strict=True):
                if answer.fate is Fate.LATER:
                    until = now + pause_after(posted.attempts + 1)
                    await store.postpone(tx, posted.id, answer.said, until)
                else:
                    state = State.SENT if answer.fate is Fate.TAKEN else State.FAILED
                    await store.settle(tx, posted.id, state, answer.said, now)
        for fate in Fate:
            count = sum(answer.fate is fate for answer in answers)
            if count:
                logger.info(
                    "Letters were handed over", extra={"fate": fate.value, "letters": count}
                )
