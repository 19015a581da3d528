"""Rows of forgetting: complaint windows, and who has voted where nobody can tell any more."""

from datetime import datetime

from sqlmodel import Field

from expo.db import Row


class ComplaintWindowRow(Row, table=True):
    """From when on complaints about a contest could be made, and when its secret was destroyed."""

    __tablename__ = "complaint_window"

    contest: str = Field(primary_key=True, foreign_key="contest.id", max_length=64)
    began_at: datetime
    destroyed_at: datetime | None = None


class SettledVoterRow(Row, table=True):
    """Somebody who has voted in a contest whose secret is destroyed; in which one is not kept."""

    __tablename__ = "settled_voter"

    person: str = Field(primary_key=True, max_length=64)
