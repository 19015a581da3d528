"""An empty folder becomes the newest database in one step; nothing is left to do after it."""

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from expo.db import Database, sqlite_url
from migrations.upgrade import _config, _connection, differences, is_at_head, migrate


def test_empty_database_reaches_head_and_matches_the_tables(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path)
    assert not is_at_head(url)

    migrate(url)

    assert is_at_head(url)
    assert differences(url) == []


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path)
    migrate(url)
    before = (tmp_path / "sawt.sqlite3").read_bytes()

    migrate(url)

    assert (tmp_path / "sawt.sqlite3").read_bytes() == before


async def test_migrated_database_keeps_its_promises(tmp_path: Path) -> None:
    url = sqlite_url(tmp_path)
    migrate(url)  # from inside a running loop, as tests do

    database = Database(url)
    await database.check()
    await database.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_older_lines_learn_what_they_replace(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    url = sqlite_url(tmp_path)
    if kind == "postgresql":
        url = request.getfixturevalue("empty_postgres_url")
    with _connection(url) as before:
        command.upgrade(_config(before), "0006_snapshots")
        before.execute(text(_CONTEST), {"secret": "0" * 64})
        for position, (voter, revision) in enumerate([("a", 1), ("b", 1), ("a", 2), ("a", 3)], 1):
            row = {"position": position, "voter": voter * 64, "revision": revision}
            before.execute(text(_LINE), {**row, "id": f"{position:036}"})

    migrate(url)

    with _connection(url) as after:
        found = after.execute(text("SELECT replaces FROM contest_line ORDER BY position"))
        assert [row.replaces for row in found] == [None, None, 1, 3]
        with pytest.raises(IntegrityError, match="append-only"):
            after.execute(text("DELETE FROM contest_line"))


_CONTEST = (
    "INSERT INTO contest (id, day, value, phase, version, revealed, secret, position) "
    "VALUES ('s1', 1, '{}', 'open', 1, 0, :secret, 4)"
)
_LINE = (
    "INSERT INTO contest_line (contest, position, kind, at, ballot_id, voter, electorate, revision,"
    " ranking, own, status, tracker) VALUES ('s1', :position, 'cast', '2017-04-17 09:20:00', :id,"
    " :voter, 'customers', :revision, '[]', '[]', 'counted', '0123456789ABCDEF')"
)
