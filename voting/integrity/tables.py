"""Rows of fair play: marks of held ballots, windows of arrivals, proposals of two people, appeals.

Sources stand here as keyed, shortened marks only; the key of a contest is destroyed after its
complaint window, and what the marks stood for is gone with it.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from expo.db import Row


class SourceKeyRow(Row, table=True):
    """What makes a contest's marks (64 hex digits), until it is destroyed."""

    __tablename__ = "source_key"

    contest: str = Field(primary_key=True, foreign_key="contest.id", max_length=64)
    secret: str | None = Field(default=None, max_length=64)
    destroyed_at: datetime | None = None


class HeldMarkRow(Row, table=True):
    """Where a held ballot came from, beside the log; marks are empty for what was not known."""

    __tablename__ = "held_mark"

    contest: str = Field(primary_key=True, foreign_key="contest.id", max_length=64)
    ballot_id: str = Field(primary_key=True, max_length=36)
    device: str = Field(max_length=12)
    network: str = Field(max_length=12)
    batch: str = Field(max_length=12)
    level: str = Field(max_length=1)
    waited_ms: int | None = None


class WindowRow(Row, table=True):
    """What one node saw arrive in ten seconds; ``value`` is an `integrity.windows.Window`."""

    __tablename__ = "fairness_window"

    contest: str = Field(primary_key=True, foreign_key="contest.id", max_length=64)
    begins_at: datetime = Field(primary_key=True)
    node: str = Field(primary_key=True, max_length=64)
    value: str


class ProposalRow(Row, table=True):
    """What one person proposes about held ballots, and what a second one made of it.

    ``positions`` is a JSON list of the ballots' lines; ``marks`` is one of the
    proposer's identities; ``decided_by`` is the id of the second person.
    """

    __tablename__ = "held_proposal"
    __table_args__ = (
        Index("ix_held_proposal_contest", "contest"),
        CheckConstraint("act IN ('release', 'void')", name="act"),
        CheckConstraint("outcome IS NULL OR outcome IN ('confirmed', 'declined')", name="outcome"),
    )

    id: str = Field(primary_key=True, max_length=36)
    contest: str = Field(foreign_key="contest.id", max_length=64)
    act: str = Field(max_length=8)
    why: str = Field(max_length=16)
    positions: str
    person: str = Field(max_length=64)
    device: str
    marks: str
    proposed_at: datetime
    outcome: str | None = Field(default=None, max_length=16)
    decided_by: str | None = None
    decided_at: datetime | None = None
    done: int = 0


class ArmedRow(Row, table=True):
    """Whether a contest's burst rule is armed."""

    __tablename__ = "armed_hold"

    contest: str = Field(primary_key=True, foreign_key="contest.id", max_length=64)
    armed: bool
    at: datetime


class AppealRow(Row, table=True):
    """An objection to what became of one ballot, and its answer; knows no person."""

    __tablename__ = "appeal"
    __table_args__ = (Index("ix_appeal_tracker", "tracker"), Index("ix_appeal_contest", "contest"))

    id: str = Field(primary_key=True, max_length=36)
    contest: str = Field(foreign_key="contest.id", max_length=64)
    tracker: str = Field(max_length=16)
    ground: str = Field(max_length=16)
    words: str = Field(max_length=500)
    made_at: datetime
    answer: str | None = Field(default=None, max_length=16)
    answer_words: str = Field(default="", max_length=500)
    answered_at: datetime | None = None
    answered_by: str | None = None
