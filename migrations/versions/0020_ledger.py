"""The public ledger: keys that sign, ledgers with their leaves, subtrees and checkpoints.

Contests that opened before have none and keep what they were promised.
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words
from sqlmodel.sql.sqltypes import UTCDateTime as Instant

from migrations.append_only import protect

revision = "0020_ledger"
down_revision = "0019_privacy"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _keys()
    _ledgers()
    _leaves()
    for table in ("ledger_leaf", "ledger_node", "ledger_checkpoint", "ledger_text"):
        protect(table)


def _keys() -> None:
    op.create_table(
        "signing_key",
        sa.Column("id", Words(length=16), nullable=False),
        sa.Column("public", Words(length=64), nullable=False),
        sa.Column("box", Words(length=120), nullable=False),
        sa.Column("host", Words(), nullable=False),
        sa.Column("made_at", Instant(), nullable=False),
        sa.Column("retired_at", Instant(), nullable=True),
        sa.CheckConstraint(
            "length(id) = 16 AND length(public) = 64", name=op.f("ck_signing_key_public")
        ),
        sa.CheckConstraint("length(box) = 120", name=op.f("ck_signing_key_box")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signing_key")),
    )
    op.create_table(
        "ledger_text",
        sa.Column("hash", Words(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_ledger_text")),
    )


def _ledgers() -> None:
    op.create_table(
        "ledger",
        sa.Column("contest", Words(length=64), nullable=False),
        sa.Column("key", Words(length=16), nullable=False),
        sa.Column("origin", Words(), nullable=False),
        sa.Column("seed", Words(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("hashes", Words(), nullable=False),
        sa.Column("lengths", Words(), nullable=False),
        sa.Column("ended", Words(), nullable=False),
        sa.Column("figures", Words(), nullable=False),
        sa.Column("closed_size", sa.Integer(), nullable=True),
        sa.Column("closed_root", Words(length=64), nullable=True),
        sa.Column("rules_ar", Words(length=64), nullable=False),
        sa.Column("rules_en", Words(length=64), nullable=False),
        sa.Column("code", Words(length=64), nullable=False),
        sa.CheckConstraint("length(seed) = 64", name=op.f("ck_ledger_seed")),
        sa.CheckConstraint("size >= 1", name=op.f("ck_ledger_size")),
        sa.CheckConstraint(
            "(closed_size IS NULL) = (closed_root IS NULL) AND coalesce(closed_size, 1) <= size",
            name=op.f("ck_ledger_closed"),
        ),
        sa.ForeignKeyConstraint(["contest"], ["contest.id"], name=op.f("fk_ledger_contest")),
        sa.ForeignKeyConstraint(["key"], ["signing_key.id"], name=op.f("fk_ledger_key")),
        *[
            sa.ForeignKeyConstraint([text], ["ledger_text.hash"], name=op.f(f"fk_ledger_{text}"))
            for text in ("rules_ar", "rules_en", "code")
        ],
        sa.PrimaryKeyConstraint("contest", name=op.f("pk_ledger")),
    )


def _leaves() -> None:
    op.create_table(
        "ledger_leaf",
        sa.Column("contest", Words(length=64), nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("nonce", Words(length=43), nullable=True),
        sa.ForeignKeyConstraint(
            ["contest"], ["ledger.contest"], name=op.f("fk_ledger_leaf_contest")
        ),
        sa.PrimaryKeyConstraint("contest", "place", name=op.f("pk_ledger_leaf")),
    )
    op.create_index("ux_ledger_leaf_position", "ledger_leaf", ["contest", "position"], unique=True)
    op.create_table(
        "ledger_node",
        sa.Column("contest", Words(length=64), nullable=False),
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", Words(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["contest"], ["ledger.contest"], name=op.f("fk_ledger_node_contest")
        ),
        sa.PrimaryKeyConstraint("contest", "level", "place", name=op.f("pk_ledger_node")),
    )
    op.create_table(
        "ledger_checkpoint",
        sa.Column("contest", Words(length=64), nullable=False),
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("note", Words(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contest"], ["ledger.contest"], name=op.f("fk_ledger_checkpoint_contest")
        ),
        sa.PrimaryKeyConstraint("contest", "size", name=op.f("pk_ledger_checkpoint")),
    )
