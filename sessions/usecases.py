"""The show: the programme in force, where every session stands, and what organisers order.

`Show` keeps one snapshot of the database (`Rundown`) that pages and frames read without waiting;
every act opens its own transaction, makes the moves, commits, looks again and notifies.
"""

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from expo.clock import Now
from expo.db import Database, one_at_a_time
from expo.errors import StaleVersion
from expo.identity.admission import Named, PassTargets
from expo.identity.people import Person
from expo.passes import normalised
from expo.record import store as record
from expo.wire.hub import Hub
from expo.wire.notifier import Notifier
from expo.words import Text
from sessions import moves, orders, store
from sessions.board import Board, Row, RowState
from sessions.control_view import Watched, control_view
from sessions.cues import RUNNING, Scene, Status
from sessions.finals import moves as finals
from sessions.finals.lists import GrandFinal, Source, source_of, sources_of, standing
from sessions.operators import Operators, last_of_the_show, with_deed
from sessions.orders import Order
from sessions.programme import Programme, Session
from sessions.protocol import Beat, ControlView, Counts, ShownQuestion, StaffLine, StageState
from sessions.reloading.usecases import Also, Amend, Reloading, ReloadPreview
from sessions.screens import Pace, Screens
from sessions.snapshot.usecases import Snapshot
from sessions.stage_view import Figures, stage_state, with_question, with_scene
from sessions.streams.delays import DelayBook
from voting.contests import Contest, ContestId, Phase
from voting.protocol import TallyState, Turnout
from voting.usecases import Voting
from voting.visibility import public_tally
from voting.writer import ANY_CONTEST

logger = logging.getLogger(__name__)

TOPIC: Final = "show"
_ROOT_DIGITS: Final = 16  # of the root of a ledger on a screen: 64 bits, which nobody meets twice
_SEALED: Final = frozenset({Phase.CLOSED, Phase.REVIEWED, Phase.REVEALING})
LOG_SHOWN: Final = 20  # lines of the staff log in the control room; the log page has them all


class Show(Snapshot):
    """Everything about the stage; one per process.

    Args:
        database: Where it is kept.
        notifier: Tells the followers of every process.
        voting: Knows contests, turnout and tallies.
        hub: Knows who is connected.
        now: The clock.
        secret: Makes the join codes.
        site: Public address without a slash at the end.
        schedule: The file that "reload" reads; None where there is none.
    """

    def __init__(
        self,
        *,
        database: Database,
        notifier: Notifier,
        voting: Voting,
        hub: Hub,
        now: Now,
        secret: str,
        site: str,
        schedule: Path | None = None,
    ) -> None:
        super().__init__(database, now)
        self.site = site
        self.screens = Screens()
        self.operators = Operators()
        self.delays = DelayBook()
        """How far viewers of streams are behind, as they say."""
        self._notifier = notifier
        self._voting = voting
        self._hub = hub
        self._secret = secret
        self._reloading = Reloading(
            database,
            lambda contest: voting.turnout(contest).ballots,
            now,
            secret=secret,
            schedule=schedule,
        )
        self.elsewhere: Callable[[], int] = lambda: 0
        """How many viewers the other nodes have; set by who knows them."""
        self.root: Callable[[str], Awaitable[bytes | None]] | None = None
        """The root of a contest's ledger at its close; set by who keeps ledgers."""
        self.question: Callable[[str], ShownQuestion | None] = lambda _session: None
        """The audience's question on a session's screens; set by who keeps questions."""
        self.own_scene: Callable[[str], Scene | None] = lambda _screen: None
        """The scene a screen shows by itself; set by who knows the devices."""
        self._roots: dict[str, str] = {}
        self._pace = Pace()

    # --- the snapshot ---

    async def begin(self, programme: Programme) -> None:
        """Load what is in force; at the very first start, put this programme in force.

        Afterwards the database rules: an edited schedule comes in by `apply_reload` alone.
        """
        async with self._database.write() as tx:
            await one_at_a_time(tx, "begin the show")  # several nodes may start at this moment
            if await store.version(tx) is None:
                await moves.put_in_force(tx, programme, self._secret, self.now())
            self.screens.remember(await store.sightings(tx))
        await self._voting.refresh([])
        await self.refresh()
        if store.digest(self.programme) != store.digest(programme):
            logger.warning("The schedule file differs from the programme in force")

    async def catch_up(self) -> None:
        """Look again at everything, contests too: another node may just have moved something.

        Raises:
            Fault: The database cannot be read.
        """
        await self.refresh()
        await self._voting.refresh()

    def contest(self, session_id: str | None) -> Contest | None:
        """What a session asks the audience."""
        return self._voting.contests.get(ContestId(session_id)) if session_id else None

    def is_on(self, session_id: str) -> bool:
        """Whether a session is on the stage, or is voted on."""
        contest = self.contest(session_id)
        is_voted_on = contest is not None and contest.phase in RUNNING
        return is_voted_on or self.status(session_id) is Status.LIVE

    def stage(self, screen: str = "") -> StageState:
        """What every screen is told now, or what this one is, where it has a scene of its own."""
        (running, shown), on_stage = self._run(), self.rundown.stage.session
        expected = replace(self.rundown, programme=running)
        state = stage_state(
            with_scene(expected, self.own_scene(screen) if screen else None),
            self._figures(),
            upcoming=_coming(shown, on_stage),
            day=shown.day.day.n,
            site=self.site,
            late_minutes=shown.late_minutes,
        )
        return with_question(state, self.question(on_stage) if on_stage else None)

    async def look_up_root(self) -> None:
        """Learn the root of the ledger of what has closed on the stage, once it is sealed."""
        contest = self.contest(self.rundown.stage.session)
        if self.root is None or contest is None or contest.phase not in _SEALED:
            return
        if contest.id not in self._roots and (root := await self.root(contest.id)):
            self._roots[contest.id] = root.hex()[:_ROOT_DIGITS]

    def pass_targets(self) -> PassTargets:
        """What passes can be issued for: the programme's electorates and entities."""
        programme = self.programme
        return PassTargets(
            tuple(Named(one.id, one.name) for one in programme.electorates),
            tuple(Named(one.id, one.name) for one in programme.entities),
        )

    def called(self, kind: str, name: str) -> Text | None:
        """As `Programme.called`, of the programme in force."""
        return self.programme.called(kind, name)

    def code_target(self, code: str) -> str | None:
        """The session a typed or scanned code leads to; None when it leads nowhere."""
        plain = normalised(code)
        return self.rundown.session_of_code(plain) if plain else None

    def final(self, session_id: str | None) -> GrandFinal | None:
        """The final of a session as it stands; None where the session is none."""
        session = self.programme.session(session_id) if session_id else None
        if session is None or session.final is None:
            return None
        found = sources_of(self.programme, session)
        sources = tuple(self._source(day, one) for day, one in found)
        return standing(session.id, sources, self.contest(session.id))

    async def fill_finals(self) -> None:
        """Fill finals whose results have come out otherwise, e.g. after a decision about a ballot."""
        if any(self._is_behind(one) for one in self.programme.sessions if one.final):
            async with self._database.write() as tx:
                await store.lock_stage(tx)
                touched = await finals.refill(tx, self.programme, self.now())
            if touched:
                await self._announce(touched)

    # --- the control room ---

    async def act(self, actor: Person, order: Order) -> None:
        """Carry out what an organiser ordered; a second press of the same button does nothing.

        Raises:
            StaleVersion: Somebody acted first; the facts say where it stands now.
            Refusal: A rule says no.
        """
        orders.check(order)
        try:
            moved = await self._carry_out(actor, order)
        except StaleVersion as refusal:
            line = last_of_the_show(await self._log())
            raise with_deed(refusal, line) from refusal
        if moved is not None:
            await self._announce(moved)

    async def _carry_out(self, actor: Person, order: Order) -> tuple[ContestId, ...] | None:
        """The contests that moved; None for a second press, which does nothing."""
        async with self._database.write() as tx:
            # Of two presses on two nodes the second finds the first done.
            await store.lock_stage(tx)
            if await moves.is_repeat(tx, actor, order):
                return None
            return await moves.carry_out(tx, actor, order, self.now())

    async def _log(self) -> tuple[StaffLine, ...]:
        """The last lines of the staff log, newest first."""
        async with self._database.read() as tx:
            lines = await record.latest(tx, LOG_SHOWN)
        return tuple(
            StaffLine(one.at, one.actor, one.action, one.subject, one.facts) for one in lines
        )

    async def control(self, session_id: str | None = None) -> ControlView:
        """The control room now; its contest is the stage's, or that of the session asked for."""
        log, shown = await self._log(), self.board()
        contest = self.contest(session_id or self.rundown.stage.session)
        return control_view(
            self.rundown,
            self.contest,
            self._watched(contest) if contest else None,
            shown=shown,
            counts=self._counts(contest),
            screens=self.screens.lines(shown.at),
            log=log,
            operators=self.operators.lines(log, shown.at),
        )

    def private_tally(self, contest_id: str) -> TallyState:
        """The running order as organisers see it."""
        return self._voting.standing(ContestId(contest_id))

    def turnout(self, contest_id: str) -> Turnout:
        """How many ballots count, by electorate."""
        return self._voting.turnout(ContestId(contest_id))

    def beat(self, screen: str, beat: Beat) -> None:
        """A screen says what it shows."""
        self.screens.beat(screen, beat, self.now())

    async def save_screens(self) -> None:
        """Keep what screens said since the last time, and learn what other nodes heard."""
        seen = self.screens.take_unsaved()
        if seen:
            async with self._database.write() as tx:
                await store.note_sightings(tx, seen)
        if not self._database.is_sqlite:
            async with self._database.read() as tx:
                self.screens.remember(await store.sightings(tx), from_nodes=True)

    # --- the programme ---

    async def preview_reload(self, text: bytes | None = None) -> ReloadPreview:
        """As `Reloading.preview`."""
        return await self._reloading.preview(text)

    async def apply_reload(
        self, actor: Person, text: bytes | None, digest: str, also: Also | None = None
    ) -> None:
        """As `Reloading.apply`; afterwards everybody sees the new programme."""
        await self._announce(await self._reloading.apply(actor, text, digest, also))

    async def amend(
        self,
        actor: Person,
        change: Amend,
        *,
        action: str,
        subject: str,
        also: Also | None = None,
    ) -> None:
        """As `Reloading.amend`; afterwards everybody sees the new programme."""
        touched = await self._reloading.amend(
            actor, change, action=action, subject=subject, also=also
        )
        await self._announce(touched)

    # --- inside ---

    async def _announce(self, moved: tuple[ContestId, ...]) -> None:
        """After the commit: look again, then tell everybody to."""
        await self._voting.refresh(moved)
        await self.refresh()
        self._notifier.notify(TOPIC)
        if moved:
            self._notifier.notify(ANY_CONTEST)
        for contest in moved:
            self._notifier.notify(f"contest.{contest}")

    def _source(self, day: int, session: Session) -> Source:
        contest, result = self.contest(session.id), self._voting.frozen(session.id)
        return source_of(day, session, self.status(session.id), contest, result)

    def _is_behind(self, session: Session) -> bool:
        contest, final = self.contest(session.id), self.final(session.id)
        is_draft = contest is not None and contest.phase is Phase.DRAFT
        return bool(contest and final and is_draft and contest.options != final.finalists)

    def _figures(self) -> Figures | None:
        contest = self.contest(self.rundown.stage.session)
        if contest is None:
            return None
        return Figures(
            contest=contest,
            state=self._voting.state(contest.id),
            turnout=self._voting.turnout(contest.id),
            tally=public_tally(self._voting.standing(contest.id)) if _is_live(contest) else None,
            root=self._roots.get(contest.id),
        )

    def _watched(self, contest: Contest) -> Watched:
        return Watched(
            contest,
            self._voting.state(contest.id),
            self._voting.is_disputed(contest.id),
            held=sum(self._voting.turnout(contest.id).held.values()),
        )

    def _counts(self, contest: Contest | None) -> Counts:
        connected = self._hub.connected + self.elsewhere()
        if contest is None:
            return Counts(connected, 0, 0, {})
        ballots = self._voting.turnout(contest.id).ballots
        return Counts(
            connected=connected,
            ballots=ballots,
            per_minute=self._pace.note(contest.id, ballots, self.now()),
            refused=dict(self._voting.refusals(contest.id)),
        )


def _coming(shown: Board, on_stage: str | None) -> Row | None:
    """The next session the audience can look forward to, besides the one on the stage."""
    awaited = {RowState.DUE, RowState.UPCOMING}
    rows = (row for day in shown.days for row in day.rows)
    return next((r for r in rows if r.state in awaited and r.session.id != on_stage), None)


def _is_live(contest: Contest) -> bool:
    return contest.rules.visibility == "live"
