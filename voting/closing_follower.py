"""The contest's clock: the announced close, the hard close, and the recount after it.

At the hard close the writer first answers what arrived in time; then the closing line is appended,
and no ballot follows it. The public ledger is sealed up to there, which draws the lot. The whole log is then counted by another way (`voting.recount_store`) than the
running count went, and again after every decision about held ballots, which can be made until the
result is reviewed. If a recount differs from the running count, the result is disputed: it is kept, the
organisers are told, nothing is published.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from expo.errors import Fault
from expo.leases import Leases, Turn
from expo.wire.notifier import Notifier, heard
from voting import moves, recount_store, store
from voting.contests import Contest, Phase
from voting.fold_follower import nothing
from voting.methods import lot
from voting.methods.rankings import UnreadableLine
from voting.methods.tally import Tally, as_if_counted
from voting.results import Result, canonical, freeze
from voting.sealing.usecases import Ledgers
from voting.usecases import Voting
from voting.writer import ANY_CONTEST

logger = logging.getLogger(__name__)

_LONGEST_NAP: Final = 1.0  # seconds; a move nobody announced is noticed this late
_SHORTEST_NAP: Final = 0.01
_TICK: Final = timedelta(milliseconds=1)
_OTHERS_DRAIN: Final = timedelta(milliseconds=500)
_COUNT_NAP: Final = timedelta(milliseconds=200)  # between two looks for another node's count
_JOB: Final = "closing"


class ClosingFollower:
    """One per process, beside the writer; of several nodes one closes, the others stand by.

    Args:
        voting: Has the contests, the writer, the running count and the clock.
        leases: Say which node closes; None where there is one only.
        ledgers: Seal the close before the count, which draws the lot from it; None: no lot is drawn.
    """

    def __init__(
        self, voting: Voting, leases: Leases | None = None, ledgers: Ledgers | None = None
    ) -> None:
        self._voting = voting
        self._ledgers = ledgers
        self._notifier: Notifier = voting.notifier
        self._database = voting.database
        self._turn = Turn(_JOB, leases)
        self._write = partial(self._turn.write, self._database)
        # Ballots that arrived in time wait in the writers of other nodes too, and those are not ours
        # to drain: they have this long to put them on record. What comes later is refused by its hour.
        self._margin = _TICK if voting.database.is_sqlite else _OTHERS_DRAIN

    async def run(self) -> None:
        """Follow the clock until cancelled, whenever it is this node's turn."""
        await self._turn.run(self._follow)

    async def _follow(self) -> None:
        """Follow the clock, as long as it is this node's turn."""
        async with self._notifier.listen(ANY_CONTEST) as event:
            while self._turn.is_ours:
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
            Fault: The database failed, or another node closes by now; the next look goes on from
                there.
        """
        for contest in self._voting.contests.all():
            now = self._voting.now()
            if contest.phase is Phase.OPEN and _is_over(contest.closes_at, now):
                await self._lapse(contest)
            elif contest.phase is Phase.CLOSING and self._is_past(contest.hard_close_at, now):
                await self._close(contest)
            elif contest.phase is Phase.CLOSED and self._voting.frozen(contest.id) is None:
                await self._count(contest)

    def _is_past(self, at: datetime | None, now: datetime) -> bool:
        return at is not None and now >= at + self._margin

    def _wait(self, now: datetime) -> float:
        """Seconds until something is due, as far as is known."""
        due = []
        for contest in self._voting.contests.all():
            if contest.phase is Phase.OPEN and contest.closes_at is not None:
                due.append(contest.closes_at)
            if contest.phase is Phase.CLOSING and contest.hard_close_at is not None:
                due.append(contest.hard_close_at + self._margin)
            if contest.phase is Phase.CLOSED and self._voting.frozen(contest.id) is None:
                behind = self._voting.follower.is_behind(contest.id)
                due.append(now + _COUNT_NAP if behind else now)
        first = min(((at - now).total_seconds() for at in due), default=_LONGEST_NAP)
        return min(_LONGEST_NAP, max(_SHORTEST_NAP, first))

    async def _lapse(self, contest: Contest) -> None:
        async with self._write() as tx:
            moved = await moves.lapse(tx, contest.id, self._voting.now(), self._voting.grace)
        await self._announce(contest.id)
        if moved:
            logger.info("A contest reached its announced close", extra={"contest": contest.id})

    async def _close(self, contest: Contest) -> None:
        await self._voting.drain()
        async with self._write() as tx:
            closed = await moves.hard_close(tx, contest.id, self._voting.now())
        await self._announce(contest.id)
        if closed is not None:
            await self._count(closed)

    async def _count(self, contest: Contest) -> None:
        """Recount, compare, freeze; later, while the running count of another node is on its way."""
        await self._voting.refresh([contest.id])
        if self._voting.follower.is_behind(contest.id):
            return
        drawn = await self._lot(contest)
        running = self._voting.tally(contest.id)
        position, recount = await self._recount(contest)
        disputed = recount is None or running != recount
        if disputed:
            logger.critical(
                "The recount differs from the running count", extra={"contest": contest.id}
            )
        counted = recount or nothing(contest, ballots=True)
        held = any(group.quarantined for group in counted.groups())
        _, informed = await self._recount(contest, held=True) if held else (position, None)
        result = await asyncio.to_thread(
            freeze,
            contest,
            counted,
            position=position,
            at=self._voting.now(),
            disputed=disputed,
            informed=informed,
            lot=drawn,
        )
        await self._keep(contest, result)

    async def _lot(self, contest: Contest) -> tuple[str, ...]:
        """The drawn order of the options, with everything sealed; empty where there is no ledger."""
        closing = None
        if self._ledgers is not None:
            closing = await self._ledgers.finish(contest.id, self._write)
        if closing is None:
            return ()
        options = [option.id for option in contest.options]
        return lot.final(options, seed=closing.seed, root=closing.root)

    async def _keep(self, contest: Contest, result: Result) -> None:
        async with self._write() as tx:
            await store.freeze(tx, result, canonical(result).decode())
        logger.info("A contest was counted", extra={"contest": contest.id})
        await self._announce(contest.id)

    async def _recount(self, contest: Contest, *, held: bool = False) -> tuple[int, Tally | None]:
        """The count of the whole log, and its last position; None when unreadable.

        With ``held`` the ballots under review are in it too, for information.
        """
        tally = nothing(contest, ballots=True)
        async with self._database.read() as tx:
            position = await recount_store.length(tx, contest.id)
            try:
                async for pile in recount_store.piles(tx, contest.id, position):
                    tally.add(as_if_counted(pile) if held else pile)
            except UnreadableLine:
                logger.exception("A log cannot be counted", extra={"contest": contest.id})
                return position, None
        return position, tally

    async def _announce(self, contest_id: str) -> None:
        await self._voting.refresh([contest_id])
        self._notifier.notify(f"contest.{contest_id}")
        self._notifier.notify(ANY_CONTEST)


def _is_over(at: datetime | None, now: datetime) -> bool:
    return at is not None and now >= at
