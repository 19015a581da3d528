"""When sessions really began and ended, minutes added to them, the hold, and what can be undone."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words
from sqlmodel.sql.sqltypes import UTCDateTime as Instant

revision = "0024_run_of_show"
down_revision = "0023_streams"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("live_at", "ended_at"):
        op.add_column("programme_session", sa.Column(name, Instant(), nullable=True))
    minutes = sa.Column("added_minutes", sa.Integer(), nullable=False, server_default="0")
    op.add_column("programme_session", minutes)
    op.add_column("stage", sa.Column("held_at", Instant(), nullable=True))
    absorbs: sa.Column[bool] = sa.Column(
        "absorbs", sa.Boolean(), nullable=False, server_default=sa.true()
    )
    op.add_column("stage", absorbs)
    op.add_column("stage", sa.Column("undo", Words(), nullable=False, server_default=""))
