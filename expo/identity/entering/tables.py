"""Rows of entering: identities by which people sign in, and whose a device is."""

from datetime import datetime

from sqlmodel import Field

from expo.db import Row


class IdentityRow(Row, table=True):
    """One way by which a person signs in; of the subject only a keyed mark is kept."""

    __tablename__ = "identities"

    id: str = Field(primary_key=True)
    person_id: str = Field(foreign_key="persons.id", index=True)
    kind: str
    issuer: str
    """Who vouches: an issuer's address, a list's id; nothing about the person."""
    mark: str = Field(unique=True)
    label: str
    """What staff call the person by this identity."""
    contact: str | None = None
    """Address for letters to the person."""
    added_at: datetime
    last_used_at: datetime


class HeldDeviceRow(Row, table=True):
    """A device whose person signed in: it no longer makes a customer of its own."""

    __tablename__ = "held_devices"

    device: str = Field(primary_key=True)
    """The device's fingerprint."""
    person_id: str = Field(foreign_key="persons.id", index=True)
    held_at: datetime
