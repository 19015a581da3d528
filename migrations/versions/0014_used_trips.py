"""Used trips: which answers of providers were taken, so that none is taken twice."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words
from sqlmodel.sql.sqltypes import UTCDateTime as Instant

revision = "0014_used_trips"
down_revision = "0013_fair_play"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "used_trips",
        sa.Column("state", Words(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("state", name=op.f("pk_used_trips")),
    )
    op.create_index(op.f("ix_used_trips_expires_at"), "used_trips", ["expires_at"])
