"""Invitations by single-use links, and lists that wait for an organiser's word."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words
from sqlmodel.sql.sqltypes import UTCDateTime as Instant

revision = "0015_invitations"
down_revision = "0014_used_trips"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "invitations",
        sa.Column("id", Words(64), nullable=False),
        sa.Column("mailbox", Words(254), nullable=False),
        sa.Column("email", Words(254), nullable=False),
        sa.Column("name", Words(80), nullable=False),
        sa.Column("role", Words(16), nullable=False),
        sa.Column("electorate", Words(64), nullable=True),
        sa.Column("entity", Words(64), nullable=True),
        sa.Column("language", Words(2), nullable=False),
        sa.Column("mark", Words(64), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=False),
        sa.Column("sends", sa.Integer(), nullable=False),
        sa.Column("invited_by", Words(64), nullable=False),
        sa.Column("accepted_at", Instant(), nullable=True),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("mark", name=op.f("uq_invitations_mark")),
    )
    op.create_index(op.f("ix_invitations_mailbox"), "invitations", ["mailbox"])
    op.create_table(
        "list_drafts",
        sa.Column("id", Words(64), nullable=False),
        sa.Column("value", Words(), nullable=False),
        sa.Column("made_by", Words(64), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_drafts")),
    )
