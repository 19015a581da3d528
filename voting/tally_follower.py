"""Tells the rooms: the running tally, turnout and state of every contest.

Wakes when told, and after a second anyway; brings the counts up to date (`voting.fold_follower`);
publishes whole states, each room at its own rate and only when it has news. What nobody may see yet
is put into no public room at all (`voting.visibility`). Must run in the process that holds the hub.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from time import monotonic
from typing import Final

import msgspec

from expo.clock import Now
from expo.db import Database
from expo.errors import Fault
from expo.wire.hub import Hub
from expo.wire.notifier import Notifier, heard
from voting import visibility
from voting.contest_book import Contests
from voting.contests import Contest, Phase
from voting.fold_follower import Folds
from voting.methods.outcome import Outcome
from voting.methods.tally import Tally
from voting.protocol import ContestState, StandingRow, TallyState, Turnout
from voting.results import Result, outcome_of, thousandths
from voting.writer import ANY_CONTEST

logger = logging.getLogger(__name__)

PUBLIC_SECONDS: Final = 0.5
STAFF_SECONDS: Final = 0.25
IRV_SECONDS: Final = 5.0  # a running order by instant runoff needs every ballot (counting page 1.5)
_HEAL_SECONDS: Final = 1.0  # how stale a viewer may get when a notification is lost
_ALONE_SECONDS: Final = 0.2  # after a rate; how long to wait while no other node can be heard


class TallyFollower:
    """One per process; everything here belongs to the loop's thread.

    Args:
        database: Where the record is.
        notifier: Wakes it.
        hub: Has the rooms.
        now: The clock that frames carry.
    """

    def __init__(self, database: Database, notifier: Notifier, hub: Hub, now: Now) -> None:
        self.folds = Folds(database, now)
        self._commits = database.commits
        self._notifier = notifier
        self._hub = hub
        self._now = now
        self._said: dict[str, object] = {}
        self._free_at: dict[str, float] = {}
        self._is_late = False
        self._mark: int | None = None
        self._lock = asyncio.Lock()
        self.looked_at = monotonic()
        """When the last whole look ended; an old instant means that viewers see an old state."""
        self.look_seconds = 0.0
        """How long that look took, publishing included."""
        self.looks = 0
        """Whole looks since start."""

    # --- what is known, without waiting ---

    @property
    def contests(self) -> Contests:
        """Every contest as last seen."""
        return self.folds.contests

    @property
    def behind(self) -> int:
        """Lines that were in the logs and not yet in the count when the last look began."""
        return self.folds.behind

    def tally(self, contest_id: str) -> Tally | None:
        """The running count of a contest that can be voted in."""
        desk = self.folds.desks.get(contest_id)
        return desk.tally if desk else None

    def position(self, contest_id: str) -> int:
        """The last line of the contest's log that is in the count."""
        desk = self.folds.desks.get(contest_id)
        return desk.position if desk else 0

    def is_behind(self, contest_id: str) -> bool:
        """Whether the contest's log was longer than the count when last looked at, and it goes on."""
        desk = self.folds.desks.get(contest_id)
        return desk is not None and desk.position < desk.head and not desk.broken

    def result(self, contest_id: str) -> Result | None:
        """The frozen outcome, once it has been recounted."""
        desk = self.folds.desks.get(contest_id)
        return desk.result if desk else None

    def is_disputed(self, contest_id: str) -> bool:
        """Whether the recount differed, or the log cannot be read."""
        desk = self.folds.desks.get(contest_id)
        return desk is not None and (desk.broken or bool(desk.result and desk.result.disputed))

    def turnout(self, contest: Contest) -> Turnout:
        """How many ballots count, and nothing about what they say."""
        tally = self.tally(contest.id)
        groups = tally.groups() if tally else ()
        found = {group.id: group.n for group in groups}
        held: Counter[str] = Counter()
        for group in groups:
            held.update(group.held)
        by_electorate = {group.id: found.get(group.id, 0) for group in contest.electorates}
        position = self.position(contest.id)
        return Turnout(contest.id, position, sum(by_electorate.values()), by_electorate, dict(held))

    def standing(self, contest: Contest) -> TallyState:
        """The exact running order; for organisers."""
        desk = self.folds.desks.get(contest.id)
        if desk is None:
            return TallyState(contest.id, 0, 0, (), {})
        if desk.outcome is None or desk.outcome_at != desk.position:
            desk.outcome, desk.outcome_at = outcome_of(contest, desk.tally), desk.position
        return _standing(contest, desk.outcome, desk.position)

    def state(self, contest: Contest) -> ContestState:
        """Where the contest stands, with the places revealed so far and no others."""
        result = self.result(contest.id)
        return ContestState(
            contest=contest.id,
            version=contest.version,
            phase=contest.phase.value,
            server_at=self._now(),
            opened_at=contest.opened_at,
            closes_at=contest.closes_at,
            hard_close_at=contest.hard_close_at,
            cue_at=contest.cue_at,
            visibility=contest.rules.visibility,
            options=tuple(option.id for option in contest.options),
            max_ranked=contest.rules.max_ranked,
            total_places=visibility.total_places(contest, result),
            places=visibility.places(contest, result),
        )

    # --- following ---

    async def run(self) -> None:
        """Follow until cancelled."""
        async with asyncio.TaskGroup() as tasks, self._notifier.listen(ANY_CONTEST) as event:
            self.folds.claims.on_gain = event.set
            tasks.create_task(self.folds.claims.run())
            while True:
                event.clear()
                try:
                    await self.look()
                    if await self.folds.keep():
                        self._notifier.notify(ANY_CONTEST)
                except Fault:
                    logger.warning("The record could not be read; viewers keep the last state")
                await heard(event, self._patience(), least=STAFF_SECONDS)

    def _patience(self) -> float:
        """Seconds until the next look if nothing is heard."""
        if self._is_late:
            return STAFF_SECONDS
        return _HEAL_SECONDS if self._notifier.is_connected else _ALONE_SECONDS

    async def look(self) -> None:
        """Read what is new and publish what may be.

        Raises:
            Fault: The database cannot be read; what is known stays as it was.
        """
        async with self._lock:
            began, mark = monotonic(), self._commits.mark()
            if mark is None or mark != self._mark:
                await self.folds.read()
                self._mark = mark
            self._is_late = False
            for contest in self.contests.all():
                if contest.phase is not Phase.DRAFT:
                    self._publish(contest, monotonic())
            self.looked_at = monotonic()
            self.look_seconds = self.looked_at - began
            self.looks += 1

    # --- telling ---

    def _publish(self, contest: Contest, now: float) -> None:
        desk = self.folds.desks[contest.id]
        shown = (contest.version, visibility.total_places(contest, desk.result))
        self._offer(
            visibility.contest_room(contest.id),
            shown,
            lambda: self.state(contest),
            now,
            PUBLIC_SECONDS,
        )
        turnout = self.turnout(contest)
        self._offer(
            visibility.turnout_room(contest.id), turnout, lambda: turnout, now, PUBLIC_SECONDS
        )
        slow = IRV_SECONDS if contest.rules.method == "irv" else 0.0
        self._offer(
            visibility.staff_room(contest.id),
            desk.position,
            lambda: self.standing(contest),
            now,
            max(STAFF_SECONDS, slow),
        )
        self._publish_order(contest, desk.position, now, max(PUBLIC_SECONDS, slow))

    def _publish_order(self, contest: Contest, position: int, now: float, seconds: float) -> None:
        """The running order for the audience, or its end."""
        room = visibility.public_room(contest)
        if room is not None:
            self._offer(
                room,
                position,
                lambda: visibility.public_tally(self.standing(contest)),
                now,
                seconds,
            )
            return
        for closed in (visibility.live_room(contest.id), visibility.voted_room(contest.id)):
            if self._said.pop(closed, None) is not None:
                self._hub.forget(closed)

    def _offer(
        self,
        room: str,
        content: object,
        make: Callable[[], msgspec.Struct],
        now: float,
        seconds: float,
    ) -> None:
        """Publish to a room if its content is news and the room's rate allows; else come back."""
        if self._said.get(room) == content:
            return
        if now < self._free_at.get(room, 0.0):
            self._is_late = True
            return
        self._said[room] = content
        self._free_at[room] = now + seconds
        self._hub.publish(room, msgspec.json.encode(make()))


def _standing(contest: Contest, outcome: Outcome, position: int) -> TallyState:
    rows = []
    for option in outcome.order:
        record = outcome.facts.record(option)
        support = thousandths(record.support, record.support_of)
        rows.append(
            StandingRow(
                option, outcome.rank(option), support, record.wins, record.draws, record.losses
            )
        )
    electorates = outcome.combined.electorates
    return TallyState(
        contest=contest.id,
        position=position,
        ballots=sum(one.n for one in electorates),
        rows=tuple(rows),
        waiting={
            one.id: one.needed - one.n for one in electorates if one.weight and not one.counted
        },
    )
