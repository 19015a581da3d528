"""Node load: what each node says of itself, for the load page of all of them."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words

revision = "0008_node_load"
down_revision = "0007_lean_log"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "node_load",
        sa.Column("node", Words(length=64), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("figures", Words(), nullable=False),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_node_load")),
    )
