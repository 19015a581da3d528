"""Signing in with UAE PASS, step by step as its pages have it, against a strict imitation."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.responses import JSONResponse

from expo.identity.people import Assurance, Person
from expo.rights import Role
from tests.support.forger import forging
from tests.support.signing import Walk, ending, expo_with, uae_pass, walking
from tests.support.uae_pass import PRIVATE, SCOPE, UaePassFake, faking, profile
from tests.support.whole import Whole

ID = "uae-pass"


@asynccontextmanager
async def at_uae_pass(
    folder: Path, person: dict[str, Any] | None = None, **about: Any
) -> AsyncIterator[tuple[UaePassFake, Whole, Walk]]:
    """UAE PASS that knows one person, an expo that knows UAE PASS, and a browser."""
    async with (
        faking(UaePassFake(person=person or profile())) as fake,
        expo_with(folder, uae_pass(fake.url, **about)) as house,
        walking(house) as walk,
    ):
        yield fake, house, walk


async def person_of(house: Whole, walk: Walk) -> Person:
    visit = await house.expo.visits.of(walk.client.cookies["sawt_visit"], None)
    assert visit.person is not None
    return visit.person


@pytest.mark.parametrize(
    ("user_type", "assurance"),
    [
        ("SOP1", Assurance.CONTACT),
        ("SOP2", Assurance.VERIFIED),
        ("SOP3", Assurance.VERIFIED),
    ],
)
async def test_person_comes_in_as_surely_as_they_are_known(
    tmp_path: Path, user_type: str, assurance: Assurance
) -> None:
    async with at_uae_pass(tmp_path, profile(user_type)) as (_, house, walk):
        answer = await walk.through(ID, then="/en/schedule")
        person = await person_of(house, walk)

        assert answer.headers["location"] == "/en/schedule"
        assert (person.role, person.electorate) == (Role.CUSTOMER, "customers")
        assert person.assurance is assurance
        assert person.label == "Mariam Al Test"


async def test_request_is_what_the_published_page_has(tmp_path: Path) -> None:
    async with at_uae_pass(tmp_path, visitors=True) as (_, house, walk):
        address = await walk.out(ID)

        query = {name: found[0] for name, found in parse_qs(urlsplit(address).query).items()}
        state = query.pop("state")
        assert len(state) == 43
        assert query == {
            "response_type": "code",
            "client_id": "sawt",
            "redirect_uri": f"{house.url}/sign-in/back/uae-pass",
            "scope": f"{SCOPE} {SCOPE}:profileType {SCOPE}:unifiedId",
            "acr_values": "urn:safelayer:tws:policies:authentication:level:low",
            "ui_locales": "en",
        }


@pytest.mark.sqlite_only
async def test_nothing_but_what_is_needed_is_kept_or_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with at_uae_pass(tmp_path) as (fake, _, walk):
        await walk.through(ID)

    kept = kept_in(tmp_path)
    assert b"Mariam Al Test" in kept
    assert fake.person["uuid"].encode() not in kept
    for private in PRIVATE.values():
        assert private.encode() not in kept
        assert private not in caplog.text


def kept_in(folder: Path) -> bytes:
    """Every byte of the database."""
    return b"".join(path.read_bytes() for path in folder.glob("sawt.sqlite3*"))


async def test_same_uuid_is_the_same_person_whatever_else_has_changed(tmp_path: Path) -> None:
    async with faking() as fake, expo_with(tmp_path, uae_pass(fake.url)) as house:
        people = []
        for changed in ({}, {"email": "new@a.example", "fullnameEN": "M"}, {"uuid": "another"}):
            fake.person = profile(**changed)
            async with walking(house) as walk:
                await walk.through(ID)
                people.append((await person_of(house, walk)).id)

        assert people[0] == people[1] != people[2]


async def test_unverified_person_is_refused_where_the_file_says_so(tmp_path: Path) -> None:
    async with at_uae_pass(tmp_path, profile("SOP1"), take_unverified=False) as (_, _, walk):
        answer = await walk.through(ID)

        assert ending(answer) == "identity-too-weak"
        assert "sawt_visit" not in walk.client.cookies


@pytest.mark.parametrize("error", ["cancelledOnApp", "invalid_request", "access_denied"])
async def test_person_who_says_no_is_told_so(tmp_path: Path, error: str) -> None:
    async with at_uae_pass(tmp_path) as (fake, _, walk):
        fake.refuses_with = error

        assert ending(await walk.through(ID)) == "sign-in-declined"


@pytest.mark.parametrize(
    "person",
    [
        {"uuid": None},
        {"uuid": ""},
        {"uuid": "../../x y"},
        {"userType": "SOP9"},
        {"userType": None},
        {"fullnameEN": ["a"]},
    ],
)
async def test_profile_that_is_none_lets_nobody_in(tmp_path: Path, person: dict[str, Any]) -> None:
    async with at_uae_pass(tmp_path, profile(**person)) as (_, _, walk):
        assert ending(await walk.through(ID)) == "answer-not-trusted"


async def test_answer_is_taken_once_and_on_the_device_that_began(tmp_path: Path) -> None:
    async with at_uae_pass(tmp_path) as (_, house, walk), walking(house) as other:
        address = await walk.back_address(await walk.out(ID))
        trip = walk.client.cookies["sawt_trip"]

        assert ending(await other.back(address)) == "sign-in-lost"
        assert (await walk.back(address)).headers["location"] == "/en/"
        walk.client.cookies.set("sawt_trip", trip)
        assert ending(await walk.back(address)) == "sign-in-used"


async def test_page_after_leaving_signs_out_there_too(tmp_path: Path) -> None:
    async with at_uae_pass(tmp_path) as (fake, house, walk):
        await walk.through(ID)
        left = await walk.client.post("/en/leave", data={})
        page = await walk.client.get(left.headers["location"])

        assert left.headers["location"] == "/en/sign-in/left/uae-pass"
        there = page.headers["refresh"].removeprefix("0; url=")
        back = await walk.back_address(there)
        assert back == f"{house.url}/en/"
        assert fake.farewells == [back]
        assert "sawt_way" not in walk.client.cookies


async def test_whoever_came_in_another_way_leaves_to_the_front_page(tmp_path: Path) -> None:
    async with at_uae_pass(tmp_path) as (_, _, walk):
        await walk.client.post("/en/join", data={})
        left = await walk.client.post("/en/leave", data={})

        assert left.headers["location"] == "/en/"


async def test_silent_uae_pass_is_down(tmp_path: Path) -> None:
    silent = uae_pass("http://127.0.0.1:9")
    async with expo_with(tmp_path, silent) as house, walking(house) as walk:
        state = parse_qs(urlsplit(await walk.out(ID)).query)["state"][0]
        answer = await walk.back(f"/sign-in/back/uae-pass?code=x&state={state}")

        assert ending(answer) == "provider-down"


async def test_answer_of_another_kind_is_no_token(tmp_path: Path) -> None:
    async with forging() as forger:
        forger.at["token"] = lambda: JSONResponse(["token"])
        about = uae_pass(forger.url)
        async with expo_with(tmp_path, about) as house, walking(house) as walk:
            state = parse_qs(urlsplit(await walk.out(ID)).query)["state"][0]
            answer = await walk.back(f"/sign-in/back/uae-pass?code=x&state={state}")

            assert ending(answer) == "provider-down"


async def test_code_that_uae_pass_does_not_know_lets_nobody_in(tmp_path: Path) -> None:
    async with at_uae_pass(tmp_path) as (_, _, walk):
        state = parse_qs(urlsplit(await walk.out(ID)).query)["state"][0]
        answer = await walk.back(f"/sign-in/back/uae-pass?code=guessed&state={state}")

        assert ending(answer) == "answer-not-trusted"
