"""What is set about screens: names, own scenes, what they do with OBS, and their keys."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words
from sqlmodel.sql.sqltypes import UTCDateTime as Instant

revision = "0025_devices"
down_revision = "0024_run_of_show"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "device",
        sa.Column("id", Words(32), nullable=False),
        sa.Column("title", Words(64), nullable=False),
        sa.Column("scene", Words(16), nullable=True),
        sa.Column("flash", Words(48), nullable=True),
        sa.Column("flash_until", Instant(), nullable=True),
        sa.Column("mode", Words(16), nullable=False),
        sa.Column("obs_by", Words(16), nullable=False),
        sa.Column("scenes", Words(), nullable=False),
        sa.Column("key", Words(64), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
    )
