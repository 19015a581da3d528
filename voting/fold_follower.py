"""Brings the running counts up to date: from the newest snapshot, and line by line from there.

Of several nodes one folds a contest's log and keeps snapshots of it; the others, and the next start,
go on from the newest. Two that fold at once do no harm: figures at a position are the same
whoever counted, a snapshot is only replaced by a later one, and a position never goes back here.
"""

import logging
from time import monotonic
from typing import Final

from expo.clock import Now
from expo.db import Database, Tx
from expo.leases import Claims
from voting import store
from voting.contest_book import Contests, Stand
from voting.contests import Contest, Phase
from voting.methods.outcome import Outcome
from voting.methods.rankings import UnreadableLine
from voting.methods.tally import Line, Tally
from voting.results import Result
from voting.snapshots import store as snapshots
from voting.snapshots.stored import Stored, Unusable, stored, tally_in
from voting.stations import following, length

logger = logging.getLogger(__name__)

_CHUNK: Final = 1_000  # lines read at once; the loop breathes in between
_KEEP_SECONDS: Final = 0.25  # between two snapshots of a contest that other nodes wait for
_KEEP_ALONE_SECONDS: Final = 5.0  # and where only the next start does: that much is folded again
_STUCK_SECONDS: Final = 2.0  # without news of a log that grew: who folds it is paused or cut off
_UNSTUCK_SECONDS: Final = 10.0  # every node folds such a log for itself, for so long at least


class Log:
    """What is known of one log of a contest: the only one, or one station's.

    ``head`` is its last position when it was last looked at, ``position`` the last one in the count,
    ``kept`` that of the newest snapshot known.
    """

    __slots__ = ("head", "kept", "odd", "position", "station", "tally")

    def __init__(self, contest: Contest, station: int) -> None:
        self.station = station
        self.tally = nothing(contest)
        self.position = self.head = self.kept = 0
        self.odd: Stored | None = None  # a snapshot nobody can go on from


class Desk:
    """What is known of one contest.

    Its ``position`` and ``head`` are how many lines of its logs are in the count, and how many there
    were when they were last looked at: with one log the positions themselves.
    """

    __slots__ = (
        "_sum", "_sum_of", "broken", "contest", "grown_at", "keep_at", "logs", "outcome",
        "outcome_at", "own_until", "result",
    )  # fmt: skip

    def __init__(self, contest: Contest) -> None:
        self.contest = contest  # its options and electorates do not change any more
        self.logs = [Log(contest, station) for station in range(contest.stations)]
        self.result: Result | None = None
        self.broken = False
        self.outcome: Outcome | None = None
        self.outcome_at = 0
        self.grown_at = monotonic()
        self.own_until = self.keep_at = 0.0
        self._sum: Tally | None = None
        self._sum_of: list[tuple[int, int]] = []

    @property
    def tally(self) -> Tally:
        """The running count, of all logs together."""
        if len(self.logs) == 1:
            return self.logs[0].tally
        parts = [(id(log.tally), log.position) for log in self.logs]
        if self._sum is None or self._sum_of != parts:
            self._sum, self._sum_of = nothing(self.contest), parts
            for log in self.logs:
                self._sum.take_in(log.tally)
        return self._sum

    @property
    def position(self) -> int:
        """Lines in the count."""
        return sum(length(log.position, len(self.logs)) for log in self.logs)

    @property
    def head(self) -> int:
        """Lines there were at the last look."""
        return sum(length(log.head, len(self.logs)) for log in self.logs)

    def begin_with(self, log: Log, tally: Tally, position: int) -> None:
        """Go on from this count of a log."""
        log.tally, log.position, self.grown_at = tally, position, monotonic()


class Folds:
    """The counts of one process; everything here belongs to the loop's thread.

    Args:
        database: Where the logs and the snapshots are.
        now: The clock, for the hour on a snapshot.
    """

    def __init__(self, database: Database, now: Now) -> None:
        self.contests = Contests()
        self.desks: dict[str, Desk] = {}
        self.claims = Claims(database.dsn)
        self.behind = 0
        """Lines that were in the logs and not yet in the count at the last look."""
        self.folded = 0
        """Lines this node has folded since start."""
        self.adopted = 0
        """Snapshots of other nodes, or of an earlier start, gone on from since start."""
        self.kept = 0
        """Snapshots this node has kept since start."""
        self._database = database
        self._now = now

    async def read(self) -> None:
        """Look at what is new.

        Raises:
            Fault: The database cannot be read; what is known stays as it was.
        """
        async with self._database.read() as tx:
            stands = await store.stands(tx)
            stale = [one.contest for one in stands if self._is_stale(one)]
            for contest in await store.contests(tx, stale) if stale else ():
                if contest.stations > 1:
                    secret = await store.secret(tx, contest.id)
                    self.contests.tell_secret(contest.id, secret or b"")
                self.contests.put(contest)
                if contest.phase is not Phase.DRAFT:
                    self.desks.setdefault(contest.id, Desk(contest))
            known = [(self.desks[one.contest], one) for one in stands if one.contest in self.desks]
            for desk, stand in known:
                for log, head in zip(desk.logs, stand.heads, strict=True):
                    log.head = head
            self.claims.want(
                [name for name, desk in self.desks.items() if not needs_ballots(desk.contest)]
            )
            self.behind = sum(desk.head - desk.position for desk, _ in known)
            await self._adopt(tx)
            for desk, stand in known:
                await self._go_on(tx, desk, stand)

    async def keep(self) -> bool:
        """Keep snapshots of what this node has folded, each contest at its rate.

        Returns:
            Whether other nodes have something new to look at.

        Raises:
            Fault: The database cannot be written; the next time more will be kept.
        """
        now, kept = monotonic(), 0
        every = _KEEP_SECONDS if self.claims.is_shared else _KEEP_ALONE_SECONDS
        for contest_id, desk in tuple(self.desks.items()):
            news = [log for log in desk.logs if log.position > log.kept and not desk.broken]
            if news and now >= desk.keep_at and not needs_ballots(desk.contest):
                desk.keep_at = now + every
                for log in news:
                    snapshot = stored(contest_id, log.position, log.tally, log.station)
                    kept += await self._keep(log, snapshot)
        return kept > 0 and self.claims.is_shared

    # --- inside ---

    async def _adopt(self, tx: Tx) -> None:
        """Go on from snapshots that are further than this node is."""
        behind = {
            (contest_id, log.station): log.position
            for contest_id, desk in self.desks.items()
            if not desk.broken and not needs_ballots(desk.contest)
            for log in desk.logs
            if log.position < log.head
            # alone, nobody else can have got further since the start
            and (self.claims.is_shared or not log.position)
        }
        for (contest_id, station), found in (await snapshots.newer(tx, behind)).items():
            desk = self.desks[contest_id]
            log = desk.logs[station]
            options = [option.id for option in desk.contest.options]
            electorates = [group.id for group in desk.contest.electorates]
            try:
                tally = tally_in(found, options, electorates, log.head)
            except Unusable as why:
                logger.warning("A snapshot is not used: %s", why, extra={"contest": contest_id})
                log.odd = found
                continue
            desk.begin_with(log, tally, found.position)
            log.kept = found.position
            self.adopted += 1

    async def _go_on(self, tx: Tx, desk: Desk, stand: Stand) -> None:
        now = monotonic()
        if desk.position >= desk.head:
            desk.grown_at = now
        elif now - desk.grown_at > _STUCK_SECONDS:
            desk.own_until = now + _UNSTUCK_SECONDS
        if self._is_ours(stand.contest, desk, now):
            for log in desk.logs:
                await self._fold(tx, desk, log)
        if desk.result is not None and desk.result.position < desk.head:
            desk.result = None  # something was decided about held ballots after it was counted
        if stand.is_frozen and desk.result is None:
            desk.result = await store.result(tx, stand.contest)

    def _is_ours(self, contest_id: str, desk: Desk, now: float) -> bool:
        """Whether this node folds this log itself."""
        mine = self.claims.is_mine(contest_id) or now < desk.own_until
        return mine or needs_ballots(desk.contest)

    def _is_stale(self, stand: Stand) -> bool:
        known = self.contests.get(stand.contest)
        return known is None or known.version < stand.version

    async def _fold(self, tx: Tx, desk: Desk, log: Log) -> None:
        while log.position < log.head and not desk.broken:
            try:
                position = await self._fold_some(tx, desk.contest, log, log.tally, log.position)
            except UnreadableLine:
                await self._start_over(tx, desk, log)
                return
            desk.begin_with(log, log.tally, position)

    async def _start_over(self, tx: Tx, desk: Desk, log: Log) -> None:
        """Fold the log from its first line, since it does not go on from what was known."""
        contest = desk.contest
        logger.warning("A log is folded from its first line", extra={"contest": contest.id})
        log.odd, log.kept = await snapshots.find(tx, contest.id, log.station), 0
        tally, position = nothing(contest), 0
        while position < log.head and not desk.broken:
            try:
                position = await self._fold_some(tx, contest, log, tally, position)
            except UnreadableLine:
                logger.critical(
                    "A log does not fit its contest",
                    extra={"contest": contest.id},
                    exc_info=True,
                )
                desk.broken, position = True, log.head
        desk.begin_with(log, tally, position)

    async def _fold_some(self, tx: Tx, contest: Contest, log: Log, tally: Tally, after: int) -> int:
        """Fold the next lines of a log; the last position read.

        Raises:
            UnreadableLine: They do not go on from this count.
        """
        position, lines = await _next(tx, contest, log, after)
        if missing := tally.missing(lines):
            tally.recall(await store.lines_at(tx, contest.id, missing))
        tally.apply_all(lines)
        self.folded += length(position, contest.stations) - length(after, contest.stations)
        return position

    async def _keep(self, log: Log, snapshot: Stored) -> bool:
        async with self._database.write() as tx:
            if log.odd is not None:
                await snapshots.discard(tx, log.odd)
            kept = await snapshots.keep(tx, snapshot, self._now())
        log.odd, log.kept = None, snapshot.position
        self.kept += kept
        return kept


async def _next(tx: Tx, contest: Contest, log: Log, after: int) -> tuple[int, tuple[Line, ...]]:
    """The last position read after another one, and the ballots up to it."""
    if contest.stations == 1:
        return await store.lines(tx, contest.id, after, _CHUNK)
    # Between two lines of a station stand those of the others.
    places = following(log.station, after, log.head, contest.stations)[:_CHUNK]
    return places[-1], await store.lines_of(tx, contest.id, places)


def needs_ballots(contest: Contest) -> bool:
    """Whether its order needs every ballot, not figures alone: every node then folds for itself."""
    return contest.rules.method == "irv"


def nothing(contest: Contest, *, ballots: bool = False) -> Tally:
    """The count of an empty log; with ``ballots`` it keeps them, as it does where the method needs them."""
    options = [option.id for option in contest.options]
    electorates = [group.id for group in contest.electorates]
    return Tally(options, electorates, ballots=ballots or needs_ballots(contest))
