"""Rows of snapshots: the newest of each contest. They can be made again from the log at any time."""

from datetime import datetime

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from expo.db import Row


class SnapshotRow(Row, table=True):
    """The figures of a contest's tally at a position of its log, or of one of its stations' logs.

    ``position`` only grows; ``version`` is of the text in ``value``; ``at`` is when it was taken, for
    people who look into the table.
    """

    __tablename__ = "tally_snapshot"
    __table_args__ = (CheckConstraint("position >= 1", name="position"),)

    contest: str = Field(primary_key=True, foreign_key="contest.id", max_length=64)
    station: int = Field(
        default=0,
        primary_key=True,
        sa_column_kwargs={"autoincrement": False, "server_default": "0"},
    )
    position: int
    version: int
    value: str
    at: datetime
