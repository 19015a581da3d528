"""Rows of streams: how far viewers are behind, counted by seconds."""

from datetime import datetime

from sqlmodel import Field

from expo.db import Row


class DelayRow(Row, table=True):
    """The last minute of one session's viewers as one process counted them; ``counts`` is JSON."""

    __tablename__ = "stream_delay"

    session: str = Field(primary_key=True, max_length=64)
    node: str = Field(primary_key=True, max_length=16)
    at: datetime
    counts: str
