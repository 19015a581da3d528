"""The voice of the audience: casting, and everything pages and sockets ask about contests."""

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime

import msgspec

from expo.budgets import Budget
from expo.clock import Now
from expo.db import Database, Tx
from expo.errors import Fault, Refusal
from expo.identity.people import Person, Visit
from expo.together import Together
from expo.wire.hub import Hub
from expo.wire.notifier import Notifier
from voting import eligibility, store, visibility
from voting.ballots import Ballot, admit, tag_of, whole_ms
from voting.batches import Kept, opened
from voting.contest_book import Contests
from voting.contests import Contest, Phase
from voting.eligibility import ContestNotOpen, UnknownContest
from voting.holds import NOWHERE, Origin
from voting.lanes.writer import LANES, Lanes
from voting.methods.tally import Tally
from voting.postgres_store import PostgresRecord
from voting.protocol import Cast, ContestState, Mine, Receipt, TallyState, Turnout
from voting.receipts import receipt_of
from voting.results import Result
from voting.sqlite_store import SqliteRecord
from voting.tally_follower import TallyFollower
from voting.views import BallotView, Known, ballot_view
from voting.watch import Blind, Watch
from voting.writer import ANY_CONTEST, Deliver, Told, Writer

logger = logging.getLogger(__name__)

_MOST_CASTS = 120  # of one person at once; somebody who cannot decide needs a dozen
_CAST_SECONDS = 2.0  # until one of them is given back; every cast is a line of the log, for good
_CLOCKLESS = frozenset({Phase.DRAFT, Phase.READY})
"""Phases in which no ballot can be on record yet, so a cast need not go to the writer."""


class OwnBallot(msgspec.Struct, frozen=True):
    """What one visit has in a contest; ``seed`` decides the order of its options."""

    contest: Contest
    kept: Kept | None
    """None: nothing has been cast."""
    seed: str


class Voting:
    """One per process. Its `writer` and `follower` run under the supervisor.

    Args:
        database: Where the record is.
        notifier: Tells every process.
        hub: Has this process's viewers.
        now: The clock.
    """

    def __init__(self, *, database: Database, notifier: Notifier, hub: Hub, now: Now) -> None:
        self.database = database
        self.notifier = notifier
        self.now = now
        self.follower = TallyFollower(database, notifier, hub, now)
        self.writer = self._writers()
        self._refused: dict[str, Counter[str]] = {}
        self._asked = Together(self._look_up)
        self._budget = Budget(burst=_MOST_CASTS, seconds=_CAST_SECONDS)
        self.grace: Callable[[Tx, Contest, datetime], Awaitable[int]] | None = None
        """Says G when a contest's announced close comes; set by who measures streams."""
        self.watch: Watch = Blind()
        """Looks at where ballots come from; set by who knows what to look for."""
        self.lift: Callable[[Person], Awaitable[tuple[str, ...]]] | None = None
        """Counts held ballots of somebody who is known more surely now; set by the same."""
        self.unsealed: frozenset[str] = frozenset()
        """Contests that opened before there were ledgers: their receipts promise none."""

    def _writers(self) -> Writer | Lanes:
        """One where the database takes one writer anyway, else some side by side."""
        if self.database.is_sqlite:
            return Writer(self.database, self.notifier, SqliteRecord(self.database))
        records = [PostgresRecord(self.database) for _ in range(LANES)]
        writers = [Writer(self.database, self.notifier, record) for record in records]
        return Lanes(writers, self.contests)

    # --- casting ---

    def submit(
        self,
        person: Person | None,
        cast: Cast,
        arrived_at: datetime,
        deliver: Deliver,
        origin: Origin = NOWHERE,
    ) -> None:
        """Answer a cast: at once if a rule that needs no record says no, else after the commit.

        Args:
            person: Who casts; None when nobody is known.
            cast: As decoded.
            arrived_at: The server's stamp, taken when the whole cast had arrived.
            deliver: Called exactly once, with the receipt, or with what was refused or failed.
            origin: Where it comes from.
        """
        try:
            somebody, ballot = self._admitted(person, cast, arrived_at, origin)
        except Refusal as refusal:
            self._note(cast.contest, refusal)
            deliver(refusal)
            return

        def told_of(told: Told) -> None:
            if isinstance(told, Receipt):
                self.watch.received(ballot, somebody, origin, told)
            else:
                self._note(ballot.contest, told)
            deliver(told)

        self.writer.put(ballot, told_of)

    async def cast(
        self,
        person: Person | None,
        cast: Cast,
        arrived_at: datetime,
        origin: Origin = NOWHERE,
    ) -> Receipt:
        """The receipt, once the ballot is in the record.

        Raises:
            Refusal: A rule says no.
            Fault: It could not be recorded; sending the same again is safe.
        """
        answer: asyncio.Future[Told] = asyncio.get_running_loop().create_future()

        def deliver(told: Told) -> None:
            if not answer.done():  # nobody waits any more when the request was given up
                answer.set_result(told)

        self.submit(person, cast, arrived_at, deliver, origin)
        told = await answer
        if isinstance(told, Receipt):
            return told
        raise told

    def _admitted(
        self, person: Person | None, cast: Cast, arrived_at: datetime, origin: Origin
    ) -> tuple[Person, Ballot]:
        contest = self.contests.get(cast.contest)
        if contest is None or contest.phase is Phase.DRAFT:
            raise UnknownContest
        electorate = eligibility.check_person(person, contest)
        if contest.phase in _CLOCKLESS or person is None:
            raise ContestNotOpen
        self._budget.spend(person.id, arrived_at)
        ballot = admit(cast, contest, person, electorate.id, arrived_at)
        why = self.watch.judge(contest, person, electorate.id, origin, arrived_at)
        return person, msgspec.structs.replace(ballot, held=why) if why else ballot

    def _note(self, contest_id: str, problem: Refusal | Fault) -> None:
        if self.contests.get(contest_id) is not None:  # a made-up id must not grow the memory
            self._refused.setdefault(contest_id, Counter())[problem.code] += 1

    # --- what pages and frames ask ---

    @property
    def contests(self) -> Contests:
        """Every contest as last seen."""
        return self.follower.contests

    async def mine(self, person: Person | None, contest_id: str) -> Mine:
        """What counts for this person now, and why casting is impossible, if it is.

        Raises:
            UnknownContest: There is no such contest.
        """
        contest = self._known(contest_id)
        kept = await self._current(person, contest_id)
        code = self._blocked(person, contest)
        electorate = contest.electorate(person.electorate) if person else None
        return Mine(
            contest=contest_id,
            receipt=self.receipt_of(kept) if kept else None,
            blocked=code,
            electorate=electorate.id if electorate else None,
        )

    def mine_of_nobody(self, contest_id: str) -> Mine:
        """As `mine`, for somebody nobody knows, without waiting.

        Raises:
            UnknownContest: There is no such contest.
        """
        return Mine(contest_id, None, self._blocked(None, self._known(contest_id)))

    async def ballot_view(self, visit: Visit, contest_id: str) -> BallotView:
        """The contest as this visit's ballot.

        Raises:
            UnknownContest: There is no such contest.
        """
        return self.own_view(visit, await self.own_ballot(visit, contest_id))

    async def own_ballot(self, visit: Visit, contest_id: str) -> OwnBallot:
        """What this visit has in the contest.

        Raises:
            UnknownContest: There is no such contest.
        """
        contest = self._known(contest_id)
        if visit.person is None:
            return OwnBallot(contest, None, visit.device)
        async with self.database.read() as tx:
            secret = await store.secret(tx, contest_id) or b""
            seed = tag_of(secret, visit.person.id)
            kept = next(iter(await store.current(tx, contest_id, [seed])), None)
        return OwnBallot(contest, opened(kept, secret) if kept else None, seed)

    def own_view(self, visit: Visit, own: OwnBallot) -> BallotView:
        """The contest with this ballot of this visit."""
        return self._view(visit, own.contest, own.kept, own.seed, self.new_cast_id())

    def new_cast_id(self) -> str:
        """For one showing of a form."""
        return str(uuid.uuid4())

    def blank_ballot(self, visit: Visit, contest_id: str) -> BallotView:
        """The contest as the ballot of any visit like this that has cast nothing.

        Its options are in the contest's own order; `voting.ballot_orders` says who sees which.

        Raises:
            UnknownContest: There is no such contest.
        """
        return self._view(visit, self._known(contest_id), None, None, "")

    async def receipt(self, visit: Visit, tracker: str) -> tuple[Contest, Kept, bool] | None:
        """The ballot with this tracker, and whether it is this visit's own; None for no such."""
        async with self.database.read() as tx:
            kept = await store.tracked(tx, tracker)
            if kept is None:
                return None
            secret = await store.secret(tx, kept.contest) or b""
        contest = self._known(kept.contest)
        person = visit.person
        if secret:  # once it is destroyed, nobody can tell a nonce that no browser made
            kept = opened(kept, secret)
        return contest, kept, person is not None and tag_of(secret, person.id) == kept.voter

    async def result(self, contest_id: str) -> Result | None:
        """The frozen outcome, once the contest is closed and recounted; not for the public as it is."""
        return self.frozen(contest_id)

    def frozen(self, contest_id: str) -> Result | None:
        """As `result`, without waiting."""
        return self.follower.result(contest_id)

    def is_disputed(self, contest_id: str) -> bool:
        """Whether nothing of this contest may be published: its recount differed."""
        return self.follower.is_disputed(contest_id)

    def standing(self, contest_id: str) -> TallyState:
        """The exact running order; organisers only.

        Raises:
            UnknownContest: There is no such contest.
        """
        return self.follower.standing(self._known(contest_id))

    def turnout(self, contest_id: str) -> Turnout:
        """How many ballots count, by electorate.

        Raises:
            UnknownContest: There is no such contest.
        """
        return self.follower.turnout(self._known(contest_id))

    def state(self, contest_id: str) -> ContestState:
        """Where the contest stands, with the places revealed so far.

        Raises:
            UnknownContest: There is no such contest.
        """
        return self.follower.state(self._known(contest_id))

    def tally(self, contest_id: str) -> Tally | None:
        """The running count itself."""
        return self.follower.tally(contest_id)

    def refusals(self, contest_id: str) -> Mapping[str, int]:
        """How many casts were refused since start, by code."""
        return dict(self._refused.get(contest_id, {}))

    # --- keeping up ---

    async def refresh(self, contest_ids: Collection[str] = ()) -> None:  # noqa: ARG002 - one read shows them all
        """Look at the database again, after a commit that moved these contests.

        A database that cannot be read now is read by the follower a moment later.
        """
        try:
            await self.follower.look()
        except Fault:
            logger.warning("The contests could not be read again; the follower will")
        self.notifier.notify(ANY_CONTEST)

    async def drain(self) -> None:
        """Wait until every cast submitted before now has its answer."""
        await self.writer.drain()

    async def close(self) -> None:
        """Take no more casts and answer those that were taken; before the server stops."""
        await self.writer.close()

    # --- inside ---

    def receipt_of(self, kept: Kept) -> Receipt:
        """What is on record about a ballot."""
        return receipt_of(kept, is_sealed=kept.contest not in self.unsealed)

    def _known(self, contest_id: str) -> Contest:
        contest = self.contests.get(contest_id)
        if contest is None:
            raise UnknownContest
        return contest

    def _view(
        self, visit: Visit, contest: Contest, kept: Kept | None, seed: str | None, cast_id: str
    ) -> BallotView:
        result = self.frozen(contest.id)
        known = Known(
            receipt=self.receipt_of(kept) if kept else None,
            turnout=self.turnout(contest.id).by_electorate,
            places=visibility.places(contest, result),
            total_places=visibility.total_places(contest, result),
            live=self._live(visit, contest, has_ballot=bool(kept and kept.ranking)),
            seed=seed,
        )
        return ballot_view(contest, visit, known, cast_id)

    def _blocked(self, person: Person | None, contest: Contest) -> str | None:
        try:
            eligibility.check(person, contest, whole_ms(self.now()))
        except Refusal as refusal:
            return refusal.code
        return None

    async def _current(self, person: Person | None, contest_id: str) -> Kept | None:
        return None if person is None else await self._asked.ask((contest_id, person.id))

    async def _look_up(self, asked: tuple[tuple[str, str], ...]) -> tuple[Kept | None, ...]:
        """The ballots that count now, for everybody who asks while one look is under way."""
        people: dict[str, set[str]] = {}
        for contest_id, person_id in asked:
            people.setdefault(contest_id, set()).add(person_id)
        found: dict[tuple[str, str], Kept] = {}
        async with self.database.read() as tx:
            for contest_id, who in people.items():
                secret = await store.secret(tx, contest_id) or b""
                tags = {tag_of(secret, person): person for person in who}
                for kept in await store.current(tx, contest_id, tags):
                    found[contest_id, tags[kept.voter]] = opened(kept, secret)
        return tuple(found.get(one) for one in asked)

    def _live(self, visit: Visit, contest: Contest, *, has_ballot: bool) -> TallyState | None:
        if visibility.public_room(contest) is None:
            return None
        if not visibility.may_see_tally(visit.role, contest, has_ballot=has_ballot):
            return None
        return visibility.public_tally(self.follower.standing(contest))
