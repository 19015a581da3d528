"""Contests, the record of their ballots, and frozen results."""

import sqlalchemy as sa
import sqlmodel.sql.sqltypes
from alembic import op

from migrations.append_only import protect

revision = "0003_contests"
down_revision = "0002_stage"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contest",
        sa.Column("id", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("value", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("phase", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("opened_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("closes_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("closed_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("paused_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=True),
        sa.Column("revealed", sa.Integer(), nullable=False),
        sa.Column("secret", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("length(secret) = 64", name=op.f("ck_contest_secret")),
        sa.CheckConstraint(
            "version >= 0 AND position >= 0 AND revealed >= 0", name=op.f("ck_contest_counts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contest")),
    )
    op.create_table(
        "ballot",
        sa.Column("contest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("voter", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("tracker", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=False),
        sa.CheckConstraint("position >= 1 AND revision >= 1", name=op.f("ck_ballot_counts")),
        sa.ForeignKeyConstraint(["contest"], ["contest.id"], name=op.f("fk_ballot_contest")),
        sa.PrimaryKeyConstraint("contest", "voter", name=op.f("pk_ballot")),
        sa.UniqueConstraint("contest", "tracker", name=op.f("uq_ballot_contest_tracker")),
    )
    with op.batch_alter_table("ballot", schema=None) as batch_op:
        batch_op.create_index("ix_ballot_tracker", ["tracker"], unique=False)

    op.create_table(
        "contest_line",
        sa.Column("contest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("kind", sqlmodel.sql.sqltypes.AutoString(length=8), nullable=False),
        sa.Column("at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.Column("ballot_id", sqlmodel.sql.sqltypes.AutoString(length=36), nullable=True),
        sa.Column("voter", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
        sa.Column("electorate", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("ranking", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("own", sqlmodel.sql.sqltypes.AutoString(), nullable=True),
        sa.Column("status", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=True),
        sa.Column("tracker", sqlmodel.sql.sqltypes.AutoString(length=16), nullable=True),
        sa.Column("nonce", sqlmodel.sql.sqltypes.AutoString(length=43), nullable=True),
        sa.CheckConstraint(
            "(kind = 'closed' AND ballot_id IS NULL AND voter IS NULL) OR coalesce(kind = 'cast' AND length(ballot_id) = 36 AND length(voter) = 64 AND revision >= 1 AND electorate IS NOT NULL AND length(tracker) = 16 AND length(ranking) BETWEEN 2 AND 1024 AND length(own) BETWEEN 2 AND 1024 AND status IN ('counted', 'quarantined'), FALSE)",
            name=op.f("ck_contest_line_kind"),
        ),
        sa.CheckConstraint("position >= 1", name=op.f("ck_contest_line_position")),
        sa.ForeignKeyConstraint(["contest"], ["contest.id"], name=op.f("fk_contest_line_contest")),
        sa.PrimaryKeyConstraint("contest", "position", name=op.f("pk_contest_line")),
        sa.UniqueConstraint("contest", "ballot_id", name=op.f("uq_contest_line_contest_ballot_id")),
        sa.UniqueConstraint("contest", "voter", "revision", name="uq_contest_line_revision"),
    )
    op.create_table(
        "contest_result",
        sa.Column("contest", sqlmodel.sql.sqltypes.AutoString(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("disputed", sa.Boolean(), nullable=False),
        sa.Column("value", sqlmodel.sql.sqltypes.AutoString(), nullable=False),
        sa.Column("frozen_at", sqlmodel.sql.sqltypes.UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contest"], ["contest.id"], name=op.f("fk_contest_result_contest")
        ),
        sa.PrimaryKeyConstraint("contest", name=op.f("pk_contest_result")),
    )
    protect("contest_line")
    protect("contest_result")
