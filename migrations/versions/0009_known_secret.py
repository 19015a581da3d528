"""Known secrets: the key id of every secret a node has used, so that nodes notice different ones."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words

revision = "0009_known_secret"
down_revision = "0008_node_load"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "known_secret",
        sa.Column("key_id", Words(length=4), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_known_secret")),
    )
