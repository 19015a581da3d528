"""A leaner log: what is unique in it is guarded without keys that scatter every ballot over the file.

Voters' tags are random, so a unique key over (contest, voter, revision) touched a page of its own
for nearly every ballot. That a revision is never taken twice is now refused by triggers on the
current ballots instead, and of the two indexes by tracker one is left.
"""

from alembic import op

from migrations.append_only import protect, unprotect
from migrations.forward_only import only_forward

revision = "0007_lean_log"
down_revision = "0006_snapshots"
branch_labels = None
depends_on = None


def upgrade() -> None:
    unprotect("contest_line")
    with op.batch_alter_table("contest_line") as table:
        table.drop_constraint("uq_contest_line_revision", type_="unique")
    protect("contest_line")
    op.drop_index("ix_ballot_tracker", "ballot")
    with op.batch_alter_table("ballot") as table:
        table.drop_constraint("uq_ballot_contest_tracker", type_="unique")
        table.create_unique_constraint("uq_ballot_tracker", ["tracker", "contest"])
    only_forward("ballot", ("position", "revision"))
