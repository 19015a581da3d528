"""Letters to people, with their state; what they say is wiped once they are delivered."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words
from sqlmodel.sql.sqltypes import UTCDateTime as Instant

revision = "0017_letters"
down_revision = "0016_badges"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "letters",
        sa.Column("id", Words(64), nullable=False),
        sa.Column("recipient", Words(254), nullable=False),
        sa.Column("language", Words(2), nullable=False),
        sa.Column("subject", Words(), nullable=False),
        sa.Column("text", Words(), nullable=False),
        sa.Column("purpose", Words(64), nullable=False),
        sa.Column("use_until", Instant(), nullable=False),
        sa.Column("state", Words(16), nullable=False),
        sa.Column("written_at", Instant(), nullable=False),
        sa.Column("next_at", Instant(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("answer", Words(), nullable=False),
        sa.Column("done_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
    )
    op.create_index(op.f("ix_letters_recipient"), "letters", ["recipient"])
    op.create_index(op.f("ix_letters_next_at"), "letters", ["next_at"])
