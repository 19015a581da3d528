"""Proposals, their history, revisions and pictures in and out of the database."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import delete, func, insert, update
from sqlmodel import col, select

from expo.catalogue.proposals.states import State
from expo.catalogue.proposals.tables import (
    ProposalEventRow,
    ProposalImageRow,
    ProposalRevisionRow,
    ProposalRow,
)
from expo.catalogue.proposals.values import (
    Change,
    Comment,
    Content,
    Event,
    Proposal,
    ProposalId,
    Revision,
)
from expo.db import Tx
from expo.record import store as record
from expo.record.store import Actor

_content = msgspec.json.Decoder(Content)
_comments = msgspec.json.Decoder(tuple[Comment, ...])
_changes = msgspec.json.Decoder(tuple[Change, ...])

# --- proposals ---


async def add(tx: Tx, proposal: Proposal) -> None:
    """Keep a new proposal."""
    await tx.execute(insert(ProposalRow).values(id=proposal.id, **_columns(proposal)))


async def put(tx: Tx, proposal: Proposal) -> None:
    """Keep a proposal as it stands now, over what was there."""
    await tx.execute(
        update(ProposalRow).where(col(ProposalRow.id) == proposal.id).values(_columns(proposal))
    )


async def find(tx: Tx, proposal_id: str, *, hold: bool = False) -> Proposal | None:
    """The proposal with this id; ``hold`` keeps others from writing it until the transaction ends."""
    found = select(ProposalRow).where(col(ProposalRow.id) == proposal_id)
    found = found.with_for_update() if hold else found
    row = (await tx.execute(found)).mappings().one_or_none()
    return _proposal(row) if row else None


async def list_(
    tx: Tx, *, entity: str | None = None, states: Collection[State] | None = None
) -> tuple[Proposal, ...]:
    """Proposals, those written last first; of one entity, or in some states."""
    found = select(ProposalRow).order_by(
        col(ProposalRow.saved_at).desc(), col(ProposalRow.id).desc()
    )
    if entity is not None:
        found = found.where(col(ProposalRow.entity) == entity)
    if states is not None:
        found = found.where(col(ProposalRow.state).in_([state.value for state in states]))
    return tuple(_proposal(row) for row in (await tx.execute(found)).mappings())


async def count(tx: Tx, entity: str) -> int:
    """How many proposals an entity has, in whatever state."""
    counted = select(func.count()).where(col(ProposalRow.entity) == entity)
    return int((await tx.execute(counted)).scalar_one())


# --- what happened ---


async def append_event(
    tx: Tx,
    proposal: Proposal,
    actor: Actor,
    action: str,
    *,
    reason: str = "",
    comments: tuple[Comment, ...] = (),
) -> None:
    """Write one line of the history: the proposal as it is afterwards, and who did it."""
    await record.remember(tx, actor)
    await tx.execute(
        insert(ProposalEventRow).values(
            proposal=proposal.id,
            at=proposal.saved_at,
            actor_id=actor.id,
            actor_role=actor.role.value,
            action=action,
            version=proposal.version,
            state=proposal.state.value,
            reason=reason,
            comments=_json(comments),
        )
    )


async def events(tx: Tx, proposal_id: str) -> tuple[Event, ...]:
    """The history of a proposal, oldest first."""
    found = (
        select(ProposalEventRow)
        .where(col(ProposalEventRow.proposal) == proposal_id)
        .order_by(col(ProposalEventRow.position))
    )
    rows = (await tx.execute(found)).mappings().all()
    called = await record.names(tx, {row["actor_id"] for row in rows})
    return tuple(
        Event(
            at=row["at"],
            actor=called.get(row["actor_id"]) or row["actor_role"],
            action=row["action"],
            version=row["version"],
            state=State(row["state"]),
            reason=row["reason"],
            comments=_comments.decode(row["comments"]),
        )
        for row in rows
    )


async def append_revision(
    tx: Tx, proposal_id: ProposalId, at: datetime, changes: tuple[Change, ...]
) -> Revision:
    """Write the next public revision; the proposal is held by this transaction."""
    counted = select(func.count()).where(col(ProposalRevisionRow.proposal) == proposal_id)
    number = int((await tx.execute(counted)).scalar_one()) + 1
    await tx.execute(
        insert(ProposalRevisionRow).values(
            proposal=proposal_id, number=number, at=at, changes=_json(changes)
        )
    )
    return Revision(number, at, changes)


async def revisions(tx: Tx, proposal_id: str) -> tuple[Revision, ...]:
    """The public revisions of a proposal, newest first."""
    found = (
        select(ProposalRevisionRow)
        .where(col(ProposalRevisionRow.proposal) == proposal_id)
        .order_by(col(ProposalRevisionRow.number).desc())
    )
    return tuple(
        Revision(row["number"], row["at"], _changes.decode(row["changes"]))
        for row in (await tx.execute(found)).mappings()
    )


# --- pictures ---


async def add_image(tx: Tx, image_id: str, proposal_id: ProposalId, at: datetime) -> None:
    """Note whose picture this is."""
    row = {"id": image_id, "proposal": proposal_id, "added_at": at}
    await tx.execute(insert(ProposalImageRow).values(row))


async def remove_images(tx: Tx, image_ids: Collection[str]) -> None:
    """Forget pictures."""
    await tx.execute(delete(ProposalImageRow).where(col(ProposalImageRow.id).in_(image_ids)))


async def find_by_image(tx: Tx, image_id: str) -> Proposal | None:
    """The proposal a picture belongs to."""
    found = (
        select(ProposalRow)
        .join(ProposalImageRow, col(ProposalImageRow.proposal) == col(ProposalRow.id))
        .where(col(ProposalImageRow.id) == image_id)
    )
    row = (await tx.execute(found)).mappings().one_or_none()
    return _proposal(row) if row else None


def _columns(proposal: Proposal) -> dict[str, Any]:
    return {
        "entity": proposal.entity,
        "state": proposal.state.value,
        "version": proposal.version,
        "content": _json(proposal.content),
        "created_at": proposal.created_at,
        "saved_at": proposal.saved_at,
        "saved_by": proposal.saved_by,
        "submitted_at": proposal.submitted_at,
        "published_at": proposal.published_at,
        "session": proposal.session,
    }


def _proposal(row: Mapping[Any, Any]) -> Proposal:
    return Proposal(
        id=ProposalId(row["id"]),
        entity=row["entity"],
        state=State(row["state"]),
        version=row["version"],
        content=_content.decode(row["content"]),
        created_at=row["created_at"],
        saved_at=row["saved_at"],
        saved_by=row["saved_by"],
        submitted_at=row["submitted_at"],
        published_at=row["published_at"],
        session=row["session"],
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()
