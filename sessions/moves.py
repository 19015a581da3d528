"""What an order does, inside somebody else's transaction: nothing here commits.

Lock order: the stage, then the staff log, then contests in id order.
Every act raises the stage's version, so all screens and desks see one order of events.
"""

import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from expo import passes
from expo.db import Tx
from expo.errors import N_, NotFound, Refusal, StaleVersion
from expo.identity.people import Person
from expo.record import store as record
from expo.record.lines import Facts
from sessions import contest_plan, store
from sessions.course import moves as course
from sessions.cues import Cue, Status, may_show
from sessions.finals import moves as finals
from sessions.orders import ACTIONS, LEFT_HELD, OF_CLOCK, OF_SESSION, ON_STAGE, Kind, Order
from sessions.programme import Programme
from sessions.stage import Progress, Stage
from sessions.streams import moves as streams
from sessions.undoing import noted
from voting import moves as contest_moves
from voting import store as contest_store
from voting.contests import Contest, ContestId, Phase


class SessionNotLive(Refusal):
    """A contest opens when its session is live or has just ended; ``status`` says where it stands."""

    code = N_("session-not-live")
    status = 409


class SceneNotYet(Refusal):
    """This scene would show what is not public yet; ``scene`` names it."""

    code = N_("scene-not-yet")
    status = 409


async def is_repeat(tx: Tx, actor: Person, order: Order) -> bool:
    """Whether this very order by this person was the last thing done: a second press."""
    return await store.last_order(tx) == _fingerprint(actor, order)


async def carry_out(tx: Tx, actor: Person, order: Order, at: datetime) -> tuple[ContestId, ...]:
    """Do what was ordered; `orders.check` has been asked before, and the caller holds the stage.

    Returns:
        Ids of the contests that moved.

    Raises:
        NotFound: There is no such session or contest.
        StaleVersion: Somebody acted first; the facts say where it stands now.
        Refusal: A rule says no.
    """
    await record.append(
        tx,
        at=at,
        actor=actor,
        action=ACTIONS[order.kind],
        subject=order.subject,
        facts=_facts(order),
    )
    stage = await store.find_stage(tx)
    if stage is None:
        raise NotFound(what="programme")
    was = await store.progress(tx)
    after, moved = await _carried_out(tx, actor, stage, order, at)
    following = msgspec.structs.replace(after, version=stage.version + 1)
    undo = noted(order.kind, at, stage, was, await store.progress(tx))
    await store.set_stage(tx, following, last_order=_fingerprint(actor, order), undo=undo)
    return moved + await _filled(tx, order, at)


async def _carried_out(
    tx: Tx, actor: Person, stage: Stage, order: Order, at: datetime
) -> course.Moved:
    if order.kind in OF_SESSION:
        return await course.of_session(tx, stage, order, at)
    if order.kind in OF_CLOCK:
        return await course.of_clock(tx, stage, order, at), ()
    if order.kind is Kind.SCENE:
        return await _pick(tx, stage, order), ()
    return await _order_contest(tx, actor, stage, order, at)


async def _filled(tx: Tx, order: Order, at: datetime) -> tuple[ContestId, ...]:
    """The finals that an order has given other finalists."""
    programme = await store.find_programme(tx) if order.kind in _FILLING else None
    return () if programme is None else await finals.refill(tx, programme, at)


# --- contests ---


async def _order_contest(
    tx: Tx, actor: Person, stage: Stage, order: Order, at: datetime
) -> tuple[Stage, tuple[ContestId, ...]]:
    contest = await contest_store.find(tx, ContestId(order.contest or ""))
    if contest is None:
        raise NotFound(contest=order.contest or "")
    await _MOVES[order.kind](tx, contest, order, at)
    if order.kind is Kind.REVIEW or contest.phase is Phase.CLOSED:  # a first reveal approves too
        await _note_held(tx, actor, contest.id, at)
    if order.kind in ON_STAGE and stage.contest != contest.id:
        stage = msgspec.structs.replace(
            stage, session=contest.subject, contest=contest.id, picked=None
        )
    return stage, (contest.id,)


async def _note_held(tx: Tx, actor: Person, contest_id: str, at: datetime) -> None:
    """Write down how many ballots stay held by the organiser's word, if there are any."""
    n = await contest_store.count_held(tx, contest_id)
    if n:
        await record.append(
            tx, at=at, actor=actor, action=LEFT_HELD, subject=contest_id, facts={"n": n}
        )


async def _ready(tx: Tx, contest: Contest, order: Order, at: datetime) -> None:
    await finals.check(tx, contest, order)
    contest_plan.check(contest)
    await contest_moves.ready(tx, contest.id, order.version, at)


async def _open(tx: Tx, contest: Contest, order: Order, at: datetime) -> None:
    await _check_on_stage(tx, contest)
    await contest_moves.open(tx, contest.id, order.version, at)


async def _pause(tx: Tx, contest: Contest, order: Order, at: datetime) -> None:
    await contest_moves.pause(tx, contest.id, order.version, at)


async def _resume(tx: Tx, contest: Contest, order: Order, at: datetime) -> None:
    await contest_moves.resume(tx, contest.id, order.version, at)


async def _extend(tx: Tx, contest: Contest, order: Order, _at: datetime) -> None:
    await contest_moves.extend(tx, contest.id, order.version, order.minutes or 0)


async def fix_grace(tx: Tx, contest: Contest, at: datetime) -> int:
    """G of a contest that closes now, measured where its session is streamed."""
    sources = await store.streams_of(tx, contest.subject)
    return await streams.fix_grace(tx, contest, sources, at)


async def _close(tx: Tx, contest: Contest, order: Order, at: datetime) -> None:
    await contest_moves.close(tx, contest.id, order.version, at, fix_grace)


async def _review(tx: Tx, contest: Contest, order: Order, _at: datetime) -> None:
    await contest_moves.review(tx, contest.id, order.version, may_stay_held=order.may_stay_held)


async def _check_on_stage(tx: Tx, contest: Contest) -> None:
    state = (await store.progress(tx)).get(contest.subject)
    if state is not None and state.status not in {Status.LIVE, Status.ENDED}:
        raise SessionNotLive(session=contest.subject, status=state.status.value)


async def _reveal(tx: Tx, contest: Contest, order: Order, at: datetime) -> None:
    """Show the next place; the first one also says that the result has been reviewed."""
    seen = order.version
    if contest.phase is Phase.CLOSED:
        reviewed = await contest_moves.review(
            tx, contest.id, seen, may_stay_held=order.may_stay_held
        )
        seen = reviewed.version
    await contest_moves.reveal(tx, contest.id, seen, at)


async def _publish(tx: Tx, contest: Contest, order: Order, at: datetime) -> None:
    await contest_moves.publish(tx, contest.id, order.version, at)
    state = (await store.progress(tx)).get(contest.subject)
    if state is not None and state.status is Status.ENDED:
        await course.change(tx, contest.subject, state, Cue.PUBLISH, at)


_FILLING: Final = frozenset({Kind.PUBLISH, Kind.CANCEL})
"""Orders after which a final may be among others."""
_MOVES: Final[dict[Kind, Callable[[Tx, Contest, Order, datetime], Awaitable[None]]]] = {
    Kind.READY: _ready,
    Kind.OPEN: _open,
    Kind.PAUSE: _pause,
    Kind.RESUME: _resume,
    Kind.EXTEND: _extend,
    Kind.CLOSE: _close,
    Kind.REVIEW: _review,
    Kind.REVEAL: _reveal,
    Kind.PUBLISH: _publish,
}


# --- the screens ---


async def _pick(tx: Tx, stage: Stage, order: Order) -> Stage:
    """Pick a scene, perhaps of another session; without a scene it follows by itself again."""
    if stage.version != order.version:
        raise StaleVersion(version=stage.version, seen=order.version)
    if order.session is not None:
        if order.session not in await store.progress(tx):
            raise NotFound(session=order.session)
        stage = msgspec.structs.replace(stage, session=order.session)
    found = await course.contest_of(tx, stage.session) if stage.session else None
    phase, visibility = (found.phase, found.rules.visibility) if found else (None, "hidden")
    if order.scene is not None and not may_show(order.scene, phase, visibility):
        raise SceneNotYet(scene=order.scene.value)
    return msgspec.structs.replace(stage, contest=found.id if found else None, picked=order.scene)


# --- the programme ---


async def put_in_force(
    tx: Tx, programme: Programme, secret: str, at: datetime
) -> tuple[ContestId, ...]:
    """Make this the programme, with the contests its sessions ask for.

    A contest that is no draft any more is left as it is: `reload.compare` has put back what would
    change it. Returns the ids of the contests that were made or changed.
    """
    known = await store.progress(tx)
    codes = join_codes(secret, (one.id for one in programme.sessions), known)
    await store.begin_stage(tx)
    await store.write_programme(tx, programme, codes, at)
    stage = await store.find_stage(tx)
    if stage is not None:
        await store.set_stage(tx, _still_there(stage, programme))
    touched: list[ContestId] = []
    for plan in sorted(contest_plan.contests_of(programme), key=lambda one: one.id):
        existing = await contest_store.find(tx, plan.id)
        draft = _as_filled(programme, plan, existing)
        if existing is None:
            await contest_moves.create(tx, draft)
        elif existing.phase is Phase.DRAFT and not contest_plan.is_same_question(existing, draft):
            await contest_moves.redefine(tx, draft)
        else:
            continue
        touched.append(draft.id)
    return tuple(dict.fromkeys((*touched, *await finals.refill(tx, programme, at))))


def _as_filled(programme: Programme, plan: Contest, existing: Contest | None) -> Contest:
    """The plan of a final with the finalists it has already."""
    session = programme.session(plan.subject)
    if existing is None or session is None or session.final is None:
        return plan
    return contest_plan.with_options(programme, session, plan, existing.options)


def join_codes(
    secret: str, sessions: Iterable[str], known: Mapping[str, Progress]
) -> dict[str, str]:
    """Session id → join code for sessions that have none yet; a code in use is never given again."""
    taken = {state.code for state in known.values()}
    fresh: dict[str, str] = {}
    for code, session in passes.join_codes(secret, sessions).items():
        if session in known:
            continue
        attempt = 0
        while code in taken:
            attempt += 1
            code = next(iter(passes.join_codes(secret, [f"{session}\0{attempt}"])))  # noqa: PLW2901
        fresh[session] = code
        taken.add(code)
    return fresh


def _still_there(stage: Stage, programme: Programme) -> Stage:
    """The stage with a new version, empty when its session is gone."""
    version = stage.version + 1
    if stage.session is None or programme.session(stage.session):
        return msgspec.structs.replace(stage, version=version)
    return Stage(version=version)


def _facts(order: Order) -> Facts:
    facts: Facts = {"version": order.version}
    if order.minutes is not None:
        facts["minutes"] = order.minutes
    if order.by is not None:
        facts["minutes"] = order.by
    if order.ends is not None:
        facts["ends"] = order.ends
    if order.kind is Kind.SCENE:
        facts["scene"] = order.scene.value if order.scene else "auto"
        if order.session is not None:
            facts["session"] = order.session
    return facts


def _fingerprint(actor: Person, order: Order) -> str:
    pressed = msgspec.structs.replace(order, confirmed=True)
    return hashlib.sha256(actor.id.encode() + b"\0" + msgspec.json.encode(pressed)).hexdigest()
