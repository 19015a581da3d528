"""Rows of the releases."""

from datetime import datetime

from sqlmodel import Field

from expo.db import Row


class ReleaseRow(Row, table=True):
    """One published schedule; ``changes`` is JSON."""

    __tablename__ = "plan_release"

    n: int = Field(primary_key=True)
    name_ar: str
    name_en: str
    note_ar: str
    note_en: str
    changes: str
    at: datetime
