"""The stage and the catalogue: programme, sessions, what the screens were told, who proposes what."""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words
from sqlmodel.sql.sqltypes import UTCDateTime as Instant

revision = "0002_stage"
down_revision = "0001_initial"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _catalogue()
    _programme()
    _stage()


def _catalogue() -> None:
    op.create_table(
        "catalogue_entity",
        sa.Column("id", Words(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", Words(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_entity")),
    )
    op.create_table(
        "catalogue_initiative",
        sa.Column("id", Words(length=64), nullable=False),
        sa.Column("entity", Words(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", Words(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_initiative")),
    )
    op.create_index(op.f("ix_catalogue_initiative_entity"), "catalogue_initiative", ["entity"])


def _programme() -> None:
    op.create_table(
        "programme",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("value", Words(), nullable=False),
        sa.Column("digest", Words(), nullable=False),
        sa.Column("imported_at", Instant(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
    )
    op.create_table(
        "programme_day",
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("value", Words(), nullable=False),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_programme_day")),
    )
    op.create_table(
        "programme_session",
        sa.Column("id", Words(length=64), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("value", Words(), nullable=False),
        sa.Column("status", Words(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", Words(length=16), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_session")),
        sa.UniqueConstraint("code", name=op.f("uq_programme_session_code")),
    )


def _stage() -> None:
    op.create_table(
        "stage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("session", Words(length=64), nullable=True),
        sa.Column("contest", Words(length=64), nullable=True),
        sa.Column("picked", Words(length=16), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("last_order", Words(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage")),
    )
    op.create_table(
        "screen",
        sa.Column("id", Words(length=64), nullable=False),
        sa.Column("seen_at", Instant(), nullable=False),
        sa.Column("scene", Words(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_screen")),
    )
