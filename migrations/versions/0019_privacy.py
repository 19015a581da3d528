"""Names beside the logs instead of in them, people who were erased, and secrets whose time is over.

What was written into append-only logs so far is taken out once: names go to ``staff_name``, which can
be wiped.
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import AutoString as Words
from sqlmodel.sql.sqltypes import UTCDateTime as Instant

from migrations.append_only import protect, unprotect

revision = "0019_privacy"
down_revision = "0018_asked_letters"
branch_labels = None
depends_on = None

_LOGS = ("staff_log", "proposal_events")


def upgrade() -> None:
    op.create_table(
        "staff_name",
        sa.Column("person", Words(length=64), nullable=False),
        sa.Column("label", Words(), nullable=False),
        sa.Column("erased_at", Instant(), nullable=True),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_staff_name")),
    )
    op.add_column("persons", sa.Column("erased_at", Instant(), nullable=True))
    _names_out_of_logs()
    _names_out_of_fair_play()
    _voting()


def _names_out_of_logs() -> None:
    op.execute(
        "INSERT INTO staff_name (person, label) SELECT id, label FROM persons WHERE label <> '' AND ("
        "id IN (SELECT actor_id FROM staff_log) OR id IN (SELECT actor_id FROM proposal_events))"
    )
    for log in _LOGS:
        unprotect(log)
        op.execute(f"ALTER TABLE {log} RENAME COLUMN actor_label TO actor_role")
        op.execute(
            f"UPDATE {log} SET actor_role = coalesce("  # noqa: S608 - names from above
            f"(SELECT role FROM persons WHERE persons.id = {log}.actor_id), '')"
        )
    without = (
        "CAST(facts AS jsonb) - 'label'" if _is_postgres() else "json_remove(facts, '$.label')"
    )
    without = f"CAST({without} AS json)" if _is_postgres() else without
    op.execute(
        f"UPDATE staff_log SET facts = {without} "  # noqa: S608 - from above
        "WHERE action IN ('issue-passes', 'revoke-pass')"
    )
    for log in _LOGS:
        protect(log)
    op.execute(
        "UPDATE proposals SET saved_by = coalesce((SELECT actor_id FROM proposal_events e "
        "WHERE e.proposal = proposals.id ORDER BY e.position DESC LIMIT 1), '')"
    )


def _names_out_of_fair_play() -> None:
    op.execute("ALTER TABLE held_proposal DROP COLUMN label")
    op.execute("UPDATE held_proposal SET decided_by = '' WHERE decided_by IS NOT NULL")
    op.execute("UPDATE appeal SET answered_by = '' WHERE answered_by IS NOT NULL")


def _voting() -> None:
    op.create_table(
        "complaint_window",
        sa.Column("contest", Words(length=64), nullable=False),
        sa.Column("began_at", Instant(), nullable=False),
        sa.Column("destroyed_at", Instant(), nullable=True),
        sa.ForeignKeyConstraint(
            ["contest"], ["contest.id"], name=op.f("fk_complaint_window_contest")
        ),
        sa.PrimaryKeyConstraint("contest", name=op.f("pk_complaint_window")),
    )
    op.create_table(
        "settled_voter",
        sa.Column("person", Words(length=64), nullable=False),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_settled_voter")),
    )


def _is_postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"
