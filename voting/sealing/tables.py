"""Rows of public ledgers: how far each has come, its leaves, subtrees and checkpoints.

Leaves are found by their place or by the position of their line in the log: a key over trackers, which
are random, would cost a page of the file per ballot. Triggers refuse to change or remove what is public.
"""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, Text
from sqlmodel import Field

from expo.db import Row


class LedgerRow(Row, table=True):
    """The ledger of a contest, made when it opens.

    ``seed`` is that of the lot, secret until the close. ``size`` and ``hashes`` (hexadecimal, one
    after the other) are the tree; ``lengths`` (JSON) says how many lines of each station's log are in
    it, ``ended`` which stations' ends have been reached; ``figures`` (JSON) how the ballots in it stand.
    ``closed_size`` and ``closed_root`` are the tree whose last leaf is the close. ``rules_ar``,
    ``rules_en`` and ``code`` name texts that were fixed at the opening.
    """

    __tablename__ = "ledger"
    __table_args__ = (
        CheckConstraint("length(seed) = 64", name="seed"),
        CheckConstraint("size >= 1", name="size"),
        CheckConstraint(
            "(closed_size IS NULL) = (closed_root IS NULL) AND coalesce(closed_size, 1) <= size",
            name="closed",
        ),
    )

    contest: str = Field(primary_key=True, foreign_key="contest.id", max_length=64)
    key: str = Field(foreign_key="signing_key.id", max_length=16)
    origin: str
    seed: str = Field(max_length=64)
    size: int
    hashes: str
    lengths: str
    ended: str
    figures: str
    closed_size: int | None = None
    closed_root: str | None = Field(default=None, max_length=64)
    rules_ar: str = Field(foreign_key="ledger_text.hash", max_length=64)
    rules_en: str = Field(foreign_key="ledger_text.hash", max_length=64)
    code: str = Field(foreign_key="ledger_text.hash", max_length=64)


class TextRow(Row, table=True):
    """A text that ledgers fix by its SHA-256: the rules in words, the verifier."""

    __tablename__ = "ledger_text"

    hash: str = Field(primary_key=True, max_length=64)
    value: str = Field(sa_type=Text)


class LeafRow(Row, table=True):
    """One leaf: its record, the line of the log it stands for, and what opens a ballot's commitment.

    A hold has no line of its own: it follows its ballot's leaf.
    """

    __tablename__ = "ledger_leaf"
    __table_args__ = (Index("ux_ledger_leaf_position", "contest", "position", unique=True),)

    contest: str = Field(primary_key=True, foreign_key="ledger.contest", max_length=64)
    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    position: int | None = None
    record: str = Field(sa_type=Text)
    nonce: str | None = Field(default=None, max_length=43)


class NodeRow(Row, table=True):
    """The hash of a complete subtree of 2^``level`` leaves, so that a proof reads few of them."""

    __tablename__ = "ledger_node"

    contest: str = Field(primary_key=True, foreign_key="ledger.contest", max_length=64)
    level: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    place: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    hash: str = Field(max_length=64)


class CheckpointRow(Row, table=True):
    """A signed checkpoint; one for each tree that was ever shown."""

    __tablename__ = "ledger_checkpoint"

    contest: str = Field(primary_key=True, foreign_key="ledger.contest", max_length=64)
    size: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    note: str
    at: datetime
