"""Questions of the audience with those who support them, how sessions take them, and counted reactions."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words
from sqlmodel.sql.sqltypes import UTCDateTime as Instant

revision = "0022_questions"
down_revision = "0021_bulletin"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "question",
        sa.Column("id", Words(64), nullable=False),
        sa.Column("session", Words(64), nullable=False),
        sa.Column("text", Words(), nullable=False),
        sa.Column("author", Words(64), nullable=True),
        sa.Column("asked_at", Instant(), nullable=False),
        sa.Column("state", Words(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("root", Words(64), nullable=False),
        sa.Column("into", Words(64), nullable=True),
        sa.Column("reason", Words(16), nullable=True),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("acted_at", Instant(), nullable=True),
        sa.Column("acted_by", Words(64), nullable=True),
        sa.Column("before", Words(), nullable=True),
        sa.Column("claimed_by", Words(64), nullable=True),
        sa.Column("claimed_until", Instant(), nullable=True),
        sa.Column("answer", Words(), nullable=False),
        sa.Column("answered_at", Instant(), nullable=True),
        sa.Column("answered_by", Words(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question")),
    )
    op.create_index(op.f("ix_question_session"), "question", ["session"])
    op.create_index(op.f("ix_question_author"), "question", ["author"])
    op.create_table(
        "question_support",
        sa.Column("question", Words(64), nullable=False),
        sa.Column("person", Words(64), nullable=False),
        sa.PrimaryKeyConstraint("question", "person", name=op.f("pk_question_support")),
    )
    op.create_index(op.f("ix_question_support_person"), "question_support", ["person"])
    op.create_table(
        "question_room",
        sa.Column("session", Words(64), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=True),
        sa.Column("screen", Words(64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session", name=op.f("pk_question_room")),
    )
    op.create_table(
        "reaction",
        sa.Column("session", Words(64), nullable=False),
        sa.Column("kind", Words(16), nullable=False),
        sa.Column("tick", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("session", "kind", "tick", name=op.f("pk_reaction")),
    )
