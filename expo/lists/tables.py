"""Rows of lists that wait for an organiser's word."""

from datetime import datetime

from sqlmodel import Field

from expo.db import Row


class ListDraftRow(Row, table=True):
    """A list as it was read, until it is put in force or an hour is over."""

    __tablename__ = "list_drafts"

    id: str = Field(primary_key=True, max_length=64)
    value: str
    """What was read, as whoever reads it again wrote it."""
    made_by: str = Field(max_length=64)
    made_at: datetime
