"""Rows of signing in by e-mail."""

from datetime import datetime

from sqlmodel import Field

from expo.db import Row


class AskedLetterRow(Row, table=True):
    """A letter with a code and a link that was asked for; kept for a day to count them."""

    __tablename__ = "asked_letters"

    id: str = Field(primary_key=True)
    device: str = Field(index=True)
    """Fingerprint of the device that asked; the code works on it alone."""
    mailbox: str = Field(index=True)
    """A keyed mark of the mailbox, by which its letters are counted."""
    address: str
    """Where the letter went; wiped when its link is used or over."""
    code_mark: str
    """A keyed hash of the code."""
    link_mark: str = Field(unique=True)
    """The fingerprint of the link's nonce."""
    then: str
    """The page that was asked for before signing in."""
    asked_at: datetime = Field(index=True)
    tries: int
    """How often the code was typed wrong."""
    used_at: datetime | None = None
