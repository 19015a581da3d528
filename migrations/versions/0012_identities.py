"""Identities by which people sign in, whose a device is, and how surely a visit knows its person."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words
from sqlmodel.sql.sqltypes import UTCDateTime as Instant

revision = "0012_identities"
down_revision = "0011_proposals"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identities",
        sa.Column("id", Words(), nullable=False),
        sa.Column("person_id", Words(), nullable=False),
        sa.Column("kind", Words(), nullable=False),
        sa.Column("issuer", Words(), nullable=False),
        sa.Column("mark", Words(), nullable=False),
        sa.Column("label", Words(), nullable=False),
        sa.Column("contact", Words(), nullable=True),
        sa.Column("added_at", Instant(), nullable=False),
        sa.Column("last_used_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_identities_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
        sa.UniqueConstraint("mark", name=op.f("uq_identities_mark")),
    )
    op.create_index(op.f("ix_identities_person_id"), "identities", ["person_id"])
    op.create_table(
        "held_devices",
        sa.Column("device", Words(), nullable=False),
        sa.Column("person_id", Words(), nullable=False),
        sa.Column("held_at", Instant(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["persons.id"], name=op.f("fk_held_devices_person_id")
        ),
        sa.PrimaryKeyConstraint("device", name=op.f("pk_held_devices")),
    )
    op.create_index(op.f("ix_held_devices_person_id"), "held_devices", ["person_id"])
    op.add_column("visits", sa.Column("assurance", Words(), nullable=True))
