"""What happens to people and visits inside somebody else's transaction."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from expo.db import Tx
from expo.identity import store
from expo.identity.admission import stay
from expo.identity.people import Assurance, Person, Visit, VisitId
from expo.passes import fingerprint

EndSockets = Callable[[frozenset[VisitId], int], None]
"""Closes every socket of these visits with this code; `usecases.closing_through` makes one from a hub."""

_TOKEN_BYTES: Final = 32  # of a visit cookie (ASVS 7.2.3 asks for 16)


class Joined(msgspec.Struct, frozen=True):
    """A visit that has its person, with the token for its cookie."""

    visit: Visit
    token: str


async def begin(
    tx: Tx, person: Person, device: str, now: datetime, assurance: Assurance | None = None
) -> Joined:
    """A new visit of this person, kept, with the only copy of its cookie's token.

    Args:
        tx: The caller's transaction.
        person: As on record.
        device: The device's own token.
        now: When.
        assurance: How surely the person is known this time; None: as surely as ever.
    """
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    as_known = msgspec.structs.replace(person, assurance=assurance or person.assurance)
    visit = Visit(id=VisitId(new_id(now)), person=as_known, device=device)
    over_at = now + stay(person.role)
    await store.add_visit(
        tx, visit, fingerprint=fingerprint(token), started_at=now, expires_at=over_at
    )
    return Joined(visit, token)


def new_id(now: datetime) -> str:
    """A short id that sorts by time; 48 bits of chance part those of one millisecond."""
    return f"{int(now.timestamp() * 1000):011x}{secrets.token_hex(6)}"
