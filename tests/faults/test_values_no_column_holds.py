"""Texts with NUL and numbers beyond 64 bits, at every door and in the database: refused, never a crash."""

import re
from pathlib import Path

import pytest
from sqlalchemy import text

from expo.db import Database
from expo.errors import BadRequest
from expo.rights import Role
from expo.web.pages import GuardedRoute
from tests.support.databases import url_in
from tests.support.whole import PROGRAM, ballot, whole

pytestmark = pytest.mark.each_database

BAD = ("%00", "khda%00", "9" * 30, "-1", "9223372036854775808", "%ED%A0%80")
FIELDS = ("kind", "label", "hours", "count", "batch", "electorate", "entity", "version", "contest")


async def test_every_page_answers_addresses_that_no_column_holds(tmp_path: Path) -> None:
    async with whole(tmp_path) as there:
        clients = [await there.person(role) for role in (Role.ORGANISER, Role.CUSTOMER)]
        for route in there.expo.routes:
            if not isinstance(route, GuardedRoute) or "GET" not in (route.methods or ()):
                continue
            for bad in BAD:
                filled = {"lang": "en"}
                path = re.sub(r"{(\w+)(?::\w+)?}", lambda hit: filled.get(hit[1], bad), route.path)  # noqa: B023 - called at once
                for client in clients:
                    answer = await client.get(f"{path}?before={bad}&next={bad}&c={bad}")
                    assert answer.status_code < 500, (path, bad)


async def test_forms_refuse_what_no_column_holds(tmp_path: Path) -> None:
    async with whole(tmp_path) as there:
        await there.open()
        boss, voter = await there.person(Role.ORGANISER), await there.person(Role.CUSTOMER)
        odd = ballot("\0"), ballot(contest="khda\0"), {**ballot(), "id": "\0" * 36}
        for body in (*odd, {**ballot(), "nonce": "\0"}):
            answer = await voter.post("/en/ballots/khda", json=body, headers=PROGRAM)
            assert 400 <= answer.status_code < 500, body
        sound = {"kind": "organiser", "label": "x", "hours": "12", "count": "1", "batch": "b" * 32}
        for name in FIELDS:
            for bad in ("a\0b", "9" * 30, b"\xed\xa0\x80"):
                answer = await boss.post("/en/staff/passes", data={**sound, name: bad})
                assert answer.status_code < 500, (name, bad)
        assert await there.position() == 0


@pytest.mark.parametrize("value", [2**63, 2**80, "a\0b", "\ud800"])
async def test_database_refuses_a_value_that_no_column_holds(
    tmp_path: Path, value: int | str
) -> None:
    database = Database(url_in(tmp_path))
    column = "position" if isinstance(value, int) else "id"
    try:
        async with database.read() as tx:
            kind = tx.dialect.name
        if kind == "sqlite" and value == "a\0b":
            return  # a text like any other there
        with pytest.raises(BadRequest):
            await _move(database, column, value)
        async with database.read() as tx:
            assert (await tx.execute(text("SELECT count(*) FROM contest"))).scalar_one() == 0
    finally:
        await database.close()


async def _move(database: Database, column: str, value: int | str) -> None:
    async with database.write() as tx:
        statement = text(f"UPDATE contest SET {column} = :value WHERE {column} = :value")  # noqa: S608 - ours
        await tx.execute(statement, {"value": value})
