"""Reading an edited schedule, previewing what it would change, and putting exactly that in force."""

import asyncio
import hashlib
import os
import stat
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from expo.clock import Now
from expo.db import Database, Tx
from expo.errors import N_, NotFound, Refusal
from expo.identity.people import Person
from expo.record import store as record
from expo.record.lines import Facts
from sessions import moves, reload, schedule_file, store
from sessions.course.moves import contest_of
from sessions.cues import Status
from sessions.orders import RELOAD
from sessions.programme import Programme
from sessions.reload import Change, Reload, Standing
from sessions.schedule_nodes import SIZE_BYTES, Problem, ScheduleProblems
from sessions.stage import Progress
from voting.contests import ContestId

Amend = Callable[[Programme], Programme]
"""The programme in force with something changed; raises a refusal where that makes no sense."""
BallotsOf = Callable[[ContestId], int]
"""How many ballots count in a contest."""
Also = Callable[[Tx], Awaitable[None]]
"""What must happen in the transaction of a change."""

_MOST_LINES: Final = 200  # of the log for one change; an import of everything has its own line
_LONGEST_FACT: Final = 300
_TOO_MUCH: Final = SIZE_BYTES + 1  # one byte more than is read, so that the parser can say so


class Unreadable(Refusal):
    """The schedule file cannot be read whole right now; the programme in force stays.

    ``why`` is one of missing, not-a-file, outside, changing, denied.
    """

    code = N_("schedule-unreadable")
    status = 409


class ReloadOutdated(Refusal):
    """The schedule or the show changed since the preview; look at the difference again."""

    code = N_("reload-outdated")
    status = 409


class NothingToApply(Refusal):
    """The schedule has mistakes or changes nothing; the preview says which."""

    code = N_("nothing-to-apply")
    status = 422


class ChangeRefused(Refusal):
    """What was asked touches what is fixed; nothing was changed.

    ``path`` names what, ``reason`` is a code of `sessions.reload.REASONS`.
    """

    code = N_("change-refused")
    status = 409


class DoesNotFit(Refusal):
    """The programme would not fit together; ``path`` and ``problem`` name the first thing wrong."""

    code = N_("does-not-fit")
    status = 422


class ReloadPreview(msgspec.Struct, frozen=True):
    """What putting a schedule in force would do; ``digest`` names exactly this outcome.

    ``problems`` are mistakes of the text (with lines) or what would not fit together (line 0).
    """

    changes: tuple[Change, ...]
    problems: tuple[Problem, ...]
    digest: str
    can_apply: bool

    @property
    def applied(self) -> tuple[Change, ...]:
        """What would be put in force."""
        return tuple(change for change in self.changes if change.allowed)

    @property
    def refused(self) -> tuple[Change, ...]:
        """What would be left as it is."""
        return tuple(change for change in self.changes if not change.allowed)


class Reloading:
    """What organisers do with an edited schedule.

    Args:
        database: Holds the programme in force.
        ballots_of: Knows how many ballots a contest has.
        now: The clock.
        secret: Makes the join codes of new sessions.
        schedule: The file that is read when no text is given; None where there is none.
    """

    def __init__(
        self,
        database: Database,
        ballots_of: BallotsOf,
        now: Now,
        *,
        secret: str,
        schedule: Path | None,
    ) -> None:
        self._database = database
        self._ballots_of = ballots_of
        self._now = now
        self._secret = secret
        self._schedule = schedule

    async def preview(self, text: bytes | None = None) -> ReloadPreview:
        """What this schedule (by default the file) would change, or what is wrong with it.

        Raises:
            Unreadable: The file cannot be read whole right now.
        """
        try:
            programme = await self._read(text)
        except ScheduleProblems as found:
            return ReloadPreview((), found.problems, "", can_apply=False)
        async with self._database.read() as tx:
            outcome = await self._compare(tx, programme)
        conflicts = tuple(Problem(0, one.path, one.code, one.facts) for one in outcome.conflicts)
        return ReloadPreview(
            outcome.changes, conflicts, digest_of(outcome), can_apply=_does_something(outcome)
        )

    async def apply(
        self, actor: Person, text: bytes | None, digest: str, also: Also | None = None
    ) -> tuple[ContestId, ...]:
        """Put a schedule in force as previewed; ids of the contests that were made or changed.

        Args:
            actor: Who.
            text: The schedule; None for the file.
            digest: Of the preview.
            also: What must happen in the same transaction.

        Raises:
            ReloadOutdated: The outcome would not be the previewed one any more.
            NothingToApply: The schedule has mistakes or changes nothing.
            Unreadable: The file cannot be read whole right now.
        """
        try:
            programme = await self._read(text)
        except ScheduleProblems as found:
            raise NothingToApply(problems=len(found.problems)) from found
        async with self._database.write() as tx:
            await store.lock_stage(tx)  # so that what is compared is what is replaced
            outcome = await self._compare(tx, programme)
            if digest_of(outcome) != digest:
                raise ReloadOutdated
            if outcome.programme is None or not _does_something(outcome):
                raise NothingToApply(problems=len(outcome.conflicts))
            touched = await self._put_in_force(tx, actor, outcome, outcome.programme)
            if also is not None:
                await also(tx)
        return touched

    async def amend(
        self,
        actor: Person,
        change: Amend,
        *,
        action: str,
        subject: str,
        also: Also | None = None,
    ) -> tuple[ContestId, ...]:
        """Change one thing of the programme in force; ids of the contests that were made or changed.

        Every difference is put on the staff log with before and after. A change of nothing is
        carried out, and put on no log.

        Args:
            actor: Who.
            change: What.
            action: Stable kebab-case word for the log.
            subject: Id of what is changed.
            also: What must happen in the same transaction.

        Raises:
            ChangeRefused: It touches what is fixed.
            DoesNotFit: The programme would not fit together.
            NotFound: No programme is in force.
        """
        async with self._database.write() as tx:
            await store.lock_stage(tx)
            rundown = await store.rundown(tx)
            if rundown is None:
                raise NotFound(what="programme")
            outcome = await self._compare(tx, change(rundown.programme))
            programme = _whole(outcome)
            touched: tuple[ContestId, ...] = ()
            if outcome.changes:
                at = self._now()
                await _put_on_log(tx, actor, outcome.changes, action, subject, at)
                touched = await moves.put_in_force(tx, programme, self._secret, at)
            if also is not None:
                await also(tx)
        return touched

    async def _put_in_force(
        self, tx: Tx, actor: Person, outcome: Reload, programme: Programme
    ) -> tuple[ContestId, ...]:
        at = self._now()
        refused = len(outcome.refused)
        await record.append(
            tx,
            at=at,
            actor=actor,
            action=RELOAD,
            subject="programme",
            facts={"changes": len(outcome.changes) - refused, "refused": refused},
        )
        return await moves.put_in_force(tx, programme, self._secret, at)

    async def _read(self, text: bytes | None) -> Programme:
        if text is None:
            if self._schedule is None:
                raise NotFound(what="schedule")
            text = await asyncio.to_thread(read_whole, self._schedule)
        return schedule_file.parse(text)

    async def _compare(self, tx: Tx, programme: Programme) -> Reload:
        rundown = await store.rundown(tx)
        if rundown is None:
            raise NotFound(what="programme")
        standings = {
            session: await self._standing(tx, session, state)
            for session, state in rundown.progress.items()
        }
        return reload.compare(rundown.programme, programme, standings)

    async def _standing(self, tx: Tx, session: str, state: Progress) -> Standing:
        contest = await contest_of(tx, session)
        is_live = state.status is Status.LIVE
        if contest is None:
            return Standing(is_live=is_live)
        return Standing(contest.phase, self._ballots_of(contest.id), is_live)


def _whole(outcome: Reload) -> Programme:
    """The programme, if everything that was asked is in it.

    Raises:
        ChangeRefused, DoesNotFit: It is not.
    """
    for change in outcome.refused:
        raise ChangeRefused(path=change.path, reason=change.reason)
    if outcome.programme is None:
        first = next(iter(outcome.conflicts), None)
        raise DoesNotFit(path=first.path if first else "", problem=first.code if first else "")
    return outcome.programme


async def _put_on_log(
    tx: Tx, actor: Person, changes: tuple[Change, ...], action: str, subject: str, at: datetime
) -> None:
    """One line for each difference, with what was there before and what is there now."""
    for change in changes[:_MOST_LINES]:
        facts: Facts = {
            "path": change.path,
            "before": change.before[:_LONGEST_FACT],
            "after": change.after[:_LONGEST_FACT],
        }
        await record.append(tx, at=at, actor=actor, action=action, subject=subject, facts=facts)


def read_whole(path: Path) -> bytes:
    """The bytes of an ordinary file that nobody is writing just now.

    A link may lead to another place in the same folder, not out of it; a FIFO is not waited for.

    Raises:
        Unreadable: ``why`` says what is in the way.
    """
    try:
        real = path.resolve(strict=True)
        if real.parent != path.parent.resolve():
            raise Unreadable(why="outside")
        handle = os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise Unreadable(why="missing") from error
    except (OSError, RuntimeError) as error:
        raise Unreadable(why="denied") from error
    try:
        return _content(handle)
    finally:
        os.close(handle)


def _content(handle: int) -> bytes:
    before = os.fstat(handle)
    if not stat.S_ISREG(before.st_mode):
        raise Unreadable(why="not-a-file")
    with os.fdopen(handle, "rb", closefd=False) as file:
        content = file.read(_TOO_MUCH)
    is_whole = len(content) == min(before.st_size, _TOO_MUCH)
    if not is_whole or _mark(before) != _mark(os.fstat(handle)):
        raise Unreadable(why="changing")
    return content


def digest_of(outcome: Reload) -> str:
    """Names one outcome: the same differences, leading to the same programme."""
    told = msgspec.json.encode((outcome.changes, outcome.programme), order="deterministic")
    return hashlib.sha256(told).hexdigest()


def _does_something(outcome: Reload) -> bool:
    return outcome.programme is not None and any(change.allowed for change in outcome.changes)


def _mark(state: os.stat_result) -> tuple[int, int]:
    return state.st_size, state.st_mtime_ns
