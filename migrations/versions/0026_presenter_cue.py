"""The last cue of each session's presenter."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words
from sqlmodel.sql.sqltypes import UTCDateTime as Instant

revision = "0026_presenter_cue"
down_revision = "0025_devices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "presenter_cue",
        sa.Column("session", Words(64), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("kind", Words(16), nullable=False),
        sa.Column("text", Words(), nullable=False),
        sa.Column("sent_at", Instant(), nullable=False),
        sa.Column("seen_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("session", name=op.f("pk_presenter_cue")),
    )
