"""Badges of the venue: single-use codes, kept as keyed marks."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words
from sqlmodel.sql.sqltypes import UTCDateTime as Instant

revision = "0016_badges"
down_revision = "0015_invitations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "badges",
        sa.Column("id", Words(), nullable=False),
        sa.Column("mark", Words(), nullable=False),
        sa.Column("batch", Words(), nullable=False),
        sa.Column("electorate", Words(), nullable=False),
        sa.Column("label", Words(), nullable=False),
        sa.Column("issued_at", Instant(), nullable=False),
        sa.Column("issued_by", Words(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("device", Words(), nullable=True),
        sa.Column("used_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_badges")),
        sa.UniqueConstraint("mark", name=op.f("uq_badges_mark")),
    )
    op.create_index(op.f("ix_badges_batch"), "badges", ["batch"])
