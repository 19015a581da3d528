"""The writers of a node on PostgreSQL, side by side: their batches do not wait for one another.

Stations are dealt out among them. Contests with one station go through the first writer, as if there were no others. A voter's ballots
always go through the same one, so they keep their order.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

from voting.ballots import Ballot
from voting.contest_book import Contests
from voting.receipts import Promises
from voting.writer import Deliver, Writer

LANES: Final = 4
"""Writers of a node, each with a thread and a connection of its own, made at its first ballot. While
one waits for the disk or for another node the others go on; more would only share one interpreter."""


class Lanes:
    """What `Writer` is to those who use one. Everything here belongs to the loop's thread.

    Args:
        writers: At least one; from now on all of them count into the histograms of the first.
        contests: Say who belongs to which station.
    """

    def __init__(self, writers: Sequence[Writer], contests: Contests) -> None:
        self._writers = tuple(writers)
        self._contests = contests
        self.answer_seconds = writers[0].answer_seconds
        """How long recorded ballots waited for their answer."""
        self.batch_sizes = writers[0].batch_sizes
        """How many ballots the committed transactions held."""
        for one in self._writers:
            one.answer_seconds, one.batch_sizes = self.answer_seconds, self.batch_sizes

    @property
    def writers(self) -> tuple[Writer, ...]:
        """All of them; the first has the contests with one station."""
        return self._writers

    @property
    def promises(self) -> Promises | None:
        """Signs the receipts of all of them."""
        return self._writers[0].promises

    @promises.setter
    def promises(self, promises: Promises | None) -> None:
        for one in self._writers:
            one.promises = promises

    @property
    def waiting(self) -> int:
        """Casts that have no answer yet."""
        return sum(one.waiting for one in self._writers)

    @property
    def is_closed(self) -> bool:
        """Whether one of them takes nothing more."""
        return any(one.is_closed for one in self._writers)

    @property
    def oldest_seconds(self) -> float:
        """How long the first of a queue has waited for its turn, where that is longest."""
        return max(one.oldest_seconds for one in self._writers)

    @property
    def most_waiting(self) -> int:
        """Casts one queue takes; one more for it is told to come back."""
        return self._writers[0].most_waiting

    @property
    def batches(self) -> int:
        """Transactions committed since start."""
        return sum(one.batches for one in self._writers)

    @property
    def recorded(self) -> int:
        """Ballots answered by a committed transaction since start."""
        return sum(one.recorded for one in self._writers)

    @property
    def seconds(self) -> float:
        """Seconds the threads have spent in those transactions."""
        return sum(one.seconds for one in self._writers)

    @property
    def busy(self) -> int:
        """Ballots told to come back since start: a queue was full or the database failed."""
        return sum(one.busy for one in self._writers)

    def put(self, ballot: Ballot, deliver: Deliver) -> None:
        """Queue an admitted ballot; ``deliver`` is called exactly once, later or at once."""
        station = self._contests.station(ballot.contest, ballot.person)
        self._writers[station % len(self._writers)].put(ballot, deliver)

    async def drain(self) -> None:
        """Wait until everything that was queued before now has its answer."""
        await asyncio.gather(*[one.drain() for one in self._writers])

    async def close(self) -> None:
        """Take nothing more, and wait until what was taken has its answer."""
        await asyncio.gather(*[one.close() for one in self._writers])

    async def run(self) -> None:
        """Write until cancelled; what is then unanswered is told to come back."""
        async with asyncio.TaskGroup() as tasks:
            for one in self._writers:
                tasks.create_task(one.run())
