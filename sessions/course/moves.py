"""What an order does to sessions and to the show's clock; nothing here commits, the stage is held."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from expo.db import Tx
from expo.errors import N_, NotFound, Refusal, StaleVersion
from sessions import contest_plan, store
from sessions.board import board
from sessions.cues import RUNNING, SHOWN, Cue, IllegalCue, Status
from sessions.finals import moves as finals
from sessions.orders import Kind, Order
from sessions.running import held_minutes, in_turn
from sessions.stage import Progress, Stage, changed
from sessions.undoing import restored
from voting import moves as contest_moves
from voting import store as contest_store
from voting.contests import Contest, ContestId, Phase

LEAST_ADDED: Final = -120
MOST_ADDED: Final = 240
"""Minutes one session can be moved by in all; more is another programme."""


class StageTaken(Refusal):
    """Another session is live; it has to end first. ``session`` names it."""

    code = N_("stage-taken")
    status = 409


class ContestRunning(Refusal):
    """Ballots may still arrive; close the contest first."""

    code = N_("contest-running")
    status = 409


class ShowHeld(Refusal):
    """The show is on hold: nothing starts, and it cannot be held again."""

    code = N_("show-held")
    status = 409


class ShowNotHeld(Refusal):
    """The show is not on hold."""

    code = N_("show-not-held")
    status = 409


class TooManyMinutes(Refusal):
    """A session would be moved by ``minutes`` in all, outside ``least`` to ``most``."""

    code = N_("too-many-minutes")
    status = 409


Moved = tuple[Stage, tuple[ContestId, ...]]
"""The stage afterwards, and the contests that moved."""


async def of_session(tx: Tx, stage: Stage, order: Order, at: datetime) -> Moved:
    """Carry out an order about a session.

    Raises:
        NotFound: There is no such session.
        StaleVersion: Somebody acted first; the facts say where it stands now.
        Refusal: A rule says no.
    """
    session_id = order.session or ""
    known = await store.progress(tx)
    state = known.get(session_id)
    if state is None:
        raise NotFound(session=session_id)
    _check_version(session_id, state, order.version)
    match order.kind:
        case Kind.START:
            return await _start(tx, stage, session_id, known, at)
        case Kind.NEXT:
            return await _next(tx, stage, order, known, at)
        case Kind.END:
            await _end(tx, session_id, state, at)
        case Kind.MINUTES:
            await _write(tx, session_id, with_minutes(state, order.by or 0), state.version)
        case _:
            await change(tx, session_id, state, Cue(order.kind.value), at)
    return stage, ()


async def of_clock(tx: Tx, stage: Stage, order: Order, at: datetime) -> Stage:
    """Carry out an order about the show's clock, or take the last order back.

    Raises:
        StaleVersion: Somebody acted first; the facts say where the stage stands now.
        ShowHeld: It is on hold already.
        ShowNotHeld: It is not on hold.
        NothingToUndo, StepTooOld: The last order stays.
    """
    if stage.version != order.version:
        raise StaleVersion(version=stage.version, seen=order.version)
    match order.kind:
        case Kind.HOLD:
            _check_runs(stage)
            return replace(stage, held_at=at)
        case Kind.GO_ON:
            return await _go_on(tx, stage, at)
        case Kind.UNDO:
            return await _undo(tx, stage, at)
        case _:
            return replace(stage, absorbs=order.kind is Kind.ABSORB)


def with_minutes(state: Progress, by: int) -> Progress:
    """A session moved by so many minutes; a start is never moved before the plan's.

    Raises:
        IllegalCue: It is neither live nor still to come.
        TooManyMinutes: It would be moved too far in all.
    """
    if state.status not in {Status.LIVE, Status.SCHEDULED}:
        raise IllegalCue(status=state.status.value, cue=Kind.MINUTES.value)
    least = LEAST_ADDED if state.status is Status.LIVE else 0
    minutes = state.added_minutes + by
    if not least <= minutes <= MOST_ADDED:
        raise TooManyMinutes(minutes=minutes, least=least, most=MOST_ADDED)
    return replace(state, added_minutes=minutes, version=state.version + 1)


async def change(tx: Tx, session_id: str, state: Progress, cue: Cue, at: datetime) -> Progress:
    """Where a session stands after a cue, written.

    Raises:
        IllegalCue: The table has no such cue.
        StaleVersion: Somebody acted first.
    """
    return await _write(tx, session_id, changed(state, cue, at), state.version)


async def _next(
    tx: Tx, stage: Stage, order: Order, known: Mapping[str, Progress], at: datetime
) -> Moved:
    """End what is live, which must be what the organiser saw, and start what follows."""
    live = _live(known)
    if live != order.ends:
        raise StaleVersion(session=order.session or "", live=live or "", seen=order.version)
    _check_runs(stage)
    if live is not None:
        await _end(tx, live, known[live], at)
    return await _start(tx, stage, order.session or "", await store.progress(tx), at)


async def _start(
    tx: Tx, stage: Stage, session_id: str, known: Mapping[str, Progress], at: datetime
) -> Moved:
    """Put a session on the stage; the scene follows it, and its contest is made ready."""
    live = _live(known)
    if live is not None and live != session_id:
        raise StageTaken(session=live)
    _check_runs(stage)
    await change(tx, session_id, known[session_id], Cue.START, at)
    contest = await contest_of(tx, session_id)
    moved: tuple[ContestId, ...] = ()
    if contest and await _may_follow(tx, contest):
        await contest_moves.ready(tx, contest.id, contest.version, at)
        moved = (contest.id,)
    asked = contest.id if contest else None
    return replace(stage, session=session_id, contest=asked, picked=None), moved


async def _may_follow(tx: Tx, contest: Contest) -> bool:
    """Whether a contest is made ready by the start of its session; finalists are confirmed instead."""
    if contest.phase is not Phase.DRAFT or contest_plan.problem(contest) is not None:
        return False
    return not await finals.is_final(tx, contest.subject)


async def _end(tx: Tx, session_id: str, state: Progress, at: datetime) -> None:
    contest = await contest_of(tx, session_id)
    if contest and contest.phase in RUNNING:
        raise ContestRunning(contest=contest.id, phase=contest.phase.value)
    ended = await change(tx, session_id, state, Cue.END, at)
    if contest and contest.phase in SHOWN:
        await change(tx, session_id, ended, Cue.PUBLISH, at)


async def _go_on(tx: Tx, stage: Stage, at: datetime) -> Stage:
    """Let the clock run again: what the hold took is added to whatever it held up."""
    if stage.held_at is None:
        raise ShowNotHeld
    known, programme = await store.progress(tx), await store.find_programme(tx)
    minutes = held_minutes(stage.held_at, at)
    if programme is not None and minutes:
        statuses = {one: state.status.value for one, state in known.items()}
        held_up = in_turn(board(programme, at, statuses))
        if held_up is not None:
            state = known[held_up]
            more = min(state.added_minutes + minutes, MOST_ADDED)
            moved = replace(state, added_minutes=more, version=state.version + 1)
            await _write(tx, held_up, moved, state.version)
    return replace(stage, held_at=None)


async def _undo(tx: Tx, stage: Stage, at: datetime) -> Stage:
    known = await store.progress(tx)
    before, sessions = restored(await store.undo_of(tx), known, stage, at)
    for one, state in sessions.items():
        await _write(tx, one, state, known[one].version)
    return before


async def contest_of(tx: Tx, session_id: str) -> Contest | None:
    """What a session asks the audience; its contest carries the session's id."""
    return await contest_store.find(tx, ContestId(session_id))


async def _write(tx: Tx, session_id: str, state: Progress, version: int) -> Progress:
    if not await store.set_progress(tx, session_id, state, version=version):
        raise StaleVersion(session=session_id, state=state.status.value, seen=version)
    return state


def _live(known: Mapping[str, Progress]) -> str | None:
    return next((one for one, state in known.items() if state.status is Status.LIVE), None)


def _check_runs(stage: Stage) -> None:
    if stage.held_at is not None:
        raise ShowHeld


def _check_version(session_id: str, state: Progress, seen: int) -> None:
    if state.version != seen:
        raise StaleVersion(
            session=session_id, version=state.version, state=state.status.value, seen=seen
        )
