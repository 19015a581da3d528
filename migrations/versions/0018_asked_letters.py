"""Letters with a code and a link to sign in with; how often a letter was handed over in vain."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words
from sqlmodel.sql.sqltypes import UTCDateTime as Instant

revision = "0018_asked_letters"
down_revision = "0017_letters"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "asked_letters",
        sa.Column("id", Words(), nullable=False),
        sa.Column("device", Words(), nullable=False),
        sa.Column("mailbox", Words(), nullable=False),
        sa.Column("address", Words(), nullable=False),
        sa.Column("code_mark", Words(), nullable=False),
        sa.Column("link_mark", Words(), nullable=False),
        sa.Column("then", Words(), nullable=False),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_asked_letters")),
        sa.UniqueConstraint("link_mark", name=op.f("uq_asked_letters_link_mark")),
    )
    for column in ("device", "mailbox", "asked_at"):
        op.create_index(op.f(f"ix_asked_letters_{column}"), "asked_letters", [column])
    silence = sa.Column("doubts", sa.Integer(), nullable=False, server_default=sa.text("0"))
    op.add_column("letters", silence)
