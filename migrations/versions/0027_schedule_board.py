"""The schedule board: versions of the draft, and the releases with their change log."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words
from sqlmodel.sql.sqltypes import UTCDateTime as Instant

revision = "0027_schedule_board"
down_revision = "0026_presenter_cue"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "plan_version",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("document", Words(), nullable=False),
        sa.Column("action", Words(32), nullable=False),
        sa.Column("subject", Words(64), nullable=False),
        sa.Column("title", Words(), nullable=False),
        sa.Column("back", sa.Integer(), nullable=True),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_plan_version")),
    )
    op.create_table(
        "plan_release",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("name_ar", Words(), nullable=False),
        sa.Column("name_en", Words(), nullable=False),
        sa.Column("note_ar", Words(), nullable=False),
        sa.Column("note_en", Words(), nullable=False),
        sa.Column("changes", Words(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_plan_release")),
    )
