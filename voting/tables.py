"""Rows of the voice: contests with the heads of their logs, the lines, current ballots, results.

``contest_line`` is the record; everything else about ballots can be made again from it. The record
knows voters by tag only. Triggers refuse to change or remove a line and to turn a current ballot back
to an earlier one; checks and unique keys refuse what else the code must never write. A key over
random values costs a page of the file per ballot, so there is none that a trigger can stand for.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field

from expo.db import Row


class ContestRow(Row, table=True):
    """A contest and the head of its log.

    ``value`` is its definition as JSON; the columns beside it are its state. ``position`` is the
    last one taken in the log, ``secret`` (hex) makes the voters' tags. Where there are several
    polling stations each has a head of its own (`voting.heads`), and this one, 0 while ballots are
    taken, tells after the close how many lines there are.
    """

    __tablename__ = "contest"
    __table_args__ = (
        CheckConstraint("version >= 0 AND position >= 0 AND revealed >= 0", name="counts"),
        CheckConstraint("length(secret) = 64", name="secret"),
        CheckConstraint("grace BETWEEN 0 AND 120", name="grace"),
        CheckConstraint(
            "stations BETWEEN 1 AND 64 AND (stations = 1 OR position = 0 OR closed_at IS NOT NULL)",
            name="stations",
        ),
    )

    id: str = Field(primary_key=True, max_length=64)
    day: int
    value: str
    phase: str = Field(max_length=16)
    version: int
    opened_at: datetime | None = None
    closes_at: datetime | None = None
    closed_at: datetime | None = None
    paused_at: datetime | None = None
    revealed_at: datetime | None = None
    grace: int | None = None
    revealed: int = 0
    secret: str = Field(max_length=64)
    position: int = 0
    stations: int = Field(default=1, sa_column_kwargs={"server_default": "1"})


class LineRow(Row, table=True):
    """One line of a contest's log: an accepted ballot, the close, or what was decided about a held ballot.

    No ballot follows the close.

    ``replaces`` is the position of the same voter's line before: what a ballot takes out of the count
    is found without a key over voters. A decision says again what its ballot says, so the latest line
    of a voter is all there is to know; ``why`` is the reason of a hold, a release or a void.
    """

    __tablename__ = "contest_line"
    __table_args__ = (
        UniqueConstraint("contest", "ballot_id"),
        CheckConstraint("position >= 1", name="position"),
        CheckConstraint(
            "replaces IS NULL OR (replaces BETWEEN 1 AND position - 1"
            " AND (revision > 1 OR kind IN ('release', 'void')))",
            name="replaces",
        ),
        CheckConstraint(
            # coalesce: a check whose value is NULL passes
            "(kind = 'closed' AND ballot_id IS NULL AND voter IS NULL) OR coalesce("
            "length(voter) = 64 AND revision >= 1 "
            "AND electorate IS NOT NULL AND length(tracker) = 16 "
            "AND length(ranking) BETWEEN 2 AND 1024 AND length(own) BETWEEN 2 AND 1024 "
            "AND ((kind = 'cast' AND length(ballot_id) = 36 "
            "AND ((status = 'counted' AND why IS NULL) OR (status = 'quarantined' AND why IS NOT NULL))) "
            "OR (ballot_id IS NULL AND replaces IS NOT NULL AND why IS NOT NULL "
            "AND ((kind = 'release' AND status = 'counted') OR (kind = 'void' AND status = 'void')))"
            "), FALSE)",
            name="kind",
        ),
    )

    contest: str = Field(primary_key=True, foreign_key="contest.id", max_length=64)
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    kind: str = Field(max_length=8)
    at: datetime
    ballot_id: str | None = Field(default=None, max_length=36)
    voter: str | None = Field(default=None, max_length=64)
    electorate: str | None = Field(default=None, max_length=64)
    revision: int | None = None
    ranking: str | None = None
    own: str | None = None
    status: str | None = Field(default=None, max_length=16)
    tracker: str | None = Field(default=None, max_length=16)
    nonce: str | None = Field(default=None, max_length=43)
    replaces: int | None = None
    why: str | None = Field(default=None, max_length=16)


class BallotRow(Row, table=True):
    """The line that holds for one voter now; ``position`` says which.

    ``decided`` counts decisions about held ballots of this voter: they take a new position in the log
    and no new revision.
    """

    __tablename__ = "ballot"
    __table_args__ = (
        UniqueConstraint("tracker", "contest", name="uq_ballot_tracker"),
        CheckConstraint("position >= 1 AND revision >= 1 AND decided >= 0", name="counts"),
    )

    contest: str = Field(primary_key=True, foreign_key="contest.id", max_length=64)
    voter: str = Field(primary_key=True, max_length=64)
    position: int
    revision: int
    tracker: str = Field(max_length=16)
    decided: int = Field(default=0, sa_column_kwargs={"server_default": "0"})


class ResultRow(Row, table=True):
    """The outcome of a closed contest at a position of its log; ``disputed`` when the recount differed.

    The one at the log's last position holds: each decision about a held ballot asks for another.
    """

    __tablename__ = "contest_result"

    contest: str = Field(primary_key=True, foreign_key="contest.id", max_length=64)
    position: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    places: int
    disputed: bool
    value: str
    frozen_at: datetime
