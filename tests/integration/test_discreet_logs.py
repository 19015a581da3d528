"""What people say and what opens doors is in no log line and no metric, however much goes wrong."""

import io
import json
import logging
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text

from expo.rights import Role
from expo.web.log import Lines, redacted
from tests.support.mail_door import ask, code_and_link, type_
from tests.support.proposals import filled_in
from tests.support.roles import stranger
from tests.support.whole import PROGRAM, Whole, ballot, whole

MARK = "zq7marker"
NAME, ADDRESS, GUEST = f"Maryam {MARK}name", f"maryam.{MARK}@x.ae", f"guest.{MARK}@y.ae"
WORDS = f"{MARK}words that somebody wrote"
_QUIET = ("uvicorn", "uvicorn.error", "websockets", "httpx2")  # as expo.web.log.configure has them


class Logged:
    """Everything that is logged, as text and as JSON."""

    def __init__(self) -> None:
        self.streams = (io.StringIO(), io.StringIO())

    @property
    def said(self) -> str:
        """All of it."""
        return "\n".join(one.getvalue() for one in self.streams)


@pytest.fixture
def logged() -> Iterator[Logged]:
    found, root = Logged(), logging.getLogger()
    level, handlers = root.level, []
    for stream, is_json in zip(found.streams, (False, True), strict=True):
        handler = logging.StreamHandler(stream)
        handler.setFormatter(Lines(is_json=is_json, node="n1"))
        handlers.append(handler)
        root.addHandler(handler)
    root.setLevel(logging.INFO)
    levels = {name: logging.getLogger(name).level for name in _QUIET}
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    yield found
    for handler in handlers:
        root.removeHandler(handler)
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


async def _signs_in(house: Whole, client: httpx2.AsyncClient) -> list[str]:
    await client.get("/en/sign-in")
    await ask(client, ADDRESS)
    code, link = await code_and_link(house, ADDRESS)
    await type_(client, "000001")
    await type_(client, code)
    await client.get(link)
    return [code, link.rpartition("/")[2]]


async def _is_invited(house: Whole, organiser: httpx2.AsyncClient) -> list[str]:
    raw = f"email,name,role,electorate,entity,language\n{GUEST},{NAME},employee,employees,,en\n"
    raw += f"no-{MARK},x,{MARK},,,\n"
    files = {"file": (f"{MARK}.csv", raw.encode(), "text/csv")}
    read = await organiser.post("/en/staff/people/check", files=files, data={"end": "1"})
    await organiser.post(str(read.headers["location"]))
    async with house.expo.database.read() as tx:
        asked = text("SELECT text FROM letters WHERE recipient = :to")
        letter = (await tx.execute(asked, {"to": GUEST})).scalars().first()
    found = re.search(r"/invitation/(\S+)", letter or "")
    assert found is not None
    async with stranger(house.url) as guest:
        await guest.get(f"/en/invitation/{found[1]}")
        await guest.post(f"/en/invitation/{found[1]}")
        await guest.get(f"/en/invitation/{found[1]}-{MARK}")
    return [found[1]]


async def _votes_and_objects(house: Whole, client: httpx2.AsyncClient) -> list[str]:
    await house.open()
    options = [one.id for one in house.contest().options]
    path = "/en/ballots/khda"
    cast = ballot(*options[:3])
    told = (await client.post(path, json=cast, headers=PROGRAM)).json()
    await client.post(path, json=ballot(MARK))
    await client.post(path, content=f'{{"{MARK}'.encode())
    async with house.ear("/live/khda", client) as ear:
        await ear.socket.send(json.dumps({"type": MARK, "ranking": [MARK]}))
        await ear.socket.send(MARK)
    form = {"tracker": told["tracker"], "receipt": cast["id"], "ground": "other", "words": WORDS}
    await client.post("/en/appeal", data=form)
    await client.get(f"/en/receipt/{told['tracker']}")
    await client.get("/en/receipt", params={"tracker": told["tracker"]})
    return [told["tracker"], cast["id"], json.dumps(options[:3])]


async def _proposes(house: Whole) -> None:
    team = await house.person(Role.TEAM)
    begun = await team.post("/en/team/proposals")
    path = str(begun.headers["location"])
    fields = {"title_ar": WORDS, "title_en": WORDS, MARK: WORDS}
    await filled_in(team, path, fields)


async def _goes_wrong(
    house: Whole, client: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in (
        f"/en/{MARK}",
        f"/en/pass/{MARK}",
        f"/badge/{MARK}?{MARK}=1",
        f"/en/me?next={MARK}",
    ):
        await client.get(path)
    await client.get("/en/", headers={"cookie": f"sawt_visit={MARK}; sawt_device={MARK}"})
    async with house.expo.database.write() as tx:
        await tx.execute(text("DROP TABLE appeal"))
    async with house.expo.database.read() as tx:
        tracker = (await tx.execute(text("SELECT tracker FROM ballot LIMIT 1"))).scalar_one()
    form = {"tracker": tracker, "receipt": str(uuid.uuid4()), "ground": "other", "words": WORDS}
    assert (await client.post("/en/appeal", data=form)).status_code >= 500
    monkeypatch.setattr(house.expo.appeals, "make", lambda *asked: len(asked) // 0)
    assert (await client.post("/en/appeal", data=form)).status_code == 500


@pytest.mark.each_database
@pytest.mark.timeout(60)
async def test_nothing_people_say_and_nothing_that_opens_doors_is_logged_or_measured(
    tmp_path: Path, logged: Logged, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as client:
        organiser = await house.person(Role.ORGANISER)
        keys = await _signs_in(house, client)
        keys += await _is_invited(house, organiser)
        keys += await _votes_and_objects(house, client)
        await _proposes(house)
        await client.get("/en/me/data.json")
        await _goes_wrong(house, client, monkeypatch)
        await client.post("/en/me/data/erase", data={"sure": "1"})
        keys += [value for one in (client, organiser) for value in one.cookies.values()]
        measured = (await organiser.get("/metrics")).text

    assert "Somebody signed in" in logged.said
    assert "ZeroDivisionError" in logged.said
    assert "sawt_ballots" in measured
    for said in (logged.said, measured):
        assert MARK not in said.lower()
        assert [key for key in keys if key in said] == []


def test_values_of_a_refused_row_are_not_quoted() -> None:
    said = 'duplicate key value violates "uq"\nDETAIL:  Key (mark)=(zq7marker) already exists.\nx'

    assert redacted(said) == 'duplicate key value violates "uq"\nDETAIL: …\nx'
