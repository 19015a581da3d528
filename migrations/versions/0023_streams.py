"""The grace as fixed at the close, when places were revealed, and how far viewers are behind."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words
from sqlmodel.sql.sqltypes import UTCDateTime as Instant

revision = "0023_streams"
down_revision = "0022_questions"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("contest", sa.Column("revealed_at", Instant(), nullable=True))
    # Words both databases read; making the table anew would drop what its ballots hang on.
    op.execute(
        "ALTER TABLE contest ADD COLUMN grace INTEGER"
        " CONSTRAINT ck_contest_grace CHECK (grace BETWEEN 0 AND 120)"
    )
    op.create_table(
        "stream_delay",
        sa.Column("session", Words(64), nullable=False),
        sa.Column("node", Words(16), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("counts", Words(), nullable=False),
        sa.PrimaryKeyConstraint("session", "node", name=op.f("pk_stream_delay")),
    )
