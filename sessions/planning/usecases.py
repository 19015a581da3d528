"""The schedule board: one draft for all organisers, and releases made of it."""

from collections.abc import Callable, Mapping

import msgspec
from msgspec.structs import replace

from expo.clock import Now
from expo.db import Database, Tx, one_at_a_time
from expo.errors import N_, Refusal
from expo.identity.people import Person
from expo.record import store as record
from expo.record.lines import Facts
from expo.words import Text
from sessions import store as show_store
from sessions.cues import Status
from sessions.planning import plan as moves
from sessions.planning import store
from sessions.planning.conflicts import Conflict, conflicts
from sessions.planning.differing import Clash, changes, rebased
from sessions.planning.values import Document, Plan, Step, entries
from sessions.programme import Day, Programme
from sessions.releases import store as releases
from sessions.releases.values import Change, Kind, Release
from sessions.reloading.usecases import NothingToApply, ReloadOutdated, ReloadPreview
from sessions.schedule_dump import dump
from sessions.stage import Progress
from sessions.usecases import Show

PUBLISHED = N_("publish-schedule")
_LOCK = "the schedule board"
_RAN = frozenset({Status.LIVE, Status.ENDED, Status.PUBLISHED})

Move = Callable[[tuple[Day, ...]], tuple[Day, ...]]
"""The days of the draft with something moved; raises a refusal where that makes no sense."""


class PlanChanged(Refusal):
    """Another organiser changed the draft meanwhile; ``version`` is the draft's now, ``seen`` was meant."""

    code = N_("plan-changed")
    status = 409


class PlanBehind(Refusal):
    """The programme in force changed since the draft was begun; it is to be taken in first."""

    code = N_("plan-behind")
    status = 409


class PlanHeld(Refusal):
    """Something in the draft may not be changed any more; ``count`` says how many differences."""

    code = N_("plan-held")
    status = 409


class PlanUnfit(Refusal):
    """The draft has conflicts; ``count`` says how many."""

    code = N_("plan-unfit")
    status = 422


class PlanRan(Refusal):
    """A session that is on the stage or was would be moved or taken out; ``session`` names it."""

    code = N_("plan-ran")
    status = 409


class NothingBefore(Refusal):
    """There is nothing left to undo."""

    code = N_("plan-nothing-before")
    status = 409


class PlanView(msgspec.Struct, frozen=True):
    """The board now: without a draft it shows the programme in force.

    ``changes`` are the draft's against what is in force, ``news`` what came in force since it was begun,
    ``clashes`` where both say something else.
    """

    plan: Plan
    programme: Programme
    changes: tuple[Change, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    is_behind: bool = False
    news: tuple[Change, ...] = ()
    clashes: tuple[Clash, ...] = ()


class Planning:
    """One per process.

    Args:
        database: Where draft and releases are kept.
        show: Has the programme in force, and puts another in force.
        now: The clock.
    """

    def __init__(self, database: Database, show: Show, now: Now) -> None:
        self._database = database
        self._show = show
        self._now = now

    async def view(self) -> PlanView:
        """The board now."""
        await self._show.refresh()
        async with self._database.read() as tx:
            plan = await store.plan(tx)
        now = self._show.programme
        document = plan.document
        if document is None:
            return PlanView(plan, now, conflicts=conflicts(now))
        drafted = replace(now, days=document.days)
        is_behind = document.base != now.days
        return PlanView(
            plan,
            drafted,
            changes(now.days, document.days),
            conflicts(drafted),
            is_behind=is_behind,
            news=changes(document.base, now.days),
            clashes=rebased(document, now.days).clashes if is_behind else (),
        )

    async def since(self, version: int) -> tuple[Step, ...]:
        """What was done to the draft after a version, the last first."""
        async with self._database.read() as tx:
            return await store.steps(tx, version)

    async def move(self, version: int, move: Move, action: str, session: str) -> int:
        """Change the draft; its version then. Without a draft, one is begun.

        Args:
            version: What the organiser looked at.
            move: What is done to the days.
            action: Stable word for what was done.
            session: Id of the session it is done to.

        Raises:
            PlanChanged: Another organiser was first.
            PlanRan: The session stays where it is.
            Refusal: Of the move.
        """

        def change(document: Document) -> Document:
            days = move(document.days)
            _check_ran(self._show.rundown.progress, changes(document.days, days))
            return replace(document, days=days)

        return await self._step(version, change, action, session)

    async def add(self, version: int, new: moves.New) -> str:
        """Add a session to the draft; its id.

        Raises:
            PlanChanged: Another organiser was first.
            Refusal: Of the move.
        """
        made: list[str] = []

        def change(document: Document) -> Document:
            taken = entries((*document.base, *self._show.programme.days))
            days, name = moves.added(document.days, self._show.programme.zone, new, taken)
            made.append(name)
            return replace(document, days=days)

        await self._step(version, change, "add", "")
        return made[-1]

    async def take_in(self, version: int) -> int:
        """Bring the draft up to date with the programme in force, as `differing.rebased` does."""

        def change(document: Document) -> Document:
            return rebased(document, self._show.programme.days).document

        return await self._step(version, change, "take-in", "")

    async def undo(self, version: int) -> int:
        """Bring back the draft as it was before the last step.

        Raises:
            PlanChanged: Another organiser was first.
            NothingBefore: There is no such step, or it is too long ago.
        """
        async with self._database.write() as tx:
            plan = await _held(tx, version)
            former = await _former(tx, plan)
            step = Step(plan.version + 1, "undo", "", None, self._now())
            await store.add(tx, step, former.document, former.back)
            return step.version

    async def discard(self, version: int) -> int:
        """End the draft without publishing; an undo brings it back.

        Raises:
            PlanChanged: Another organiser was first.
            NothingBefore: There is no draft.
        """
        async with self._database.write() as tx:
            plan = await _held(tx, version)
            if plan.document is None:
                raise NothingBefore
            step = Step(plan.version + 1, "discard", "", None, self._now())
            await store.add(tx, step, None, plan.version)
            return step.version

    async def preview(self, view: PlanView) -> ReloadPreview | None:
        """What publishing the draft of this view would do; None where there is no draft."""
        if view.plan.document is None:
            return None
        return await self._show.preview_reload(_text(view.programme))

    async def publish(
        self, actor: Person, version: int, digest: str, name: Text, note: Text
    ) -> None:
        """Put the draft in force as previewed, as a release; both or neither.

        Raises:
            PlanChanged, PlanBehind, ReloadOutdated: It is not what was looked at.
            PlanUnfit, PlanHeld, PlanRan, NothingToApply: It cannot be put in force.
        """
        view = await self.view()
        if view.plan.version != version:
            raise PlanChanged(version=view.plan.version, seen=version)
        if view.plan.document is None or not view.changes:
            raise NothingToApply(problems=0)
        if view.is_behind:
            raise PlanBehind
        if view.conflicts:
            raise PlanUnfit(count=len(view.conflicts))
        text = _text(view.programme)
        preview = await self._show.preview_reload(text)
        if preview.refused:
            raise PlanHeld(count=len(preview.refused))
        _check_ran(self._show.rundown.progress, view.changes)
        if preview.digest != digest:
            raise ReloadOutdated

        async def also(tx: Tx) -> None:
            plan = await _held(tx, version)
            _check_ran(await show_store.progress(tx), view.changes)  # a session may just have ended
            at = self._now()
            n = await releases.add(tx, name, note, view.changes, at)
            await store.add(tx, Step(plan.version + 1, "publish", "", None, at), None, None)
            facts: Facts = {"release": n, "name": name.en}
            await record.append(
                tx, at=at, actor=actor, action=PUBLISHED, subject="programme", facts=facts
            )

        await self._show.apply_reload(actor, text, digest, also)

    async def releases(self) -> tuple[Release, ...]:
        """The releases, the newest first."""
        async with self._database.read() as tx:
            return await releases.latest(tx)

    async def _step(
        self, version: int, change: Callable[[Document], Document], action: str, session: str
    ) -> int:
        await self._show.refresh()
        days = self._show.programme.days
        async with self._database.write() as tx:
            plan = await _held(tx, version)
            document = plan.document or Document(days, days)
            after = change(document)
            if after == document:
                return plan.version
            known = entries(document.days).get(session)
            title = known.session.title if known else None
            step = Step(plan.version + 1, action, session, title, self._now())
            await store.add(tx, step, after, plan.version)
            return step.version


async def _held(tx: Tx, version: int) -> Plan:
    """The draft, for this transaction alone; it must be at this version.

    Raises:
        PlanChanged: It is not.
    """
    await one_at_a_time(tx, _LOCK)
    plan = await store.plan(tx)
    if plan.version != version:
        raise PlanChanged(version=plan.version, seen=version)
    return plan


def _check_ran(progress: Mapping[str, Progress], wanted: tuple[Change, ...]) -> None:
    """Whether nothing moves or goes that is on the stage or was.

    Raises:
        PlanRan: Something would.
    """
    for one in wanted:
        is_fixed = progress.get(one.session, Progress()).status in _RAN
        if is_fixed and one.kind in {Kind.MOVED, Kind.REMOVED}:
            raise PlanRan(session=one.session)


async def _former(tx: Tx, plan: Plan) -> Plan:
    if plan.back == 0:
        return Plan()
    former = None if plan.back is None else await store.version_of(tx, plan.back)
    if former is None:
        raise NothingBefore
    return former


def _text(programme: Programme) -> bytes:
    return dump(programme).encode()
