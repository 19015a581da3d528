"""The batch writer of the record: many ballots, one durable commit, and only then the receipts.

While one transaction commits, the next ballots gather, so a batch is as large as the crowd is fast
and a lone ballot waits for nobody. What does not fit the queue is told to come back; what a broken
disk swallows is told the same, and never acknowledged.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from expo.db import Busy, Database, Tx
from expo.errors import Fault, Refusal
from expo.wire.notifier import Notifier
from voting import store
from voting.ballots import Ballot, tag_of
from voting.batches import Answer, Head, settle
from voting.eligibility import UnknownContest
from voting.protocol import Receipt

logger = logging.getLogger(__name__)

ANY_CONTEST: Final = "contests"
"""Topic that is notified beside each contest's own, for those who follow all of them."""

_MOST_WAITING: Final = (
    5_000  # casts; at 10,000 a second half a second, beyond that "busy" is kinder
)
_MOST_AT_ONCE: Final = (
    500  # casts in one transaction; ten times more gains little and delays receipts
)
_RETRY_MS: Final = 500  # first wait told to a voter who found the queue full; up to twice as long

Told = Receipt | Refusal | Fault
Deliver = Callable[[Told], None]


class _Waiting:
    """A ballot and who wants to know about it."""

    __slots__ = ("ballot", "deliver", "is_answered")

    def __init__(self, ballot: Ballot, deliver: Deliver) -> None:
        self.ballot = ballot
        self.deliver = deliver
        self.is_answered = False


class Writer:
    """One per node. Everything here belongs to the loop's thread.

    Args:
        database: Where the record is.
        notifier: Told after each commit which contests have new lines.
        most_waiting: Casts that may wait; one more is refused.
        most_at_once: Casts written in one transaction.
    """

    def __init__(
        self,
        database: Database,
        notifier: Notifier,
        *,
        most_waiting: int = _MOST_WAITING,
        most_at_once: int = _MOST_AT_ONCE,
    ) -> None:
        self._database = database
        self._notifier = notifier
        self._most_waiting = most_waiting
        self._most_at_once = most_at_once
        self._queue: deque[_Waiting] = deque()
        self._bell = asyncio.Event()
        self._taken = self._answered = 0
        self._drains: list[tuple[int, asyncio.Future[None]]] = []
        self._is_closed = False
        self.batches = 0
        """Transactions committed since start."""

    @property
    def waiting(self) -> int:
        """Casts that have no answer yet."""
        return self._taken - self._answered

    def put(self, ballot: Ballot, deliver: Deliver) -> None:
        """Queue an admitted ballot; ``deliver`` is called exactly once, later or at once."""
        if self._is_closed or len(self._queue) >= self._most_waiting:
            deliver(Busy(retry_after_ms=_spread(ballot.id)))
            return
        self._taken += 1
        self._queue.append(_Waiting(ballot, deliver))
        self._bell.set()

    async def drain(self) -> None:
        """Wait until everything that was queued before now has its answer."""
        if self._answered >= self._taken:
            return
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._drains.append((self._taken, answered))
        await answered

    async def close(self) -> None:
        """Take nothing more, and wait until what was taken has its answer."""
        self._is_closed = True
        await self.drain()

    async def run(self) -> None:
        """Write until cancelled; what is then unanswered is told to come back."""
        batch: list[_Waiting] = []
        try:
            while True:
                await self._bell.wait()
                batch = self._next()
                await self._write(batch)
                batch = []
        finally:
            self._is_closed = True
            for waiting in [*batch, *self._queue]:
                self._answer(waiting, Busy(retry_after_ms=_spread(waiting.ballot.id)))
            self._queue.clear()

    def _next(self) -> list[_Waiting]:
        count = min(len(self._queue), self._most_at_once)
        batch = [self._queue.popleft() for _ in range(count)]
        if not self._queue:
            self._bell.clear()
        return batch

    async def _write(self, batch: Sequence[_Waiting]) -> None:
        ballots = [waiting.ballot for waiting in batch]
        try:
            answers: Sequence[Told] = await self._record(ballots)
        except Fault as fault:
            logger.warning("Ballots could not be recorded", extra={"ballots": len(batch)})
            answers = [fault] * len(batch)
        except Exception:
            # One ballot the database will not have must not take its neighbours with it.
            logger.exception("A batch of ballots failed", extra={"ballots": len(batch)})
            if len(batch) > 1:
                for one in batch:
                    await self._write([one])
                return
            answers = [Busy()]
        for waiting, answer in zip(batch, answers, strict=True):
            self._answer(waiting, answer)

    async def _record(self, ballots: Sequence[Ballot]) -> list[Told]:
        by_contest: dict[str, list[int]] = {}
        for index, ballot in enumerate(ballots):
            by_contest.setdefault(ballot.contest, []).append(index)
        answers: dict[int, Told] = {index: UnknownContest() for index in range(len(ballots))}
        touched = []
        async with self._database.write() as tx:
            for head in await store.lock(tx, by_contest):
                places = by_contest[head.contest.id]
                found, grew = await _settle(tx, head, [ballots[place] for place in places])
                answers.update(zip(places, found, strict=True))
                if grew:
                    touched.append(head.contest.id)
        self.batches += 1
        for contest in touched:
            self._notifier.notify(f"contest.{contest}")
        if touched:
            self._notifier.notify(ANY_CONTEST)
        return [answers[index] for index in range(len(ballots))]

    def _answer(self, waiting: _Waiting, answer: Told) -> None:
        if waiting.is_answered:
            return
        waiting.is_answered = True
        self._answered += 1
        try:
            waiting.deliver(answer)
        except Exception:
            logger.exception("An answer could not be delivered")
        while self._drains and self._drains[0][0] <= self._answered:
            _, answered = self._drains.pop(0)
            if not answered.done():
                answered.set_result(None)


async def _settle(tx: Tx, head: Head, ballots: Sequence[Ballot]) -> tuple[tuple[Answer, ...], bool]:
    """Answers to one contest's ballots, and whether its log grew."""
    voters = {tag_of(head.secret, ballot.person) for ballot in ballots}
    known = await store.with_ids(tx, head.contest.id, {ballot.id for ballot in ballots})
    current = await store.current(tx, head.contest.id, voters)
    settled = settle(head, ballots, known, current)
    if settled.lines:
        await store.append(tx, head, settled.lines)
    return settled.answers, bool(settled.lines)


def _spread(ballot_id: str) -> int:
    """When to come back, spread out by ballot so that the crowd does not return as one."""
    return _RETRY_MS + int(ballot_id[:4], 16) * _RETRY_MS // 0x10000
