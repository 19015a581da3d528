"""Proposals: what the teams write, what happened to it, its public revisions and its pictures."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words
from sqlmodel.sql.sqltypes import UTCDateTime as Instant

from migrations.append_only import protect

revision = "0011_proposals"
down_revision = "0010_stations"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _proposals()
    _events()
    _revisions()
    _images()


def _proposals() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", Words(length=64), nullable=False),
        sa.Column("entity", Words(length=64), nullable=False),
        sa.Column("state", Words(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", Words(), nullable=False),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("saved_at", Instant(), nullable=False),
        sa.Column("saved_by", Words(), nullable=False),
        sa.Column("submitted_at", Instant(), nullable=True),
        sa.Column("published_at", Instant(), nullable=True),
        sa.Column("session", Words(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
    )
    for column in ("entity", "state"):
        op.create_index(op.f(f"ix_proposals_{column}"), "proposals", [column])


def _events() -> None:
    op.create_table(
        "proposal_events",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("proposal", Words(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor_id", Words(), nullable=False),
        sa.Column("actor_label", Words(), nullable=False),
        sa.Column("action", Words(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", Words(), nullable=False),
        sa.Column("reason", Words(), nullable=False),
        sa.Column("comments", Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposals.id"], name=op.f("fk_proposal_events_proposal")
        ),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_proposal_events")),
    )
    op.create_index(op.f("ix_proposal_events_proposal"), "proposal_events", ["proposal"])
    protect("proposal_events")


def _revisions() -> None:
    op.create_table(
        "proposal_revisions",
        sa.Column("proposal", Words(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("changes", Words(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposals.id"], name=op.f("fk_proposal_revisions_proposal")
        ),
        sa.PrimaryKeyConstraint("proposal", "number", name=op.f("pk_proposal_revisions")),
    )
    protect("proposal_revisions")


def _images() -> None:
    op.create_table(
        "proposal_images",
        sa.Column("id", Words(length=32), nullable=False),
        sa.Column("proposal", Words(), nullable=False),
        sa.Column("added_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal"], ["proposals.id"], name=op.f("fk_proposal_images_proposal")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_images")),
    )
    op.create_index(op.f("ix_proposal_images_proposal"), "proposal_images", ["proposal"])
