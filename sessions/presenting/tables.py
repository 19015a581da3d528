"""Rows of the cues to presenters: the last one of each session."""

from datetime import datetime

from sqlmodel import Field

from expo.db import Row


class PresenterCueRow(Row, table=True):
    """The last cue of a session; who sent it is in the staff log."""

    __tablename__ = "presenter_cue"

    session: str = Field(primary_key=True, max_length=64)
    n: int
    kind: str = Field(max_length=16)
    text: str
    sent_at: datetime
    seen_at: datetime | None
