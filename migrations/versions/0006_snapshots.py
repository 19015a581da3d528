"""Snapshots of running tallies, so that one node counts for all and a start does not begin anew."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words
from sqlmodel.sql.sqltypes import UTCDateTime

revision = "0006_snapshots"
down_revision = "0005_leases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tally_snapshot",
        sa.Column("contest", Words(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", Words(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.CheckConstraint("position >= 1", name=op.f("ck_tally_snapshot_position")),
        sa.ForeignKeyConstraint(
            ["contest"], ["contest.id"], name=op.f("fk_tally_snapshot_contest")
        ),
        sa.PrimaryKeyConstraint("contest", name=op.f("pk_tally_snapshot")),
    )
