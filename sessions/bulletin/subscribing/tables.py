"""Rows of those who want bulletins by e-mail."""

from datetime import datetime

from sqlmodel import Field

from expo.db import Row


class SubscriberRow(Row, table=True):
    """One mailbox that asked for bulletins; gone when its owner has enough, or never confirmed."""

    __tablename__ = "bulletin_subscriber"

    id: str = Field(primary_key=True, max_length=64)
    owner: str = Field(unique=True, max_length=254)
    """What all spellings of the mailbox have in common."""
    address: str = Field(max_length=254)
    """Where letters go."""
    language: str = Field(max_length=2)
    asked_at: datetime
    """When the last letter was asked for."""
    counted_from: datetime
    """Since when letters that were asked for are counted."""
    asked: int
    """How many were asked for since then."""
    confirmed_at: datetime | None = None
    told: int
    """Serial of the last publication this mailbox was told of."""
