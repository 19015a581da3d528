"""Decisions about held ballots inside somebody else's transaction: checked, appended, not committed.

Two people decide between the close and the review of the result; a stronger sign-in lifts a hold at
any time before the review. Either is a line of the log that replaces the ballot's own: nothing is ever
changed or deleted there, and the count follows of itself.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from expo.db import Tx
from expo.identity.people import Assurance
from voting import store
from voting.ballots import whole_ms
from voting.batches import Head, Kept
from voting.contests import IllegalMove, Phase
from voting.eligibility import UnknownContest
from voting.holds import RELEASED, SIGNED_IN, VoidReason, lifted

DECIDE: Final = "decide-held"
"""What refusals call a decision by people."""
LIFTABLE: Final = frozenset({Phase.OPEN, Phase.PAUSED, Phase.CLOSING, Phase.CLOSED})


async def release(tx: Tx, contest_id: str, positions: Sequence[int], at: datetime) -> int:
    """Count these held ballots; how many there still were to release.

    What its voter has replaced meanwhile, or what was decided before, is left alone.

    Raises:
        UnknownContest: There is no such contest.
        IllegalMove: It is not between its close and its review.
    """
    head = await _held_head(tx, contest_id)
    return await _decide(tx, head, positions, at, "counted", RELEASED)


async def void(
    tx: Tx, contest_id: str, positions: Sequence[int], why: VoidReason, at: datetime
) -> int:
    """Take these held ballots out for good; how many there still were.

    Raises:
        UnknownContest: There is no such contest.
        IllegalMove: It is not between its close and its review.
    """
    head = await _held_head(tx, contest_id)
    return await _decide(tx, head, positions, at, "void", why.value)


async def lift(
    tx: Tx, contest_id: str, voter: str, assurance: Assurance, at: datetime
) -> int | None:
    """Count a voter's held ballot if being known so surely lifts the rule that holds it.

    Returns:
        Position of the ballot that was lifted, or None.
    """
    heads = await store.lock(tx, [contest_id])
    if not heads or heads[0].contest.phase not in LIFTABLE:
        return None
    head = heads[0]
    kept = next(iter(await store.current(tx, contest_id, [voter])), None)
    if kept is None or not kept.is_held:
        return None
    if not lifted(head.contest.rules.holds, kept.why, assurance):
        return None
    await store.append_decisions(tx, head, _lines([kept], "counted", SIGNED_IN), whole_ms(at))
    return kept.position


async def _held_head(tx: Tx, contest_id: str) -> Head:
    heads = await store.lock(tx, [contest_id])
    if not heads:
        raise UnknownContest
    phase = heads[0].contest.phase
    if phase is not Phase.CLOSED:
        raise IllegalMove(phase=phase.value, move=DECIDE)
    return heads[0]


async def _decide(
    tx: Tx,
    head: Head,
    positions: Sequence[int],
    at: datetime,
    status: Literal["counted", "void"],
    why: str,
) -> int:
    found = await store.held(tx, head.contest.id, positions)
    if found:
        await store.append_decisions(tx, head, _lines(found, status, why), whole_ms(at))
    return len(found)


def _lines(found: Sequence[Kept], status: str, why: str) -> tuple[Kept, ...]:
    return tuple(msgspec.structs.replace(kept, status=status, why=why) for kept in found)
