"""A published contest's files through the front door: each one counts to the result that was published."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from sqlalchemy import text

from command.parser import main
from expo.identity.people import Assurance, Person, PersonId
from expo.rights import Role
from sessions.orders import Kind
from tests.support.whole import PROGRAM, Whole, whole
from voting.counting import count_file
from voting.exchange.published import KINDS, RESULTS
from voting.protocol import Cast

OPTIONS = (
    "khda-families-guide", "khda-transfer", "khda-teacher-permit", "khda-one-page", "khda-inclusion",
)  # fmt: skip
COUNTED = sorted(set(KINDS) - RESULTS - {"ballots.soc"})


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Whole]:
    """An expo whose first contest has closed, with ballots of every electorate."""
    async with whole(tmp_path) as found:
        await found.open()
        for n in range(42):
            ranking = OPTIONS[n % 5 :] + OPTIONS[: n % 3]
            await cast(found, somebody(n), ranking[: 1 + n % 5])
        await cast(found, somebody(3), ())
        await found.closed()
        yield found


def somebody(n: int) -> Person:
    """Employees, members of another entity's team, and customers."""
    name = PersonId(f"p{n}")
    if n % 3 == 0:
        return Person(name, Role.EMPLOYEE, "employees", None, Assurance.CONTACT)
    if n % 3 == 1:
        return Person(name, Role.TEAM, "teams", "rta", Assurance.CONTACT)
    return Person(name, Role.CUSTOMER, "customers", None, Assurance.CONTACT)


async def cast(house: Whole, person: Person, ranking: tuple[str, ...]) -> None:
    ballot = Cast(str(uuid.uuid4()), "khda", tuple(dict.fromkeys(ranking)))
    await house.expo.voting.cast(person, ballot, house.clock())


async def publish(house: Whole) -> None:
    await house.order(Kind.REVEAL)
    await house.order(Kind.PUBLISH)


def client(house: Whole) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(base_url=house.url, headers=PROGRAM, trust_env=False)


async def test_every_file_counts_to_the_published_result(house: Whole, tmp_path: Path) -> None:
    async with client(house) as browser:
        early = await browser.get("/results/khda/files/sawt.json")
        await publish(house)
        answers = await asyncio.gather(
            *(browser.get(f"/results/khda/files/{name}") for name in COUNTED)
        )
    result = house.expo.voting.frozen("khda")

    assert (early.status_code, early.json()["code"]) == (404, "not-published-yet")
    assert result is not None
    for name, answer in zip(COUNTED, answers, strict=True):
        assert answer.status_code == 200, answer.text
        report = count_file(name, answer.content)
        assert report.outcome.ranks == result.ranks, name
        assert report.outcome.combined.support == result.support, name
        assert report.ballots == result.ballots == 41
        assert report.outcome.method == result.method
    (tmp_path / "ballots.soi").write_bytes(answers[COUNTED.index("ballots.soi")].content)
    assert main(["count", str(tmp_path / "ballots.soi"), "--json"]) == 0


async def test_files_are_named_fresh_and_nobody_finds_a_person_in_them(house: Whole) -> None:
    await publish(house)
    tags = {row for row, *_ in await rows(house, "SELECT voter FROM ballot")}

    async with client(house) as browser:
        sheet = await browser.get("/results/khda/files/tally.txt")
        table = await browser.get("/results/khda/files/ballots.csv")
        figures = await browser.get("/results/khda/files/result.json")
        again = await browser.get("/results/khda/files/tally.txt")
        strange = await browser.get("/results/khda/files/passwd")
        complete = await browser.get("/results/khda/files/ballots.soc")
        nowhere = await browser.get("/results/nowhere/files/tally.txt")

    kept = sheet.headers["content-disposition"]
    assert kept == 'attachment; filename="sawt-khda-tally.txt"'
    assert sheet.headers["cache-control"] == "no-cache"
    assert again.content == sheet.content
    assert table.content.startswith(b"\xef\xbb\xbftracker,")
    assert figures.json()["contest"] == "khda"
    assert sum(line.startswith("V: ") for line in sheet.text.splitlines()) == 41
    assert sum(line.startswith("W: ") for line in sheet.text.splitlines()) == 1
    assert not any(tag in sheet.text or tag in table.text for tag in tags)
    assert [strange.status_code, complete.status_code, nowhere.status_code] == [404, 404, 404]


async def test_ballots_of_a_voter_stand_under_the_tracker(house: Whole) -> None:
    await publish(house)
    mine = await house.expo.voting.mine(somebody(5), "khda")
    assert mine.receipt is not None

    async with client(house) as browser:
        sheet = await browser.get("/results/khda/files/tally.txt")
        report = json.loads((await browser.get("/results/khda/files/cvr.json")).content)

    line = next(line for line in sheet.text.splitlines() if mine.receipt.tracker in line)
    places = {option: str(n) for n, option in enumerate(mine.receipt.ranking, start=1)}
    vote = "".join(places.get(option, "-") for option in OPTIONS)
    assert line.split("\t") == [f"V: {vote} ", "", mine.receipt.tracker, "customers"]
    assert [one["UniqueId"] for one in report["CVR"]].count(mine.receipt.tracker) == 1


async def rows(house: Whole, query: str) -> list[tuple[str, ...]]:
    async with house.expo.database.read() as tx:
        return [tuple(row) for row in await tx.execute(text(query))]
