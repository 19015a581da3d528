"""Rows of the venue: badges."""

from datetime import datetime

from sqlmodel import Field

from expo.db import Row


class BadgeRow(Row, table=True):
    """One badge; of its code only a keyed mark is kept."""

    __tablename__ = "badges"

    id: str = Field(primary_key=True)
    mark: str = Field(unique=True)
    batch: str = Field(index=True)
    """Badges of one sheet; the same sheet is never issued twice."""
    electorate: str
    label: str
    issued_at: datetime
    issued_by: str
    expires_at: datetime
    device: str | None = None
    """Fingerprint of the device that came in with it."""
    used_at: datetime | None = None
    revoked_at: datetime | None = None
