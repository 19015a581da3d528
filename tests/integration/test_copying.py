"""The copy a rehearsal stands on: whole, taken beside an expo at work, and with nobody to be reached in it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from expo.copying import NotCopied, copied, made_unreachable
from expo.db import SQLITE_FILE
from expo.rights import Role
from tests.support.stagehouse import STAGED
from tests.support.whole import whole


async def test_copy_of_an_expo_at_work_is_whole_and_leaves_it_alone(tmp_path: Path) -> None:
    data, target = tmp_path / "data", tmp_path / "copy.sqlite3"
    data.mkdir()
    async with whole(data, schedule=STAGED) as house:
        await house.person(Role.CUSTOMER)
        copied(data / SQLITE_FILE, target)
        await house.person(Role.CUSTOMER, "another")
        assert await house.position("water") == 0

    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT count(*) FROM visits").fetchone()[0] == 1


ADDRESS = "mariam@example.org"
REACHES = frozenset({"recipient", "address", "email", "mailbox", "contact", "owner"})
"""Names of columns that hold where somebody can be reached."""


def addressed(file: Path) -> list[str]:
    """Put a row with an address into every table that can hold one; their names."""
    with closing(sqlite3.connect(file)) as source, source:
        tables = [
            one for (one,) in source.execute("SELECT name FROM sqlite_master WHERE type='table'")
        ]
        found = []
        for table in tables:
            columns = source.execute(f"PRAGMA table_info({table})").fetchall()
            if not REACHES & {name for _n, name, *_rest in columns}:
                continue
            row = {
                name: ADDRESS if name in REACHES else 0 if kind == "INTEGER" else f"{name}-1"
                for _n, name, kind, *_rest in columns
            }
            names = ", ".join(f'"{name}"' for name in row)
            places = ", ".join("?" * len(row))
            line = f"INSERT INTO {table} ({names}) VALUES ({places})"  # noqa: S608 - our own tables
            source.execute(line, tuple(row.values()))
            found.append(table)
    return found


async def test_copy_knows_nobodys_address_and_nobody_who_is_in(tmp_path: Path) -> None:
    data, target = tmp_path / "data", tmp_path / "copy.sqlite3"
    data.mkdir()
    async with whole(data, schedule=STAGED) as house:
        await house.person(Role.CUSTOMER)
    tables = addressed(data / SQLITE_FILE)
    copied(data / SQLITE_FILE, target)
    assert ADDRESS.encode() in target.read_bytes()

    made_unreachable(target)

    assert {"letters", "invitations", "identities", "bulletin_subscriber"} <= set(tables)
    assert ADDRESS.encode() not in target.read_bytes()
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT count(*) FROM visits").fetchone() == (0,)
        assert copy.execute("SELECT count(*) FROM persons").fetchone()[0] >= 1
    assert not (data / f"{SQLITE_FILE}-wal").exists()


def test_what_is_no_database_is_not_copied(tmp_path: Path) -> None:
    (tmp_path / SQLITE_FILE).write_bytes(b"no database at all" * 100)

    with pytest.raises(NotCopied):
        copied(tmp_path / SQLITE_FILE, tmp_path / "copy.sqlite3")
