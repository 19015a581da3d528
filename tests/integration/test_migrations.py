"""An empty folder becomes the newest database in one step; nothing is left to do after it."""

from pathlib import Path

from expo.db import Database, sqlite_url
from migrations.upgrade import differences, is_at_head, migrate


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
