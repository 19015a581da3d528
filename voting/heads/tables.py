"""Rows of the heads of stations' logs: the rows that writers of one station take turns at."""

from sqlalchemy import CheckConstraint
from sqlmodel import Field

from expo.db import Row


class StationRow(Row, table=True):
    """The head of one station's log; ``position`` is how many lines it has, and only grows.

    A contest with one station has none of these: its own row is the head.
    """

    __tablename__ = "station"
    __table_args__ = (
        CheckConstraint("station BETWEEN 0 AND 63", name="station"),
        CheckConstraint("position >= 0", name="position"),
    )

    contest: str = Field(primary_key=True, foreign_key="contest.id", max_length=64)
    station: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    position: int
