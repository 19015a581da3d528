"""A leaner log: what is unique in it is guarded without keys that scatter every ballot over the file.

Voters' tags are random, so a unique key over (contest, voter, revision) touched a page of its own
for nearly every ballot. That a revision is never taken twice is now refused by triggers on the
current ballots instead; a line says which line it replaces, so nobody has to look for that by voter;
and of the two indexes by tracker one is left.
"""

import sqlalchemy as sa
from alembic import op

from migrations.append_only import protect, unprotect
from migrations.forward_only import only_forward

revision = "0007_lean_log"
down_revision = "0006_snapshots"
branch_labels = None
depends_on = None


def upgrade() -> None:
    unprotect("contest_line")
    op.add_column("contest_line", sa.Column("replaces", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE contest_line SET replaces = (SELECT earlier.position FROM contest_line AS earlier"
        " WHERE earlier.contest = contest_line.contest AND earlier.voter = contest_line.voter"
        " AND earlier.revision = contest_line.revision - 1) WHERE revision > 1"
    )
    with op.batch_alter_table("contest_line") as table:
        table.drop_constraint("uq_contest_line_revision", type_="unique")
        table.create_check_constraint(
            op.f("ck_contest_line_replaces"),
            "replaces IS NULL OR (replaces BETWEEN 1 AND position - 1 AND revision > 1)",
        )
    protect("contest_line")
    op.drop_index("ix_ballot_tracker", "ballot")
    with op.batch_alter_table("ballot") as table:
        table.drop_constraint("uq_ballot_contest_tracker", type_="unique")
        table.create_unique_constraint("uq_ballot_tracker", ["tracker", "contest"])
    only_forward("ballot", ("position", "revision"))
