"""Rows of identity: passes, the people they or a device made, and their visits."""

from datetime import datetime

from sqlmodel import Field

from expo.db import Row


class PassRow(Row, table=True):
    """One pass; of its token only the nonce's fingerprint is kept."""

    __tablename__ = "passes"

    id: str = Field(primary_key=True)
    fingerprint: str = Field(unique=True)
    batch: str = Field(index=True)
    """Passes issued together; the same batch is never issued twice."""
    role: str
    electorate: str | None = None
    entity: str | None = None
    label: str
    uses: int
    issued_at: datetime
    issued_by: str | None = None
    expires_at: datetime
    revoked_at: datetime | None = None


class PersonRow(Row, table=True):
    """One person, made by redeeming a pass or by joining with a device."""

    __tablename__ = "persons"

    id: str = Field(primary_key=True)
    role: str
    electorate: str | None = None
    entity: str | None = None
    assurance: str
    label: str
    pass_id: str | None = Field(default=None, foreign_key="passes.id", index=True)
    device: str | None = Field(default=None, unique=True)
    """Fingerprint of the device that joined; None for who came with a pass."""
    created_at: datetime
    erased_at: datetime | None = None
    """From when on the row stands for nobody: ballots and logs need it, nothing else is left."""


class VisitRow(Row, table=True):
    """One device's signed-in stay; of its cookie only the fingerprint is kept."""

    __tablename__ = "visits"

    id: str = Field(primary_key=True)
    fingerprint: str = Field(unique=True)
    person_id: str = Field(foreign_key="persons.id", index=True)
    started_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    assurance: str | None = None
    """How surely the person is known on this visit; None (visits before this was kept): as the person."""
