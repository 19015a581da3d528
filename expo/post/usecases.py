"""Sending a letter, and what organisers see of the post."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from expo.clock import Now
from expo.db import Database, Tx
from expo.mailboxes import mailbox
from expo.post import store
from expo.post.letters import Letter, Posted, State
from expo.record import store as staff_log
from expo.record.lines import Facts
from expo.record.store import Actor
from expo.wire.notifier import Notifier

logger = logging.getLogger(__name__)

TOPIC: Final = "post"
MOST_LISTED: Final = 300


class Post:
    """One per process.

    Args:
        database: Where letters are kept.
        notifier: Wakes whoever delivers.
        now: The clock.
        new_id: Makes ids that sort by time.
        is_delivered: Whether there is a mail server; without one letters wait for organisers to read.
    """

    def __init__(
        self,
        database: Database,
        notifier: Notifier,
        now: Now,
        new_id: Callable[[datetime], str],
        *,
        is_delivered: bool,
    ) -> None:
        self._database = database
        self._notifier = notifier
        self._now = now
        self._new_id = new_id
        self.is_delivered = is_delivered
        self.on_letter: Callable[[Letter], None] | None = None
        """Told of every letter as it is written; how a rehearsal without a mail server reads them out."""

    async def send(self, tx: Tx, letter: Letter, at: datetime | None = None) -> None:
        """Write a letter inside the caller's transaction; it leaves after the commit.

        Args:
            tx: Of the caller.
            letter: To one address.
            at: When it leaves, and its date; None: now.

        Raises:
            ValueError: A mistake of ours: it goes to no address, or to more than one.
        """
        await self.send_all(tx, (letter,), at)

    async def send_all(self, tx: Tx, letters: Sequence[Letter], at: datetime | None = None) -> None:
        """Write letters inside the caller's transaction, many in one statement; else as `send`.

        Raises:
            ValueError: As `send`; none was written.
        """
        if any(mailbox(letter.to) != letter.to for letter in letters):
            message = "a letter goes to one address, as expo.mailboxes writes it"
            raise ValueError(message)
        now = at or self._now()
        posted = [Posted(self._new_id(now), one, State.WAITING, now) for one in letters]
        await store.add(tx, posted)
        if letters and not self.is_delivered:
            facts = {"purpose": letters[0].purpose, "count": len(letters)}
            logger.warning("A letter waits in the outbox", extra=facts)
        if self.on_letter is not None:
            for letter in letters:
                self.on_letter(letter)

    def ring(self) -> None:
        """Say that letters were written; call it after the commit. Forgetting it costs a few seconds."""
        self._notifier.notify(TOPIC)

    async def listed(self) -> tuple[Posted, ...]:
        """The latest letters, newest first."""
        async with self._database.read() as tx:
            return await store.listed(tx, MOST_LISTED)

    async def read(self, actor: Actor, letter_id: str) -> Posted | None:
        """The letter with this id; without what it says where a mail server delivers it.

        Whoever reads what a letter to somebody else says is in the staff log: it may be a way in.
        """
        async with self._database.read() as tx:
            found = await store.one(tx, letter_id)
        if found is None or not found.letter.text:
            return found
        if self.is_delivered:
            return msgspec.structs.replace(
                found, letter=msgspec.structs.replace(found.letter, text="")
            )
        facts: Facts = {"purpose": found.letter.purpose}
        async with self._database.write() as tx:
            await staff_log.append(
                tx,
                at=self._now(),
                actor=actor,
                action="read-letter",
                subject=letter_id,
                facts=facts,
            )
        return found

    async def counts(self) -> dict[State, int]:
        """How many letters stand in each state."""
        async with self._database.read() as tx:
            return await store.counts(tx)
