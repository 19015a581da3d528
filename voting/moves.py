"""What can happen to a contest inside somebody else's transaction: checked, written, not committed.

Each takes the contest's head, so a move and a batch of ballots come one after the other, and the
version the mover saw, so two organisers cannot both act on the same picture.
"""

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

import msgspec

from expo.db import Tx
from expo.errors import N_, Refusal, StaleVersion
from voting import store
from voting.ballots import whole_ms
from voting.batches import Head
from voting.bundle import render
from voting.contests import (
    MOST_GRACE,
    MOST_OPTIONS,
    Contest,
    ContestId,
    IllegalMove,
    Move,
    Phase,
    after,
)
from voting.eligibility import UnknownContest
from voting.heads import store as heads
from voting.methods.weights import checked
from voting.results import shares_of
from voting.sealing import moves as sealing

_SECRET_BYTES: Final = 32
_LONGEST: Final = timedelta(hours=12)  # a window beyond the day is a slip of the finger


Grace = Callable[[Tx, Contest, datetime], Awaitable[int]]
"""Says G in seconds, once, in the transaction that closes a contest at this instant."""


class NotCounted(Refusal):
    """The result is still being counted; it takes a moment."""

    code = N_("not-counted-yet")
    status = 409


class RecountDiffers(Refusal):
    """The recount differed from the running tally: nothing is published until somebody knows why."""

    code = N_("recount-differs")
    status = 409


class HeldUndecided(Refusal):
    """``n`` ballots are held and nobody has decided about them, nor said that they stay held."""

    code = N_("held-undecided")
    status = 409


class TooLong(Refusal):
    """The contest would stay open longer than ``most_minutes``."""

    code = N_("window-too-long")
    status = 422


class Incomplete(Refusal):
    """The contest's definition cannot be put to anybody: no option, too many, or one twice."""

    code = N_("contest-incomplete")
    status = 409


async def create(tx: Tx, contest: Contest) -> Contest:
    """A new contest in draft, with a secret of its own."""
    draft = msgspec.structs.replace(contest, phase=Phase.DRAFT, version=1)
    await store.create(tx, draft, secrets.token_bytes(_SECRET_BYTES))
    return draft


async def redefine(tx: Tx, contest: Contest) -> Contest:
    """The draft with another definition.

    Raises:
        UnknownContest: It does not exist.
        IllegalMove: It is no draft any more.
    """
    head = await _held(tx, contest.id)
    if head.contest.phase is not Phase.DRAFT:
        raise IllegalMove(phase=head.contest.phase.value, move="redefine")
    return await _saved(tx, head, contest, phase=Phase.DRAFT)


async def ready(tx: Tx, contest_id: str, version: int, now: datetime | None = None) -> Contest:  # noqa: ARG001 - every press has an instant
    """The contest with its definition fixed.

    Raises:
        Incomplete: Its options cannot be ranked.
        InvalidShares: Its electorates cannot be weighed.
    """
    head, phase = await _moved(tx, contest_id, version, Move.READY)
    options = [option.id for option in head.contest.options]
    if not 0 < len(options) <= MOST_OPTIONS or len(set(options)) != len(options):
        raise Incomplete(options=len(options))
    checked(shares_of(head.contest))
    await heads.spread(tx, head.contest)
    return await _saved(tx, head, head.contest, phase=phase)


async def open(tx: Tx, contest_id: str, version: int, now: datetime) -> Contest:  # noqa: A001 - the word is the organisers'
    """The contest taking ballots from now until the announced close; its public ledger begins."""
    head, phase = await _moved(tx, contest_id, version, Move.OPEN)
    at = whole_ms(now)
    closes_at = at + timedelta(minutes=head.contest.rules.open_minutes)
    contest = await _saved(tx, head, head.contest, phase=phase, opened_at=at, closes_at=closes_at)
    await sealing.begin(
        tx, contest, lambda: sealing.Fixed(render.rules(contest), render.verifier())
    )
    return contest


async def pause(tx: Tx, contest_id: str, version: int, now: datetime) -> Contest:
    """The contest with its clock stopped; once the announced close has passed it is too late.

    Raises:
        IllegalMove: Not open, or already past its close.
    """
    head, phase = await _moved(tx, contest_id, version, Move.PAUSE)
    at = whole_ms(now)
    _check_running(head.contest, at, Move.PAUSE)
    return await _saved(tx, head, head.contest, phase=phase, paused_at=at)


async def resume(tx: Tx, contest_id: str, version: int, now: datetime) -> Contest:
    """The contest open again, its close later by the length of the pause."""
    head, phase = await _moved(tx, contest_id, version, Move.RESUME)
    contest = head.contest
    closes_at = contest.closes_at
    if closes_at is not None and contest.paused_at is not None:
        closes_at += max(timedelta(), whole_ms(now) - contest.paused_at)
    return await _saved(tx, head, contest, phase=phase, paused_at=None, closes_at=closes_at)


async def extend(tx: Tx, contest_id: str, version: int, minutes: int) -> Contest:
    """The contest with its close moved on.

    Raises:
        TooLong: The window would pass every sensible length.
    """
    head, phase = await _moved(tx, contest_id, version, Move.EXTEND)
    contest = head.contest
    if contest.closes_at is None or contest.opened_at is None:
        raise IllegalMove(phase=contest.phase.value, move=Move.EXTEND.value)
    closes_at = contest.closes_at + timedelta(minutes=max(1, minutes))
    if closes_at - contest.opened_at > _LONGEST:
        raise TooLong(most_minutes=_LONGEST // timedelta(minutes=1))
    return await _saved(tx, head, contest, phase=phase, closes_at=closes_at)


async def close(
    tx: Tx, contest_id: str, version: int, now: datetime, grace: Grace | None = None
) -> Contest:
    """The contest in its grace: announced as closed now, or when its pause began.

    Args:
        tx: The caller's transaction.
        contest_id: The contest.
        version: As the organiser saw it.
        now: The instant.
        grace: Says G, which is fixed here; None: as the rules have it.
    """
    head, phase = await _moved(tx, contest_id, version, Move.CLOSE)
    contest = head.contest
    ends = [at for at in (contest.closes_at, contest.paused_at, whole_ms(now)) if at is not None]
    return await _saved(
        tx,
        head,
        contest,
        phase=phase,
        closes_at=min(ends),
        paused_at=None,
        grace=await _grace(tx, contest, now, grace),
    )


async def lapse(
    tx: Tx, contest_id: str, now: datetime, grace: Grace | None = None
) -> Contest | None:
    """The contest in its grace because its announced close has come; None when it has not."""
    head = await _held(tx, contest_id)
    contest = head.contest
    if contest.phase is not Phase.OPEN or contest.closes_at is None or now < contest.closes_at:
        return None
    seconds = await _grace(tx, contest, now, grace)
    return await _saved(tx, head, contest, phase=after(contest.phase, Move.CLOSE), grace=seconds)


async def hard_close(tx: Tx, contest_id: str, now: datetime) -> Contest | None:
    """The contest closed by a line of its log after which nothing follows; None before its time.

    What arrived in time has to be in the log already: drain the writer first.
    """
    head = await _held(tx, contest_id)
    contest, at = head.contest, whole_ms(now)
    hard_close_at = contest.hard_close_at
    if contest.phase is not Phase.CLOSING or hard_close_at is None or at <= hard_close_at:
        return None
    phase = after(contest.phase, Move.HARD_CLOSE)
    closed = await _saved(tx, head, contest, phase=phase, closed_at=at)
    await store.append_closed(tx, msgspec.structs.replace(head, contest=closed), at)
    return closed


async def review(tx: Tx, contest_id: str, version: int, *, may_stay_held: bool = False) -> Contest:
    """The contest with its result looked at by an organiser; afterwards no held ballot can be decided.

    Args:
        tx: The caller's transaction.
        contest_id: The contest.
        version: As the organiser saw it.
        may_stay_held: The organiser's word that undecided ballots stay held.

    Raises:
        NotCounted: There is no result yet.
        RecountDiffers: The result is disputed.
        HeldUndecided: Ballots wait for a decision, and nobody said that they stay held.
    """
    head, phase = await _moved(tx, contest_id, version, Move.REVIEW)
    await _places(tx, contest_id)
    if not may_stay_held and (n := await store.count_held(tx, contest_id)):
        raise HeldUndecided(n=n)
    return await _saved(tx, head, head.contest, phase=phase)


async def reveal(tx: Tx, contest_id: str, version: int, now: datetime) -> Contest:
    """The contest with one more place shown, from the last upwards.

    Raises:
        IllegalMove: All places are shown.
        NotCounted: There is no result yet.
        RecountDiffers: The result is disputed.
    """
    head, phase = await _moved(tx, contest_id, version, Move.REVEAL)
    places, contest = await _places(tx, contest_id), head.contest
    if contest.phase is Phase.REVEALING and contest.revealed >= places:
        raise IllegalMove(phase=contest.phase.value, move=Move.REVEAL.value)
    revealed = min(places, contest.revealed + 1)
    return await _saved(tx, head, contest, phase=phase, revealed=revealed, revealed_at=now)


async def publish(tx: Tx, contest_id: str, version: int, now: datetime) -> Contest:
    """The contest with its whole result public.

    Raises:
        NotCounted: There is no result yet.
        RecountDiffers: The result is disputed.
    """
    head, phase = await _moved(tx, contest_id, version, Move.PUBLISH)
    places = await _places(tx, contest_id)
    return await _saved(tx, head, head.contest, phase=phase, revealed=places, revealed_at=now)


async def _grace(tx: Tx, contest: Contest, now: datetime, grace: Grace | None) -> int:
    """G, never shorter than the rules promise."""
    least = contest.rules.grace_seconds
    return least if grace is None else max(least, min(MOST_GRACE, await grace(tx, contest, now)))


async def _held(tx: Tx, contest_id: str) -> Head:
    heads = await store.lock(tx, [contest_id])
    if not heads:
        raise UnknownContest
    return heads[0]


async def _moved(tx: Tx, contest_id: str, version: int, move: Move) -> tuple[Head, Phase]:
    """The held head and the phase the move leads to."""
    head = await _held(tx, contest_id)
    contest = head.contest
    if contest.version != version:
        raise StaleVersion(
            contest=contest.id, version=contest.version, state=contest.phase.value, seen=version
        )
    return head, after(contest.phase, move)


async def _saved(tx: Tx, head: Head, contest: Contest, **changes: object) -> Contest:
    """The contest as it is from now on; ``version`` goes up by one."""
    moved = msgspec.structs.replace(
        contest, id=ContestId(head.contest.id), version=head.contest.version + 1, **changes
    )
    await store.save(tx, moved)
    return moved


async def _places(tx: Tx, contest_id: str) -> int:
    """How many places the undisputed result has."""
    verdict = await store.verdict(tx, contest_id)
    if verdict is None:
        raise NotCounted
    places, disputed = verdict
    if disputed:
        raise RecountDiffers
    return places


def _check_running(contest: Contest, at: datetime, move: Move) -> None:
    if contest.closes_at is not None and at >= contest.closes_at:
        raise IllegalMove(phase=contest.phase.value, move=move.value)
