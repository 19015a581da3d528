"""Rows of the post."""

from datetime import datetime

from sqlmodel import Field

from expo.db import Row


class LetterRow(Row, table=True):
    """One letter; its text is wiped once it has been delivered or is of no use any more."""

    __tablename__ = "letters"

    id: str = Field(primary_key=True, max_length=64)
    recipient: str = Field(index=True, max_length=254)
    """Where the letter goes."""
    language: str = Field(max_length=2)
    subject: str
    text: str
    """What it says, with its code or link, until it is delivered or over."""
    purpose: str = Field(max_length=64)
    use_until: datetime
    unsubscribe: str = ""
    """The address that ends such letters, as long as there is a text."""
    state: str = Field(max_length=16)
    written_at: datetime
    next_at: datetime = Field(index=True)
    """When it is tried next."""
    attempts: int
    doubts: int
    """How often it was handed over without an answer."""
    answer: str
    """What the mail server said last."""
    done_at: datetime | None = None
