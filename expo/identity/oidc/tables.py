"""Rows of signing in with a provider."""

from datetime import datetime

from sqlmodel import Field

from expo.db import Row


class UsedTripRow(Row, table=True):
    """A sign-in whose answer was taken; of its state only the fingerprint is kept, and not for long."""

    __tablename__ = "used_trips"

    state: str = Field(primary_key=True)
    expires_at: datetime = Field(index=True)
