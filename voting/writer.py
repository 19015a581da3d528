"""The batch writer of the record: many ballots, one durable commit, and only then the receipts.

While one transaction commits in the writer's own thread, the next ballots gather on the loop, so a
batch is as large as the crowd is fast and a lone ballot waits for nobody. What does not fit the
queue is told to come back; what a broken disk swallows is told the same, and never acknowledged.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from typing import Final

from expo.db import Busy, Database
from expo.errors import Fault, Refusal
from expo.load.histogram import SECONDS, SIZES, Histogram
from expo.wire.notifier import Notifier
from voting.ballot_record import BallotRecord, Recorded
from voting.ballots import Ballot
from voting.batches import Answer, Kept
from voting.protocol import Receipt
from voting.receipts import Promises, receipt_of

logger = logging.getLogger(__name__)

ANY_CONTEST: Final = "contests"
"""Topic that is notified beside each contest's own, for those who follow all of them."""

_MOST_WAITING: Final = (
    5_000  # casts; at 10,000 a second half a second, beyond that "busy" is kinder
)
_MOST_AT_ONCE: Final = 500
"""Casts in one transaction. Measured with 2,000 voters on one core: 500, 1,000 and 2,000 all came to
about 14,000 a second, with p99 at 200, 199 and 247 ms; the smallest lets organisers in soonest."""
_RETRY_MS: Final = 500  # first wait told to a voter who found the queue full; up to twice as long

Told = Receipt | Refusal | Fault
Deliver = Callable[[Told], None]


class _Waiting:
    """A ballot and who wants to know about it."""

    __slots__ = ("ballot", "deliver", "is_answered", "since")

    def __init__(self, ballot: Ballot, deliver: Deliver, since: float) -> None:
        self.ballot = ballot
        self.deliver = deliver
        self.since = since
        self.is_answered = False


class Writer:
    """One per node. Everything here belongs to the loop's thread.

    Args:
        database: Where the record is.
        notifier: Told after each commit which contests have new lines.
        record: Where ballots are put; of the same database.
        most_waiting: Casts that may wait; one more is refused.
        most_at_once: Casts written in one transaction.
    """

    def __init__(
        self,
        database: Database,
        notifier: Notifier,
        record: BallotRecord,
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
        self._since = 0.0
        self._record = record
        self.promises: Promises | None = None
        """Signs receipts; without it they are given unsigned."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")
        self.batches = 0
        """Transactions committed since start."""
        self.recorded = 0
        """Ballots answered by a committed transaction since start."""
        self.seconds = 0.0
        """Seconds the thread has spent in those transactions."""
        self.busy = 0
        """Ballots told to come back since start: the queue was full or the database failed."""
        self.answer_seconds = Histogram(SECONDS)
        """How long recorded ballots waited for their answer. The clock is read once a batch, not
        once a ballot: all that came while one batch was written count from its beginning."""
        self.batch_sizes = Histogram(SIZES)
        """How many ballots the committed transactions held."""

    @property
    def waiting(self) -> int:
        """Casts that have no answer yet."""
        return self._taken - self._answered

    @property
    def is_closed(self) -> bool:
        """Whether it takes nothing more."""
        return self._is_closed

    @property
    def oldest_seconds(self) -> float:
        """How long the first of the queue has waited for its turn."""
        return perf_counter() - self._queue[0].since if self._queue else 0.0

    @property
    def most_waiting(self) -> int:
        """Casts the queue takes; one more is told to come back."""
        return self._most_waiting

    def put(self, ballot: Ballot, deliver: Deliver) -> None:
        """Queue an admitted ballot; ``deliver`` is called exactly once, later or at once."""
        if self._is_closed or len(self._queue) >= self._most_waiting:
            self.busy += 1
            deliver(Busy(retry_after_ms=_spread(ballot.id)))
            return
        if self._taken == self._answered:  # nothing waits and nothing is being written
            self._since = perf_counter()
        self._taken += 1
        self._queue.append(_Waiting(ballot, deliver, self._since))
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
        try:
            while True:
                await self._bell.wait()
                await self._write_next()
        finally:
            self._is_closed = True
            while self._queue:
                self._answer_busy(self._queue.popleft())
            await asyncio.to_thread(self._thread.shutdown)
            self._record.close()

    async def _write_next(self) -> None:
        """Write what waits, as soon as it is our turn; the batch gathers until then."""
        batch: list[_Waiting] = []
        try:
            async with self._database.turn():
                batch = self._next()
                await self._write(batch)
        except Fault:
            if not batch:
                batch = self._next()
            logger.warning("Ballots could not be recorded", extra={"ballots": len(batch)})
        finally:
            for waiting in batch:  # those that have no answer yet
                self._answer_busy(waiting)

    def _next(self) -> list[_Waiting]:
        count = min(len(self._queue), self._most_at_once)
        batch = [self._queue.popleft() for _ in range(count)]
        self._since = perf_counter()
        if not self._queue:
            self._bell.clear()
        return batch

    async def _write(self, batch: Sequence[_Waiting]) -> None:
        """Put a batch on record and answer it.

        Raises:
            Fault: It is not on record as far as is known; nobody was answered.
        """
        try:
            recorded, told, seconds = await self._in_thread([waiting.ballot for waiting in batch])
        except Fault:
            raise
        except Exception:
            # One ballot the database will not have must not take its neighbours with it.
            logger.exception("A batch of ballots failed", extra={"ballots": len(batch)})
            if len(batch) > 1:
                for one in batch:
                    await self._write([one])
            else:
                self._answer_busy(batch[0])
            return
        self.batches += 1
        self.recorded += len(batch)
        self.seconds += seconds
        self.batch_sizes.add(len(batch))
        self._answer_all(batch, told)
        answered_at = perf_counter()
        for since, ballots in Counter(waiting.since for waiting in batch).items():
            self.answer_seconds.add(answered_at - since, ballots)
        for contest in recorded.grew:
            self._notifier.notify(f"contest.{contest}")
        if recorded.grew:
            self._notifier.notify(ANY_CONTEST)

    async def _in_thread(self, ballots: Sequence[Ballot]) -> tuple[Recorded, list[Told], float]:
        """What the record says, what the voters are told, and how long it took.

        A transaction that is under way cannot be given up: who is cancelled meanwhile waits for it,
        so that our turn to write does not end before it.
        """
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._timed, ballots)
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            await asyncio.wait([work])
            work.exception()  # nobody else will ask
            raise

    def _timed(self, ballots: Sequence[Ballot]) -> tuple[Recorded, list[Told], float]:
        began = perf_counter()
        recorded = self._record.record(ballots)
        told = self._promised(recorded.answers)
        return recorded, told, perf_counter() - began

    def _promised(self, answers: Sequence[Answer]) -> list[Told]:
        """The answers with a receipt for each ballot on record; made here, away from the loop."""
        lines = [answer for answer in answers if isinstance(answer, Kept)]
        receipts = iter(self._receipts(lines))
        return [next(receipts) if isinstance(answer, Kept) else answer for answer in answers]

    def _receipts(self, lines: Sequence[Kept]) -> list[Receipt]:
        """What is on record is acknowledged, be there a key to sign with or not."""
        if self.promises is not None:
            try:
                return self.promises.receipts(lines)
            except Fault:
                logger.exception("Receipts are given unsigned", extra={"ballots": len(lines)})
        return [receipt_of(line) for line in lines]

    def _answer_all(self, batch: Sequence[_Waiting], told: Sequence[Told]) -> None:
        for waiting, answer in zip(batch, told, strict=True):
            self._answer(waiting, answer)

    def _answer_busy(self, waiting: _Waiting) -> None:
        if not waiting.is_answered:
            self.busy += 1
            self._answer(waiting, Busy(retry_after_ms=_spread(waiting.ballot.id)))

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


def _spread(ballot_id: str) -> int:
    """When to come back, spread out by ballot so that the crowd does not return as one."""
    return _RETRY_MS + int(ballot_id[-4:], 16) * _RETRY_MS // 0x10000
