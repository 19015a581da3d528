"""Rows of invitations."""

from datetime import datetime

from sqlmodel import Field

from expo.db import Row


class InvitationRow(Row, table=True):
    """Somebody invited; of the link's token only a fingerprint is kept."""

    __tablename__ = "invitations"

    id: str = Field(primary_key=True, max_length=64)
    mailbox: str = Field(index=True, max_length=254)
    """What all spellings of the address have in common; one invitation that stands for each."""
    email: str = Field(max_length=254)
    """Where letters go."""
    name: str = Field(max_length=80)
    """What staff call the person."""
    role: str = Field(max_length=16)
    electorate: str | None = Field(default=None, max_length=64)
    entity: str | None = Field(default=None, max_length=64)
    language: str = Field(max_length=2)
    mark: str = Field(unique=True, max_length=64)
    """Fingerprint of the newest link."""
    expires_at: datetime
    sent_at: datetime
    sends: int
    invited_by: str = Field(max_length=64)
    accepted_at: datetime | None = None
    revoked_at: datetime | None = None
