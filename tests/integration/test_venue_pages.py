"""The doors of the venue over real requests: the forms, the programs' answers, the screen."""

import html
import re
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from expo.rights import Role
from tests.support.roles import stranger
from tests.support.whole import PROGRAM, Whole, whole

STAFF = "/en/staff/venue"
_CODE = re.compile(r'<bdi class="ltr">([2-9A-Z]{5}-[2-9A-Z]{5})</bdi>')


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path) as opened:
        yield opened


@pytest.fixture
async def organiser(house: Whole) -> httpx2.AsyncClient:
    return await house.person(Role.ORGANISER)


def form(**changes: str) -> dict[str, str]:
    usual = {"electorate": "customers", "label": "Door A", "hours": "٨", "count": "2"}
    return {**usual, "batch": uuid.uuid4().hex, **changes}


async def printed(organiser: httpx2.AsyncClient, **changes: str) -> list[str]:
    """The codes on a new sheet."""
    page = await organiser.post(STAFF, data=form(**changes))
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    return _CODE.findall(page.text)


async def test_sheet_is_printed_listed_and_taken_back(organiser: httpx2.AsyncClient) -> None:
    codes = await printed(organiser)
    listed = await organiser.get(STAFF)
    found = re.search(r'action="(/en/staff/venue/\w+/revoke)"', listed.text)

    assert len(codes) == 2
    assert "0 of 2 came in" in html.unescape(listed.text)
    assert not _CODE.search(listed.text)
    assert found is not None
    assert (await organiser.post(found[1])).headers["location"] == STAFF
    assert (await organiser.post(found[1], headers=PROGRAM)).json()["code"] == "not-found"
    assert "Revoked" in (await organiser.get(STAFF)).text


@pytest.mark.parametrize(
    ("field", "value"),
    [("count", "501"), ("count", "x"), ("hours", "0"), ("electorate", "teams"), ("batch", "<b>")],
)
async def test_senseless_form_names_the_field_and_is_kept(
    organiser: httpx2.AsyncClient, field: str, value: str
) -> None:
    page = await organiser.post(STAFF, data=form(label="كلمة", **{field: value}))
    program = await organiser.post(STAFF, data=form(**{field: value}), headers=_accepting_json())

    assert page.status_code == 400
    assert f'<code class="ltr">{field}</code>' in page.text
    assert 'value="كلمة"' in page.text
    assert program.json()["facts"] == {"what": field}


async def test_program_gets_codes_once(organiser: httpx2.AsyncClient) -> None:
    order = form()
    first = await organiser.post(STAFF, data=order, headers=_accepting_json())
    again = await organiser.post(STAFF, data=order, headers=_accepting_json())

    assert [len(one["code"]) for one in first.json()] == [10, 10]
    assert again.json()["code"] == "already-issued"


async def test_badge_page_has_a_button_and_uses_nothing_up(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    code, other = await printed(organiser)
    async with stranger(house.url) as scanner, stranger(house.url) as phone:
        for address in (f"/badge/{code}", f"/BADGE/{code.replace('-', '')}"):
            page = await scanner.get(address)
            assert page.status_code == 200
            assert 'name="code"' in page.text
        answer = await phone.post("/ar/venue", data={"code": code, "next": "/ar/session/khda"})
        assert answer.headers["location"] == "/ar/session/khda"
        late = await scanner.post("/en/venue", data={"code": code})
        gone = await scanner.get(f"/badge/{code}")
        program = await scanner.post("/en/venue", data={"code": other}, headers=_accepting_json())

    assert (late.status_code, gone.status_code) == (409, 409)
    assert 'data-code="badge-used"' in late.text
    assert f'value="{code}"' in late.text
    assert program.json() == {"role": "customer", "told": []}


async def test_released_badge_opens_elsewhere(house: Whole, organiser: httpx2.AsyncClient) -> None:
    code, _ = await printed(organiser)
    async with stranger(house.url) as old, stranger(house.url) as new:
        await old.post("/en/venue", data={"code": code})
        wrong = await organiser.post(f"{STAFF}/release", data={"code": "x" * 400})
        nobody = await organiser.post(
            f"{STAFF}/release", data={"code": "AAAAA-BBBBB"}, headers=_accepting_json()
        )
        done = await organiser.post(f"{STAFF}/release", data={"code": code})
        moved = await new.post("/en/venue", data={"code": code})
        page = await organiser.get(done.headers["location"])

    assert (wrong.status_code, nobody.json()["code"]) == (404, "badge-unknown")
    assert moved.status_code == 303
    assert "may come in on another device now" in page.text


async def test_screen_shows_a_code_that_opens_and_says_when_it_changes(house: Whole) -> None:
    screen = await house.person(Role.SCREEN)
    told = (await screen.get("/stage/venue/code.json")).json()
    page = await screen.get("/ar/stage/venue")
    picture = await screen.get("/stage/venue/code.svg")
    async with stranger(house.url) as phone:
        asked = await phone.get(f"/at/{told['code']}")
        grant = re.search(r'name="grant" value="([^"]+)"', asked.text)
        assert grant is not None
        house.pass_time(seconds=90)
        over = await phone.get(f"/at/{told['code']}")
        typed = await phone.post("/en/venue", data={"code": told["code"]})
        answer = await phone.post("/en/venue", data={"grant": grant[1]})
        who = await phone.get("/en/me")

    assert 1 <= told["seconds"] <= 30
    assert told["code"] in page.text
    assert picture.headers["content-type"] == "image/svg+xml"
    assert picture.headers["cache-control"] == "no-store"
    assert picture.text.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert (over.status_code, typed.status_code, answer.status_code) == (410, 404, 303)
    assert "(level B)" in who.text


async def test_time_of_a_badge_ends(house: Whole, organiser: httpx2.AsyncClient) -> None:
    code, _ = await printed(organiser, hours="1")
    house.clock.go_to(house.clock() + timedelta(hours=2))
    async with stranger(house.url) as phone:
        answer = await phone.post("/en/venue", data={"code": code})

    assert answer.status_code == 410
    assert 'data-code="badge-expired"' in answer.text


@pytest.mark.parametrize("code", ["", "AAAA", "x" * 10_000, "<script>", "%00", "\u202eABCDE-FGHJK"])
async def test_whatever_is_typed_is_answered(house: Whole, code: str) -> None:
    async with stranger(house.url) as phone:
        answer = await phone.post("/en/venue", data={"code": code})

    assert answer.status_code == 404
    assert "<script>alert" not in answer.text


def _accepting_json() -> dict[str, Any]:
    return {"accept": "application/json", "content-type": "application/x-www-form-urlencoded"}
