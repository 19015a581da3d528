"""Fixing the grace when a contest closes, inside the transaction that closes it; nothing here commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from expo.db import Tx
from expo.errors import N_
from expo.record import store as record
from expo.record.lines import Facts
from sessions.streams import store
from sessions.streams.grace import grace, percentile
from sessions.streams.sources import Stream, is_outside
from voting.contests import Contest

FIXED: Final = N_("grace-fixed")
"""The line of the staff log that says G, and what it comes from."""


async def fix_grace(tx: Tx, contest: Contest, streams: Sequence[Stream], at: datetime) -> int:
    """G of a contest that closes now, in seconds; where its session is streamed, the log says it.

    Args:
        tx: The transaction in which it closes.
        contest: As it was open.
        streams: Where its session can be watched.
        at: The instant.
    """
    least = contest.rules.grace_seconds
    if not streams:
        return least
    delays = await store.lately(tx, contest.subject, at)
    seconds = grace(delays, least=least, outside=any(map(is_outside, streams)))
    facts: Facts = {
        "seconds": seconds,
        "viewers": delays.measured,
        "unmeasured": delays.unmeasured,
    }
    behind = percentile(delays)
    if behind is not None:
        facts["behind"] = behind
    await record.append(tx, at=at, actor=None, action=FIXED, subject=contest.id, facts=facts)
    return seconds
