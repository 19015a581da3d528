"""Rows of the schedule board: the draft's versions."""

from datetime import datetime

from sqlmodel import Field

from expo.db import Row


class PlanRow(Row, table=True):
    """One version of the draft; ``document`` is its JSON, empty where the draft ended.

    ``title`` is the JSON of the title of the session that was changed; ``back`` the version that an undo
    brings back.
    """

    __tablename__ = "plan_version"

    version: int = Field(primary_key=True)
    document: str
    action: str = Field(max_length=32)
    subject: str = Field(max_length=64)
    title: str
    back: int | None = None
    at: datetime
