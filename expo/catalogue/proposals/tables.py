"""Rows of proposals: each as it stands, what happened to it, its public revisions, its pictures."""

from datetime import datetime

from sqlmodel import Field

from expo.db import Row


class ProposalRow(Row, table=True):
    """One proposal; ``content`` is the JSON of what it says."""

    __tablename__ = "proposals"

    id: str = Field(primary_key=True, max_length=64)
    entity: str = Field(index=True, max_length=64)
    state: str = Field(index=True, max_length=16)
    version: int
    content: str
    created_at: datetime
    saved_at: datetime
    saved_by: str
    submitted_at: datetime | None = None
    published_at: datetime | None = None
    session: str | None = Field(default=None, max_length=64)


class ProposalEventRow(Row, table=True):
    """One line of the history; triggers refuse every change and removal."""

    __tablename__ = "proposal_events"

    position: int | None = Field(default=None, primary_key=True)
    proposal: str = Field(foreign_key="proposals.id", index=True)
    at: datetime
    actor_id: str
    actor_role: str
    action: str
    version: int
    state: str
    reason: str
    comments: str


class ProposalRevisionRow(Row, table=True):
    """One change after publication; triggers refuse every change and removal."""

    __tablename__ = "proposal_revisions"

    proposal: str = Field(primary_key=True, foreign_key="proposals.id")
    number: int = Field(primary_key=True)
    at: datetime
    changes: str


class ProposalImageRow(Row, table=True):
    """Which proposal a stored picture belongs to; the file carries the same id."""

    __tablename__ = "proposal_images"

    id: str = Field(primary_key=True, max_length=32)
    proposal: str = Field(foreign_key="proposals.id", index=True)
    added_at: datetime
