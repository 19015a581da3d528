"""Polling stations: one contest may have several logs, each with a head of its own.

Contests that are there have one, as before. A node of the release before would append to the
contest's own head; where there are several stations the check refuses it.
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words

from migrations.forward_only import only_forward

revision = "0010_stations"
down_revision = "0009_known_secret"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Words both databases read; making the table anew, as SQLite would have it, would drop what
    # its ballots hang on.
    op.execute(
        "ALTER TABLE contest ADD COLUMN stations INTEGER DEFAULT 1 NOT NULL"
        " CONSTRAINT ck_contest_stations"
        " CHECK (stations BETWEEN 1 AND 64"
        " AND (stations = 1 OR position = 0 OR closed_at IS NOT NULL))"
    )
    op.create_table(
        "station",
        sa.Column("contest", Words(length=64), nullable=False),
        sa.Column("station", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.CheckConstraint("station BETWEEN 0 AND 63", name=op.f("ck_station_station")),
        sa.CheckConstraint("position >= 0", name=op.f("ck_station_position")),
        sa.ForeignKeyConstraint(["contest"], ["contest.id"], name=op.f("fk_station_contest")),
        sa.PrimaryKeyConstraint("contest", "station", name=op.f("pk_station")),
    )
    only_forward("station", ("position",))
    with op.batch_alter_table("tally_snapshot") as table:
        table.add_column(sa.Column("station", sa.Integer(), server_default="0", nullable=False))
        table.drop_constraint(op.f("pk_tally_snapshot"), type_="primary")
        table.create_primary_key(op.f("pk_tally_snapshot"), ["contest", "station"])
