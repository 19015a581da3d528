"""Rows of the questions of the audience, who supports them, and how each session takes them."""

from datetime import datetime

from sqlmodel import Field

from expo.db import Row


class QuestionRow(Row, table=True):
    """One question; ``before`` is the JSON of what an undo brings back."""

    __tablename__ = "question"

    id: str = Field(primary_key=True, max_length=64)
    session: str = Field(max_length=64, index=True)
    text: str
    author: str | None = Field(default=None, max_length=64, index=True)
    asked_at: datetime
    state: str = Field(max_length=16)
    version: int
    root: str = Field(max_length=64)
    into: str | None = Field(default=None, max_length=64)
    reason: str | None = Field(default=None, max_length=16)
    place: int
    acted_at: datetime | None
    acted_by: str | None = Field(default=None, max_length=64)
    before: str | None
    claimed_by: str | None = Field(default=None, max_length=64)
    claimed_until: datetime | None
    answer: str
    answered_at: datetime | None
    answered_by: str | None = Field(default=None, max_length=64)


class SupportRow(Row, table=True):
    """One person's support of one question; asking is supporting."""

    __tablename__ = "question_support"

    question: str = Field(primary_key=True, max_length=64)
    person: str = Field(primary_key=True, max_length=64, index=True)


class RoomRow(Row, table=True):
    """How a session takes questions; made with the first thing that happens in it."""

    __tablename__ = "question_room"

    session: str = Field(primary_key=True, max_length=64)
    is_open: bool | None
    screen: str | None = Field(default=None, max_length=64)
    version: int
