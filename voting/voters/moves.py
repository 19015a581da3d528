"""A person's ballots in all contests, inside somebody else's transaction.

A ballot that gives way is withdrawn as its voter would: one more line with an empty ranking, so
counts, receipts and snapshots follow of themselves.
"""

import uuid
from datetime import datetime
from typing import Final

import msgspec

from expo.db import Tx
from voting import store
from voting.ballots import tag_of, whole_ms
from voting.batches import Head, Kept
from voting.contests import Phase
from voting.forgetting import store as forgotten
from voting.heads import store as heads

_BEFORE: Final = frozenset({Phase.DRAFT, Phase.READY})
_STARTED: Final = frozenset(Phase) - _BEFORE
_RUNNING: Final = frozenset({Phase.OPEN, Phase.PAUSED, Phase.CLOSING})


async def has_cast(tx: Tx, person: str) -> bool:
    """Whether this person has a ballot on record in any contest, withdrawn or not."""
    if await forgotten.is_settled(tx, person):
        return True
    return bool(await store.standing_ballots(tx, await _tags(tx, person, _STARTED)))


async def withdraw(tx: Tx, person: str, at: datetime) -> tuple[str, ...]:
    """Withdraw this person's ballots wherever ballots are still taken; the contests concerned.

    Heads are held in order of id, as everywhere; all of them, so that several people in one
    transaction keep that order too.
    """
    tags = await _tags(tx, person, _RUNNING)
    if not await store.standing_ballots(tx, tags):
        return ()
    gone = []
    for head in await store.lock(tx, tags):
        kept = next(iter(await store.current(tx, head.contest.id, [tags[head.contest.id]])), None)
        if kept is not None and kept.ranking and _is_running(head, whole_ms(at)):
            log = await heads.log_of(tx, head, kept.voter)
            await store.append_cast(tx, log, _withdrawal(log, kept, whole_ms(at)))
            gone.append(head.contest.id)
    return tuple(gone)


async def _tags(tx: Tx, person: str, phases: frozenset[Phase]) -> dict[str, str]:
    """The person's tag in each contest in one of these phases."""
    secrets = await store.secrets_of(tx, phases)
    return {contest: tag_of(secret, person) for contest, secret in secrets.items()}


def _is_running(head: Head, at: datetime) -> bool:
    """Whether a ballot can still change: what the record has at the hard close is the result."""
    hard_close_at = head.contest.hard_close_at
    if head.contest.phase is Phase.PAUSED:
        return True
    return head.contest.phase in _RUNNING and hard_close_at is not None and at <= hard_close_at


def _withdrawal(head: Head, kept: Kept, at: datetime) -> Kept:
    return msgspec.structs.replace(
        kept,
        position=head.following(),
        ballot_id=str(uuid.uuid4()),
        revision=kept.revision + 1,
        ranking=(),
        own=(),
        accepted_at=at,
        nonce=None,
        status="counted",
        replaces=kept.position,
        why=None,
    )
