"""Invitations in and out of the database."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, insert, or_, update
from sqlmodel import col, select

from expo.db import Tx
from expo.identity.invitations.tables import InvitationRow
from expo.identity.invitations.values import Invitation, State
from expo.mailboxes import owner
from expo.rights import Role

_AT_ONCE: Final = 500  # invitations in one statement; about 10 ms


async def add(tx: Tx, invitations: Collection[Invitation], invited_by: str) -> None:
    """Keep new invitations."""
    rows = [
        {
            "id": one.id,
            "mailbox": owner(one.email),
            "email": one.email,
            "name": one.name,
            "role": one.role.value,
            "electorate": one.electorate,
            "entity": one.entity,
            "language": one.language,
            "mark": one.mark,
            "expires_at": one.expires_at,
            "sent_at": one.sent_at,
            "sends": one.sends,
            "invited_by": invited_by,
        }
        for one in invitations
    ]
    for first in range(0, len(rows), _AT_ONCE):  # the loop breathes in between
        await tx.execute(insert(InvitationRow), rows[first : first + _AT_ONCE])


async def invited(tx: Tx) -> frozenset[str]:
    """The mailboxes with an invitation that was not taken back."""
    found = select(InvitationRow.mailbox).where(col(InvitationRow.revoked_at).is_(None))
    return frozenset((await tx.execute(found)).scalars())


async def in_teams(tx: Tx, at: datetime) -> frozenset[tuple[str, Role]]:
    """The entities somebody was invited for, each with the role; not by links that are over then."""
    found = select(InvitationRow.entity, InvitationRow.role).where(
        col(InvitationRow.entity).is_not(None),
        col(InvitationRow.revoked_at).is_(None),
        or_(col(InvitationRow.accepted_at).is_not(None), col(InvitationRow.expires_at) > at),
    )
    return frozenset((str(entity), Role(role)) for entity, role in (await tx.execute(found)).all())


async def by_mark(tx: Tx, mark: str, *, hold: bool) -> Invitation | None:
    """The invitation whose newest link has this fingerprint; held against another who follows it."""
    return await _one(tx, col(InvitationRow.mark) == mark, hold=hold)


async def by_id(tx: Tx, invitation_id: str) -> Invitation | None:
    """The invitation with this id, held."""
    return await _one(tx, col(InvitationRow.id) == invitation_id, hold=True)


async def for_mailbox(tx: Tx, mailbox: str) -> Invitation | None:
    """The invitation of this mailbox that was not taken back."""
    return await _one(
        tx,
        (col(InvitationRow.mailbox) == mailbox) & col(InvitationRow.revoked_at).is_(None),
        hold=True,
    )


async def sent_again(tx: Tx, invitation: Invitation) -> None:
    """Keep the newest link of an invitation; the earlier ones open nothing any more."""
    changed = {
        "mark": invitation.mark,
        "expires_at": invitation.expires_at,
        "sent_at": invitation.sent_at,
        "sends": invitation.sends,
        "accepted_at": None,
    }
    await _change(tx, invitation.id, changed)


async def accepted(tx: Tx, invitation_id: str, at: datetime | None) -> None:
    """Somebody came in by it; None where the door was shut after all."""
    await _change(tx, invitation_id, {"accepted_at": at})


async def revoked(tx: Tx, invitation_id: str, at: datetime) -> None:
    """An organiser took it back."""
    await _change(tx, invitation_id, {"revoked_at": at})


async def found(
    tx: Tx, words: str, state: State | None, now: datetime, limit: int
) -> tuple[Invitation, ...]:
    """Invitations, newest first.

    Args:
        tx: The caller's transaction.
        words: Part of a name or an address; empty for everybody.
        state: Only these; None for all.
        now: Decides what has expired.
        limit: At most so many.
    """
    query = select(InvitationRow).order_by(
        col(InvitationRow.sent_at).desc(), col(InvitationRow.id).desc()
    )
    if words:
        query = query.where(
            or_(
                col(InvitationRow.email).icontains(words, autoescape=True),
                col(InvitationRow.name).icontains(words, autoescape=True),
            )
        )
    if state is not None:
        query = query.where(_in_state(state, now))
    rows = (await tx.execute(query.limit(limit))).mappings()
    return tuple(_invitation(row) for row in rows)


async def counts(tx: Tx, now: datetime) -> dict[State, int]:
    """How many invitations stand in each state."""
    told = {}
    for state in State:
        counted = select(func.count()).select_from(InvitationRow).where(_in_state(state, now))
        told[state] = int((await tx.execute(counted)).scalar_one())
    return told


def _in_state(state: State, now: datetime) -> Any:
    stands = col(InvitationRow.revoked_at).is_(None)
    waits = stands & col(InvitationRow.accepted_at).is_(None)
    match state:
        case State.REVOKED:
            return col(InvitationRow.revoked_at).is_not(None)
        case State.ACCEPTED:
            return stands & col(InvitationRow.accepted_at).is_not(None)
        case State.EXPIRED:
            return waits & (col(InvitationRow.expires_at) <= now)
        case State.OPEN:
            return waits & (col(InvitationRow.expires_at) > now)


async def _one(tx: Tx, condition: Any, *, hold: bool) -> Invitation | None:
    query = select(InvitationRow).where(condition).limit(1)
    query = query.with_for_update() if hold else query
    row = (await tx.execute(query)).mappings().one_or_none()
    return _invitation(row) if row else None


async def _change(tx: Tx, invitation_id: str, values: dict[str, Any]) -> None:
    await tx.execute(
        update(InvitationRow).where(col(InvitationRow.id) == invitation_id).values(**values)
    )


def _invitation(row: Mapping[Any, Any]) -> Invitation:
    return Invitation(
        id=row["id"],
        email=row["email"],
        name=row["name"],
        role=Role(row["role"]),
        electorate=row["electorate"],
        entity=row["entity"],
        language=row["language"],
        mark=row["mark"],
        expires_at=row["expires_at"],
        sent_at=row["sent_at"],
        sends=row["sends"],
        accepted_at=row["accepted_at"],
        revoked_at=row["revoked_at"],
    )
