"""Casting, results and receipts through the front door, with forms and with JSON."""

import asyncio
import csv
import io
import json
import re
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from expo.identity.people import Assurance, Person, PersonId
from expo.rights import Role
from sessions.orders import Kind
from tests.support.schedules import SCHEDULE
from tests.support.stagehouse import SITE, House, open_house
from voting.protocol import Cast

BALLOTS = "/en/ballots/water"
PROGRAM = {"accept": "application/json"}


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[House]:
    async with open_house(tmp_path) as found:
        await found.order(Kind.START)
        await found.order(Kind.OPEN)
        yield found


@pytest.fixture
async def nobody(stage: House) -> AsyncIterator[httpx2.AsyncClient]:
    async with _client(stage) as client:
        yield client


@pytest.fixture
async def voter(stage: House) -> AsyncIterator[httpx2.AsyncClient]:
    async with _client(stage) as client:
        await client.post("/en/join", headers=PROGRAM)
        yield client


def _client(stage: House) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        base_url=stage.url, headers={"origin": SITE, "accept": "text/html"}, trust_env=False
    )


def ballot(**changes: Any) -> dict[str, Any]:
    """A cast as JSON."""
    return {
        "id": str(uuid.uuid4()), "contest": "water", "ranking": ["meter", "leak"], **changes,
    }  # fmt: skip


def form(**changes: str) -> dict[str, str]:
    """A ballot as the form without scripts sends it."""
    return {"id": str(uuid.uuid4()), "rank-leak": "2", "rank-meter": "1", **changes}


async def publish(stage: House) -> None:
    """Close, count, reveal and publish the contest."""
    await stage.order(Kind.CLOSE)
    await stage.count()
    await stage.order(Kind.REVEAL)
    await stage.order(Kind.PUBLISH)


async def test_json_ballot_brings_a_receipt(voter: httpx2.AsyncClient) -> None:
    sent = ballot()

    first = await voter.post(BALLOTS, json=sent)
    again = await voter.post(BALLOTS, json={"type": "cast", **sent})
    mine = await voter.get(f"{BALLOTS}/mine")

    assert (first.status_code, first.headers["cache-control"]) == (200, "no-store")
    assert first.json()["type"] == "receipt"
    assert first.json()["ranking"] == ["meter", "leak"]
    assert again.json() == first.json()
    assert mine.json()["receipt"] == first.json()
    assert mine.json()["electorate"] == "customers"


async def test_form_leads_back_to_the_ballot(voter: httpx2.AsyncClient) -> None:
    plain = await voter.post(BALLOTS, data=form())
    onward = await voter.post(BALLOTS, data=form(next="/ar/session/water?x=1"))
    evil = await voter.post(BALLOTS, data=form(next="//evil.example/"))
    page = await voter.get("/en/session/water")

    assert (plain.status_code, plain.headers["location"]) == (303, "/en/session/water#ballot")
    assert onward.headers["location"] == "/ar/session/water?x=1#ballot"
    assert evil.headers["location"] == "/en/session/water#ballot"
    assert page.status_code == 200


async def test_form_and_frame_and_json_store_the_same(
    stage: House, voter: httpx2.AsyncClient
) -> None:
    by_form = await voter.post(BALLOTS, data=form(), headers=PROGRAM)
    by_json = await voter.post(BALLOTS, json=ballot())
    person = Person(PersonId("x"), Role.CUSTOMER, "customers", None, Assurance.DEVICE)
    by_frame = await stage.voting.cast(
        person, Cast(str(uuid.uuid4()), "water", ("meter", "leak")), stage.clock()
    )

    assert by_form.json()["ranking"] == by_json.json()["ranking"] == list(by_frame.ranking)
    assert by_form.json()["tracker"] == by_json.json()["tracker"]


async def test_empty_form_and_withdraw_button_withdraw(voter: httpx2.AsyncClient) -> None:
    await voter.post(BALLOTS, data=form())
    await voter.post(BALLOTS, data=form(withdraw="1"))
    withdrawn = (await voter.get(f"{BALLOTS}/mine")).json()["receipt"]
    await voter.post(BALLOTS, data=form())
    await voter.post(BALLOTS, data={"id": str(uuid.uuid4()), "rank-leak": "", "rank-meter": ""})
    emptied = (await voter.get(f"{BALLOTS}/mine")).json()["receipt"]

    assert (withdrawn["ranking"], withdrawn["revision"]) == ([], 2)
    assert (emptied["ranking"], emptied["revision"]) == ([], 4)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"rank-leak": "1"}, 422),
        ({"rank-leak": "first"}, 422),
        ({"rank-never": "3"}, 422),
        ({"id": "no-uuid"}, 400),
        ({f"rank-{'x' * 65}": "4"}, 400),
    ],
)
async def test_refused_form_shows_the_ballot_again(
    voter: httpx2.AsyncClient, changes: dict[str, str], status: int
) -> None:
    answer = await voter.post(BALLOTS, data=form(**changes))

    as_json = await voter.post(BALLOTS, data=form(**changes), headers=PROGRAM)

    assert (answer.status_code, as_json.status_code) == (status, status)
    assert as_json.json()["message"]
    assert 'id="ballot"' in answer.text
    assert 'role="alert"' in answer.text
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_late_form_says_how_late(
    stage: House, voter: httpx2.AsyncClient, language: str
) -> None:
    await stage.order(Kind.CLOSE)
    await stage.count()

    answer = await voter.post(f"/{language}/ballots/water", data=form())

    assert answer.status_code == 409
    assert "09:20:1" in answer.text  # the event's own time, to the second
    assert "late_ms" not in answer.text


async def test_nobody_known_is_asked_to_join_first(nobody: httpx2.AsyncClient) -> None:
    as_form = await nobody.post(BALLOTS, data=form())
    as_json = await nobody.post(BALLOTS, json=ballot(), headers=PROGRAM)
    mine = await nobody.get(f"{BALLOTS}/mine")

    assert (as_form.status_code, as_json.status_code) == (403, 403)
    assert as_json.json()["code"] == "join-first"
    assert as_json.json()["message"]
    assert (mine.json()["blocked"], mine.json()["receipt"]) == ("join-first", None)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff", b"[" * 60_000,
        json.dumps(ballot(weight=9)).encode(),
        json.dumps(ballot(contest="other")).encode(),
        json.dumps(ballot(ranking=[1, True])).encode(),
        json.dumps(ballot()).replace('"ranking"', '"ranking":[],"ranking"').encode(),
        json.dumps(ballot()).encode("utf-16"),
    ],
    ids=range(13),
)  # fmt: skip
async def test_hostile_json_is_a_bad_request(voter: httpx2.AsyncClient, body: bytes) -> None:
    answer = await voter.post(
        BALLOTS, content=body, headers={"content-type": "application/json", **PROGRAM}
    )

    assert answer.status_code == 400
    assert answer.json()["code"] == "bad-request"
    assert len(answer.content) < 1_024


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-type": "text/plain"}, 400),
        ({"content-type": "application/json", "content-encoding": "gzip"}, 400),
        ({"content-type": "application/json", "origin": "https://evil.example"}, 403),
        ({"content-type": "application/json", "origin": "null"}, 403),
    ],
)
async def test_wrapping_of_a_ballot_is_checked(
    stage: House, voter: httpx2.AsyncClient, headers: dict[str, str], status: int
) -> None:
    answer = await voter.post(BALLOTS, content=json.dumps(ballot()), headers=headers)
    await stage.voting.refresh()

    assert answer.status_code == status
    assert stage.voting.turnout("water").ballots == 0


async def test_headers_that_claim_things_are_ignored(
    stage: House, voter: httpx2.AsyncClient
) -> None:
    claims = {"x-forwarded-for": "127.0.0.1", "x-http-method-override": "DELETE",
              "x-original-url": "/en/staff/control", "date": "Mon, 17 Apr 2000 00:00:00 GMT"}  # fmt: skip

    answer = await voter.post(BALLOTS, json=ballot(), headers=claims)

    assert answer.status_code == 200
    assert answer.json()["accepted_at"] == stage.clock().isoformat().replace("+00:00", "Z")


async def test_hundred_posts_of_one_ballot_are_one(stage: House, voter: httpx2.AsyncClient) -> None:
    sent = ballot()

    answers = await asyncio.gather(*[voter.post(BALLOTS, json=sent) for _ in range(100)])
    await stage.voting.refresh()

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert stage.voting.turnout("water").ballots == 1


@pytest.mark.parametrize("path", ["/en/ballots/nowhere", "/fr/ballots/water"])
async def test_ballot_for_nothing_is_not_found(voter: httpx2.AsyncClient, path: str) -> None:
    assert (await voter.post(path, json=ballot(contest="nowhere"))).status_code == 404
    assert (await voter.get(f"{path}/mine")).status_code == 404


async def test_receipt_page_shows_the_ranking_to_its_voter_alone(
    voter: httpx2.AsyncClient, nobody: httpx2.AsyncClient
) -> None:
    receipt = (await voter.post(BALLOTS, json=ballot())).json()
    tracker = receipt["tracker"]
    typed = "-".join(re.findall("....", tracker)).lower()

    own = await voter.get(f"/en/receipt/{typed}")
    strange = await nobody.get(f"/en/receipt/{tracker}")
    missing = await nobody.get("/en/receipt/0000000000000000")
    absurd = await nobody.get("/en/receipt/%00%ff")

    assert (own.status_code, strange.status_code) == (200, 200)
    assert own.text.index("<bdi>Meter</bdi>") < own.text.index("<bdi>Leak</bdi>")
    assert "<bdi>Meter</bdi>" not in strange.text
    assert tracker in strange.text
    assert {own.headers["cache-control"], strange.headers["cache-control"]} == {"no-store"}
    assert (missing.status_code, absurd.status_code) == (404, 404)


async def test_receipt_number_typed_by_hand_leads_to_its_page(
    voter: httpx2.AsyncClient, nobody: httpx2.AsyncClient
) -> None:
    tracker = (await voter.post(BALLOTS, json=ballot())).json()["tracker"]
    copied = "\u2068" + "–".join(re.findall("....", tracker)).lower() + "\u2069 "

    found = await nobody.get("/ar/receipt", params={"tracker": copied})
    short = await nobody.get("/en/receipt", params={"tracker": '"<b>7'})

    assert (found.status_code, found.headers["location"]) == (303, f"/ar/receipt/{tracker}")
    assert short.status_code == 404
    assert 'value="&#34;&lt;b&gt;7"' in short.text, "to be mended where it was typed"
    assert 'action="/en/receipt"' in (await nobody.get("/en/receipts")).text
    assert (await nobody.get("/en/receipt")).status_code == 404


async def test_receipt_page_tells_of_a_withdrawal(voter: httpx2.AsyncClient) -> None:
    kept = (await voter.post(BALLOTS, json=ballot())).json()
    counted = await voter.get(f"/en/receipt/{kept['tracker']}")
    await voter.post(BALLOTS, json=ballot(ranking=[]))
    withdrawn = await voter.get(f"/en/receipt/{kept['tracker']}")

    assert "removed by its voter" in withdrawn.text
    assert "removed by its voter" not in counted.text


@pytest.mark.parametrize("language", ["ar", "en"])
async def test_results_of_a_day_are_shown_and_given_away(
    stage: House, voter: httpx2.AsyncClient, language: str
) -> None:
    await voter.post(BALLOTS, json=ballot())
    before = await voter.get(f"/{language}/results/day/1")
    empty: Any = (await voter.get("/results/day/1.json")).json()
    await publish(stage)

    page = await voter.get(f"/{language}/results/day/1")
    as_json = await voter.get(f"/{language}/results/day/1.json")
    as_csv = await voter.get("/results/day/1.csv")

    assert (before.status_code, page.status_code) == (200, 200)
    assert empty["results"] == []
    assert "attachment" in as_json.headers["content-disposition"]
    result = as_json.json()["results"][0]["result"]
    assert (result["ranks"], result["ballots"]) == ([["meter"], ["leak"]], 1)
    rows = list(csv.DictReader(io.StringIO(as_csv.content.decode("utf-8-sig"))))
    assert [(row["rank"], row["option"]) for row in rows] == [("1", "meter"), ("2", "leak")]
    assert as_csv.headers["content-type"].startswith("text/csv")


async def test_result_below_every_minimum_says_so(tmp_path: Path) -> None:
    async with open_house(tmp_path, SCHEDULE) as strict, _client(strict) as client:
        await strict.order(Kind.START)
        await strict.order(Kind.OPEN)
        await client.post("/en/join", headers=PROGRAM)
        await client.post(BALLOTS, json=ballot())
        await publish(strict)
        page = await client.get("/en/results/day/1")

    assert "no group reached its minimum" in page.text
    assert "No ballot was counted" not in page.text
    assert "No votes yet" not in page.text


async def test_whoever_has_a_receipt_is_not_told_that_nobody_voted(
    voter: httpx2.AsyncClient,
) -> None:
    answer = await voter.post(BALLOTS, data=form())
    page = await voter.get(answer.headers["location"])

    assert "Receipt number" in page.text
    assert "1 ballot saved" in page.text


async def test_nothing_of_an_unpublished_result_is_on_the_page(
    stage: House, voter: httpx2.AsyncClient
) -> None:
    await voter.post(BALLOTS, json=ballot())
    await stage.order(Kind.CLOSE)
    await stage.count()
    counted = await voter.get("/en/results/day/1")
    await stage.order(Kind.REVEAL)
    revealing = await voter.get("/en/results/day/1")

    assert "Meter" not in counted.text
    assert "Leak" not in counted.text
    assert "Leak" in revealing.text
    assert "Meter" not in revealing.text


@pytest.mark.parametrize("day", ["9", "0", "-1", "x", "99999999999999999999"])
async def test_day_without_contests_has_no_results(voter: httpx2.AsyncClient, day: str) -> None:
    for address in (
        f"/en/results/day/{day}",
        f"/results/day/{day}.json",
        f"/results/day/{day}.csv",
    ):
        assert (await voter.get(address)).status_code == 404
