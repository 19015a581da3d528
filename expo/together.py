"""Whoever asks while one batch is at work goes with the next: few transactions for a great crowd.

A QR code on a big screen brings a thousand people in a few seconds, and a restart brings all of them
back at once. One transaction each would be a thousand syncs of the disk or a thousand waits for a
connection; together they are a handful. An edge of its own beside the database.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from expo.db import Busy

Q = TypeVar("Q")
A = TypeVar("A")

MOST_AT_ONCE: Final = 500  # questions in one transaction; keeps the write lock below about 50 ms
MOST_WAITING: Final = 5_000  # beyond it a newcomer is told to come back in a second

Work = Callable[[tuple[Q, ...]], Awaitable[tuple[A | Exception, ...]]]
"""Answers a batch, one answer or exception for each, in order; raises what all of them must be told."""


class Together(Generic[Q, A]):
    """Gathers questions into batches. Everything here belongs to the loop's thread.

    Args:
        work: Answers one batch, usually in one transaction.
        most_at_once: Questions in one batch.
        most_waiting: Questions that may wait for a batch.
        order: Key of a question. Work that locks rows needs them in one order on every node, or two
            batches could each hold what the other waits for.
    """

    def __init__(
        self,
        work: Work[Q, A],
        *,
        most_at_once: int = MOST_AT_ONCE,
        most_waiting: int = MOST_WAITING,
        order: Callable[[Q], str] | None = None,
    ) -> None:
        self._work = work
        self._most_at_once = most_at_once
        self._most_waiting = most_waiting
        self._order = order
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._working: asyncio.Task[None] | None = None

    async def ask(self, question: Q) -> A:
        """The answer, once the batch it is in has been answered.

        Raises:
            Busy: Too many wait already, or the work was cut off.
            Exception: What the work says about this question or about the whole batch.
        """
        if len(self._waiting) >= self._most_waiting:
            raise Busy
        answer: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._waiting.append((question, answer))
        if self._working is None or self._working.done():
            # A task of its own: whoever leaves must not take the others' answers along.
            self._working = asyncio.create_task(self._answer_all())
        return await answer

    async def _answer_all(self) -> None:
        while self._waiting:
            batch = self._waiting[: self._most_at_once]
            del self._waiting[: self._most_at_once]
            if (order := self._order) is not None:
                batch.sort(key=lambda one: order(one[0]))
            try:
                told = await self._work(tuple(question for question, _ in batch))
            except asyncio.CancelledError:
                _tell(batch, (Busy(),) * len(batch))
                raise
            except Exception as error:  # noqa: BLE001 - each of them gets it and says so
                told = (error,) * len(batch)
            _tell(batch, told)


def _tell(batch: list[tuple[Q, asyncio.Future[A]]], told: tuple[A | Exception, ...]) -> None:
    for (_, answer), said in zip(batch, told, strict=True):
        if answer.done():  # left in the meantime
            continue
        if isinstance(said, Exception):
            answer.set_exception(said)
        else:
            answer.set_result(said)
