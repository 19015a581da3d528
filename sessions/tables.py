"""Rows of the stage: the programme in force, where each session stands, what the screens show."""

from datetime import datetime

from sqlmodel import Field

from expo.db import Row


class ProgrammeRow(Row, table=True):
    """The head of the one programme in force; ``value`` is its JSON without days and catalogue."""

    __tablename__ = "programme"

    id: int = Field(primary_key=True)
    value: str
    digest: str
    imported_at: datetime


class DayRow(Row, table=True):
    """One day; ``value`` is its JSON without the sessions."""

    __tablename__ = "programme_day"

    n: int = Field(primary_key=True)
    value: str


class SessionRow(Row, table=True):
    """One session of the programme, its status, and the join code on its screens."""

    __tablename__ = "programme_session"

    id: str = Field(primary_key=True, max_length=64)
    day: int
    position: int
    value: str
    status: str
    version: int
    code: str = Field(unique=True, max_length=16)
    live_at: datetime | None = None
    ended_at: datetime | None = None
    added_minutes: int = 0


class StageRow(Row, table=True):
    """What the screens were told; one row.

    ``last_order`` is the digest of the order that was carried out last and who gave it, so that
    a second press of the same button is known. ``undo`` is the JSON of how everything stood before
    it, while that can be brought back; empty otherwise.
    """

    __tablename__ = "stage"

    id: int = Field(primary_key=True)
    session: str | None = Field(default=None, max_length=64)
    contest: str | None = Field(default=None, max_length=64)
    picked: str | None = Field(default=None, max_length=16)
    version: int
    last_order: str
    held_at: datetime | None = None
    absorbs: bool = True
    undo: str = ""


class ScreenRow(Row, table=True):
    """A projector that was connected once."""

    __tablename__ = "screen"

    id: str = Field(primary_key=True, max_length=64)
    seen_at: datetime
    scene: str = Field(max_length=16)
    version: int
