"""The contest's clock: the announced close, the hard close, and the recount after it.

At the hard close the writer first answers what arrived in time; then the closing line is appended,
and nothing follows it. The log is then counted from its first line. If that differs from the
running count, the result is disputed: it is kept, the organisers are told, nothing is published.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Final

from expo.errors import Fault
from expo.wire.notifier import Notifier, heard
from voting import moves, store
from voting.contests import Contest, Phase
from voting.methods.rankings import UnreadableLine
from voting.methods.tally import Tally
from voting.results import Result, canonical, freeze
from voting.usecases import Voting
from voting.writer import ANY_CONTEST

logger = logging.getLogger(__name__)

_LONGEST_NAP: Final = 1.0  # seconds; a move nobody announced is noticed this late
_SHORTEST_NAP: Final = 0.01
_CHUNK: Final = 1_000  # lines recounted at once; the loop breathes in between
_TICK: Final = timedelta(milliseconds=1)


class ClosingFollower:
    """One per process, beside the writer.

    Args:
        voting: Has the contests, the writer, the running count and the clock.
    """

    def __init__(self, voting: Voting) -> None:
        self._voting = voting
        self._notifier: Notifier = voting.notifier
        self._database = voting.database

    async def run(self) -> None:
        """Follow the clock until cancelled."""
        async with self._notifier.listen(ANY_CONTEST) as event:
            while True:
                event.clear()
                try:
                    await self.look()
                except Fault:
                    logger.warning("A contest could not be closed yet; trying again")
                    await asyncio.sleep(_LONGEST_NAP)
                await heard(event, self._wait(self._voting.now()))

    async def look(self) -> None:
        """Do everything whose time has come.

        Raises:
            Fault: The database failed; the next look goes on from there.
        """
        for contest in self._voting.contests.all():
            now = self._voting.now()
            if contest.phase is Phase.OPEN and _is_over(contest.closes_at, now):
                await self._lapse(contest)
            elif contest.phase is Phase.CLOSING and _is_past(contest.hard_close_at, now):
                await self._close(contest)
            elif contest.phase is Phase.CLOSED and self._voting.frozen(contest.id) is None:
                await self._count(contest)

    def _wait(self, now: datetime) -> float:
        """Seconds until something is due, as far as is known."""
        due = []
        for contest in self._voting.contests.all():
            if contest.phase is Phase.OPEN and contest.closes_at is not None:
                due.append(contest.closes_at)
            if contest.phase is Phase.CLOSING and contest.hard_close_at is not None:
                due.append(contest.hard_close_at + _TICK)
            if contest.phase is Phase.CLOSED and self._voting.frozen(contest.id) is None:
                due.append(now)
        first = min(((at - now).total_seconds() for at in due), default=_LONGEST_NAP)
        return min(_LONGEST_NAP, max(_SHORTEST_NAP, first))

    async def _lapse(self, contest: Contest) -> None:
        async with self._database.write() as tx:
            moved = await moves.lapse(tx, contest.id, self._voting.now())
        await self._announce(contest.id)
        if moved:
            logger.info("A contest reached its announced close", extra={"contest": contest.id})

    async def _close(self, contest: Contest) -> None:
        await self._voting.drain()
        async with self._database.write() as tx:
            closed = await moves.hard_close(tx, contest.id, self._voting.now())
        await self._announce(contest.id)
        if closed is not None:
            await self._count(closed)

    async def _count(self, contest: Contest) -> None:
        """Recount, compare, freeze."""
        await self._voting.refresh([contest.id])
        running = self._voting.tally(contest.id)
        position, recount = await self._recount(contest)
        disputed = recount is None or running != recount
        if disputed:
            logger.critical(
                "The recount differs from the running count", extra={"contest": contest.id}
            )
        counted = recount or _nothing(contest)
        result = await asyncio.to_thread(
            freeze,
            contest,
            counted,
            position=position,
            at=self._voting.now(),
            disputed=disputed,
        )
        await self._keep(contest, result)

    async def _keep(self, contest: Contest, result: Result) -> None:
        async with self._database.write() as tx:
            if await store.verdict(tx, contest.id) is None:
                await store.freeze(tx, result, canonical(result).decode())
        logger.info("A contest was counted", extra={"contest": contest.id})
        await self._announce(contest.id)

    async def _recount(self, contest: Contest) -> tuple[int, Tally | None]:
        """The count of the log from its first line, and its last position; None when unreadable."""
        tally, position = _nothing(contest), 0
        async with self._database.read() as tx:
            while True:
                last, lines = await store.lines(tx, contest.id, position, _CHUNK)
                if last == position:
                    return position, tally
                try:
                    tally.apply_all(lines)
                except UnreadableLine:
                    logger.exception("A log cannot be counted", extra={"contest": contest.id})
                    return position, None
                position = last

    async def _announce(self, contest_id: str) -> None:
        await self._voting.refresh([contest_id])
        self._notifier.notify(f"contest.{contest_id}")
        self._notifier.notify(ANY_CONTEST)


def _nothing(contest: Contest) -> Tally:
    return Tally(
        [option.id for option in contest.options], [group.id for group in contest.electorates]
    )


def _is_over(at: datetime | None, now: datetime) -> bool:
    return at is not None and now >= at


def _is_past(at: datetime | None, now: datetime) -> bool:
    return at is not None and now >= at + _TICK
