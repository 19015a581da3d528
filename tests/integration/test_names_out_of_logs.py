"""An expo that ran before: the upgrade takes names out of what cannot change, once, and locks it again."""

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from expo.db import sqlite_url
from migrations.upgrade import _config, _connection, migrate

_AT = {"at": "2017-04-17 09:20:00"}
_PERSON = (
    "INSERT INTO persons (id, role, assurance, label, created_at) "
    "VALUES ('p1', 'organiser', 'B', 'Mariam Oldname', :at)"
)
_LINES = (
    "INSERT INTO staff_log (at, actor_id, actor_label, action, subject, facts) VALUES "
    "(:at, 'p1', 'Mariam Oldname', 'issue-passes', 'x', :facts), "
    "(:at, NULL, '', 'hard-close', 's1', :none)"
)
_PROPOSAL = (
    "INSERT INTO proposals (id, entity, state, version, content, created_at, saved_at, saved_by) "
    "VALUES ('a', 'dewa', 'draft', 1, '{}', :at, :at, 'Mariam Oldname')"
)
_EVENT = (
    "INSERT INTO proposal_events (proposal, at, actor_id, actor_label, action, version, state,"
    " reason, comments) VALUES ('a', :at, 'p1', 'Mariam Oldname', 'create', 1, 'draft', '', '[]')"
)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_names_stand_beside_logs_after_the_upgrade(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    url = sqlite_url(tmp_path)
    if kind == "postgresql":
        url = request.getfixturevalue("empty_postgres_url")
    with _connection(url) as before:
        command.upgrade(_config(before), "0018_asked_letters")
        for statement in (_PERSON, _PROPOSAL, _EVENT):
            before.execute(text(statement), _AT)
        facts = {"facts": '{"role": "organiser", "label": "Omar Oldpass"}', "none": "{}"} | _AT
        before.execute(text(_LINES), facts)

    migrate(url)

    with _connection(url) as after:
        names = after.execute(text("SELECT person, label FROM staff_name")).all()
        lines = after.execute(text("SELECT * FROM staff_log ORDER BY position")).all()
        events = after.execute(text("SELECT * FROM proposal_events")).all()
        proposals = after.execute(text("SELECT * FROM proposals")).all()
        assert [tuple(one) for one in names] == [("p1", "Mariam Oldname")]
        assert [one.actor_role for one in lines] == ["organiser", ""]
        assert [one.saved_by for one in proposals] == ["p1"]
        assert "role" in str(lines[0].facts)
        assert "Old" not in str([*lines, *events, *proposals])
        with pytest.raises(IntegrityError, match="append-only"):
            after.execute(text("UPDATE staff_log SET actor_role = 'x'"))
