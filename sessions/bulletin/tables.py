"""Rows of bulletins."""

from datetime import datetime

from sqlmodel import Field

from expo.db import Row


class BulletinRow(Row, table=True):
    """One version of a day's bulletin; never removed, and once published never changed but in state."""

    __tablename__ = "bulletin"

    day: int = Field(primary_key=True)
    version: int = Field(primary_key=True)
    state: str = Field(max_length=16)
    revision: int
    """Grows with every change; whoever acts says which one was seen."""
    words: str
    """What organisers wrote, as JSON."""
    writers: str
    """Who wrote in it, as JSON; devices and marks go when it is published."""
    created_at: datetime
    saved_at: datetime
    embargo_at: datetime | None = None
    edition: str | None = None
    """The frozen edition as JSON, from its review on."""
    sent_at: datetime | None = None
    reviewed_by: str
    """Id of the second person; empty before the review."""
    reviewed_at: datetime | None = None
    published_at: datetime | None = None
    serial: int | None = Field(default=None, unique=True)
    """The how manieth publication of the expo this is; null before."""
    body: str | None = None
    """The canonical JSON as published."""
    note: str | None = None
    """The signed note about it."""
