"""Bulletins of a day with all their versions, those who want them by e-mail, and a way out of letters."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words
from sqlmodel.sql.sqltypes import UTCDateTime as Instant

revision = "0021_bulletin"
down_revision = "0020_ledger"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bulletin",
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", Words(16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("words", Words(), nullable=False),
        sa.Column("writers", Words(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.Column("embargo_at", Instant(), nullable=True),
        sa.Column("edition", Words(), nullable=True),
        sa.Column("sent_at", Instant(), nullable=True),
        sa.Column("reviewed_by", Words(), nullable=False),
        sa.Column("reviewed_at", Instant(), nullable=True),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("serial", sa.Integer(), nullable=True),
        sa.Column("body", Words(), nullable=True),
        sa.Column("note", Words(), nullable=True),
        sa.PrimaryKeyConstraint("day", "version", name=op.f("pk_bulletin")),
        sa.UniqueConstraint("serial", name=op.f("uq_bulletin_serial")),
    )
    op.create_table(
        "bulletin_subscriber",
        sa.Column("id", Words(64), nullable=False),
        sa.Column("owner", Words(254), nullable=False),
        sa.Column("address", Words(254), nullable=False),
        sa.Column("language", Words(2), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("counted_from", Instant(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", Instant(), nullable=True),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bulletin_subscriber")),
        sa.UniqueConstraint("owner", name=op.f("uq_bulletin_subscriber_owner")),
    )
    op.add_column("letters", sa.Column("unsubscribe", Words(), nullable=False, server_default=""))
