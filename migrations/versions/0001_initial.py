"""The first tables: passes, people, visits and the staff log."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words
from sqlmodel.sql.sqltypes import UTCDateTime as Instant

from migrations.append_only import protect

revision = "0001_initial"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _passes()
    _persons()
    _visits()
    _staff_log()


def _passes() -> None:
    op.create_table(
        "passes",
        sa.Column("id", Words(), nullable=False),
        sa.Column("fingerprint", Words(), nullable=False),
        sa.Column("batch", Words(), nullable=False),
        sa.Column("role", Words(), nullable=False),
        sa.Column("electorate", Words(), nullable=True),
        sa.Column("entity", Words(), nullable=True),
        sa.Column("label", Words(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("issued_at", Instant(), nullable=False),
        sa.Column("issued_by", Words(), nullable=True),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("revoked_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passes")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_passes_fingerprint")),
    )
    op.create_index(op.f("ix_passes_batch"), "passes", ["batch"])


def _persons() -> None:
    op.create_table(
        "persons",
        sa.Column("id", Words(), nullable=False),
        sa.Column("role", Words(), nullable=False),
        sa.Column("electorate", Words(), nullable=True),
        sa.Column("entity", Words(), nullable=True),
        sa.Column("assurance", Words(), nullable=False),
        sa.Column("label", Words(), nullable=False),
        sa.Column("pass_id", Words(), nullable=True),
        sa.Column("device", Words(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(["pass_id"], ["passes.id"], name=op.f("fk_persons_pass_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
        sa.UniqueConstraint("device", name=op.f("uq_persons_device")),
    )
    op.create_index(op.f("ix_persons_pass_id"), "persons", ["pass_id"])


def _visits() -> None:
    op.create_table(
        "visits",
        sa.Column("id", Words(), nullable=False),
        sa.Column("fingerprint", Words(), nullable=False),
        sa.Column("person_id", Words(), nullable=False),
        sa.Column("started_at", Instant(), nullable=False),
        sa.Column("expires_at", Instant(), nullable=False),
        sa.Column("ended_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_visits_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_visits_fingerprint")),
    )
    op.create_index(op.f("ix_visits_person_id"), "visits", ["person_id"])


def _staff_log() -> None:
    op.create_table(
        "staff_log",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("actor_id", Words(), nullable=True),
        sa.Column("actor_label", Words(), nullable=False),
        sa.Column("action", Words(), nullable=False),
        sa.Column("subject", Words(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_staff_log")),
    )
    protect("staff_log")
