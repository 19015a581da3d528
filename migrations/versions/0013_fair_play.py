"""Fair play: decisions about held ballots in the log, and what they are decided by beside it.

A decision is a line that says again what its ballot says, so the latest line of a voter stays all
there is to know. It takes a new position and no new revision, which the ballot's trigger must allow.
Of a contest's results the one at the last position of its log holds.
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words
from sqlmodel.sql.sqltypes import UTCDateTime

from migrations.append_only import protect, unprotect
from migrations.forward_only import only_forward_or

revision = "0013_fair_play"
down_revision = "0012_identities"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _lines()
    _results()
    _sources()
    _reviews()


def _lines() -> None:
    unprotect("contest_line")
    with op.batch_alter_table("contest_line") as table:
        table.add_column(sa.Column("why", Words(length=16), nullable=True))
        table.drop_constraint(op.f("ck_contest_line_kind"), type_="check")
        table.drop_constraint(op.f("ck_contest_line_replaces"), type_="check")
        table.create_check_constraint(
            op.f("ck_contest_line_replaces"),
            "replaces IS NULL OR (replaces BETWEEN 1 AND position - 1"
            " AND (revision > 1 OR kind IN ('release', 'void')))",
        )
        table.create_check_constraint(op.f("ck_contest_line_kind"), _KIND)
    protect("contest_line")
    with op.batch_alter_table("ballot") as table:
        table.add_column(sa.Column("decided", sa.Integer(), server_default="0", nullable=False))
        table.drop_constraint(op.f("ck_ballot_counts"), type_="check")
        table.create_check_constraint(
            op.f("ck_ballot_counts"), "position >= 1 AND revision >= 1 AND decided >= 0"
        )
    only_forward_or("ballot", ("position",), "revision", "decided")


def _results() -> None:
    unprotect("contest_result")
    with op.batch_alter_table("contest_result") as table:
        table.drop_constraint(op.f("pk_contest_result"), type_="primary")
        table.create_primary_key(op.f("pk_contest_result"), ["contest", "position"])
    protect("contest_result")


def _sources() -> None:
    op.create_table(
        "source_key",
        sa.Column("contest", Words(length=64), nullable=False),
        sa.Column("secret", Words(length=64), nullable=True),
        sa.Column("destroyed_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["contest"], ["contest.id"], name=op.f("fk_source_key_contest")),
        sa.PrimaryKeyConstraint("contest", name=op.f("pk_source_key")),
    )
    op.create_table(
        "held_mark",
        sa.Column("contest", Words(length=64), nullable=False),
        sa.Column("ballot_id", Words(length=36), nullable=False),
        sa.Column("device", Words(length=12), nullable=False),
        sa.Column("network", Words(length=12), nullable=False),
        sa.Column("batch", Words(length=12), nullable=False),
        sa.Column("level", Words(length=1), nullable=False),
        sa.Column("waited_ms", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["contest"], ["contest.id"], name=op.f("fk_held_mark_contest")),
        sa.PrimaryKeyConstraint("contest", "ballot_id", name=op.f("pk_held_mark")),
    )
    op.create_table(
        "fairness_window",
        sa.Column("contest", Words(length=64), nullable=False),
        sa.Column("begins_at", UTCDateTime(), nullable=False),
        sa.Column("node", Words(length=64), nullable=False),
        sa.Column("value", Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contest"], ["contest.id"], name=op.f("fk_fairness_window_contest")
        ),
        sa.PrimaryKeyConstraint("contest", "begins_at", "node", name=op.f("pk_fairness_window")),
    )


def _reviews() -> None:
    op.create_table(
        "held_proposal",
        sa.Column("id", Words(length=36), nullable=False),
        sa.Column("contest", Words(length=64), nullable=False),
        sa.Column("act", Words(length=8), nullable=False),
        sa.Column("why", Words(length=16), nullable=False),
        sa.Column("positions", Words(), nullable=False),
        sa.Column("person", Words(length=64), nullable=False),
        sa.Column("label", Words(), nullable=False),
        sa.Column("device", Words(), nullable=False),
        sa.Column("marks", Words(), nullable=False),
        sa.Column("proposed_at", UTCDateTime(), nullable=False),
        sa.Column("outcome", Words(length=16), nullable=True),
        sa.Column("decided_by", Words(), nullable=True),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.CheckConstraint("act IN ('release', 'void')", name=op.f("ck_held_proposal_act")),
        sa.CheckConstraint(
            "outcome IS NULL OR outcome IN ('confirmed', 'declined')",
            name=op.f("ck_held_proposal_outcome"),
        ),
        sa.ForeignKeyConstraint(["contest"], ["contest.id"], name=op.f("fk_held_proposal_contest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_proposal")),
    )
    op.create_index("ix_held_proposal_contest", "held_proposal", ["contest"], unique=False)
    op.create_table(
        "armed_hold",
        sa.Column("contest", Words(length=64), nullable=False),
        sa.Column("armed", sa.Boolean(), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["contest"], ["contest.id"], name=op.f("fk_armed_hold_contest")),
        sa.PrimaryKeyConstraint("contest", name=op.f("pk_armed_hold")),
    )
    op.create_table(
        "appeal",
        sa.Column("id", Words(length=36), nullable=False),
        sa.Column("contest", Words(length=64), nullable=False),
        sa.Column("tracker", Words(length=16), nullable=False),
        sa.Column("ground", Words(length=16), nullable=False),
        sa.Column("words", Words(length=500), nullable=False),
        sa.Column("made_at", UTCDateTime(), nullable=False),
        sa.Column("answer", Words(length=16), nullable=True),
        sa.Column("answer_words", Words(length=500), nullable=False),
        sa.Column("answered_at", UTCDateTime(), nullable=True),
        sa.Column("answered_by", Words(), nullable=True),
        sa.ForeignKeyConstraint(["contest"], ["contest.id"], name=op.f("fk_appeal_contest")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
    )
    op.create_index("ix_appeal_contest", "appeal", ["contest"], unique=False)
    op.create_index("ix_appeal_tracker", "appeal", ["tracker"], unique=False)


_KIND = (
    "(kind = 'closed' AND ballot_id IS NULL AND voter IS NULL) OR coalesce("
    "length(voter) = 64 AND revision >= 1 "
    "AND electorate IS NOT NULL AND length(tracker) = 16 "
    "AND length(ranking) BETWEEN 2 AND 1024 AND length(own) BETWEEN 2 AND 1024 "
    "AND ((kind = 'cast' AND length(ballot_id) = 36 "
    "AND ((status = 'counted' AND why IS NULL) OR (status = 'quarantined' AND why IS NOT NULL))) "
    "OR (ballot_id IS NULL AND replaces IS NOT NULL AND why IS NOT NULL "
    "AND ((kind = 'release' AND status = 'counted') OR (kind = 'void' AND status = 'void')))"
    "), FALSE)"
)
