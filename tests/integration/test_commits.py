"""The mark that says whether anybody has committed: every commit moves it, nothing else has to."""

import sqlite3
from pathlib import Path

from sqlalchemy import text

from expo.commits import Commits
from expo.db import Database, sqlite_url


async def test_mark_moves_with_every_commit_of_any_process(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path))
    async with database.write() as tx:
        await tx.execute(text("CREATE TABLE said (word TEXT)"))
    marks = [database.commits.mark(), database.commits.mark()]
    async with database.write() as tx:
        await tx.execute(text("INSERT INTO said VALUES ('ours')"))
        marks.append(database.commits.mark())
    marks.append(database.commits.mark())
    stranger = sqlite3.connect(database.url.database or "")
    stranger.execute("INSERT INTO said VALUES ('theirs')")
    stranger.commit()
    stranger.close()
    marks.append(database.commits.mark())
    async with database.read() as tx:
        said = (await tx.execute(text("SELECT count(*) FROM said"))).scalar_one()
    await database.close()

    first, again, during, after, theirs = marks
    assert None not in marks
    assert first == again == during
    assert len({during, after, theirs}) == 3
    assert said == 2


async def test_mark_is_had_again_after_closing(tmp_path: Path) -> None:
    database = Database(sqlite_url(tmp_path))
    async with database.write() as tx:
        await tx.execute(text("CREATE TABLE said (word TEXT)"))

    assert database.commits.mark() is not None
    database.commits.close()
    assert database.commits.mark() is not None
    await database.close()


def test_mark_is_none_where_only_a_look_tells(tmp_path: Path) -> None:
    no_database = tmp_path / "notes.txt"
    no_database.write_text("no database, and longer than the head of one would be" * 4)

    assert Commits(None).mark() is None
    assert Commits(str(tmp_path / "nowhere" / "sawt.sqlite3")).mark() is None
    assert Commits(str(no_database)).mark() is None
