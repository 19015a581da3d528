"""Signing in with OpenID Connect: the honest way, from the button to the person and back again."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from starlette.responses import Response

from expo.clock import Movable
from expo.identity.oidc.oidc import way_to
from expo.identity.oidc.providers import Provider, parse
from expo.identity.oidc.trips import Asked
from expo.identity.people import Assurance, Person
from expo.rights import Role
from tests.support.forger import CLIENT, SECRET, Forger, forging, new_key
from tests.support.signing import ending, expo_with, openid, walking
from tests.support.whole import Whole, ballot


async def person_of(house: Whole, token: str) -> Person:
    visit = await house.expo.visits.of(token, None)
    assert visit.person is not None
    return visit.person


async def test_employee_comes_in_by_the_claims_of_an_employer(tmp_path: Path) -> None:
    rules = [
        {"when": {"groups": "staff"}, "role": "employee"},
    ]
    claims = {"sub": "mariam", "groups": ["staff"], "name": "Mariam", "email_verified": True}
    async with forging(Forger(claims=claims)) as forger:
        provider = openid(forger.url, rules=rules, require={"email_verified": True})
        async with expo_with(tmp_path, provider) as house, walking(house) as walk:
            answer = await walk.through(then="/en/schedule")
            person = await person_of(house, walk.client.cookies["sawt_visit"])

            assert answer.status_code == 303
            assert answer.headers["location"] == "/en/schedule"
            assert (person.role, person.electorate) == (Role.EMPLOYEE, "employees")
            assert person.assurance is Assurance.VERIFIED
            assert "sawt_trip" not in walk.client.cookies


async def test_request_has_what_the_standards_ask_for(tmp_path: Path) -> None:
    async with forging() as forger, expo_with(tmp_path, openid(forger.url)) as house:
        async with walking(house) as walk:
            await walk.through()

        (asked,) = forger.questions("authorize")
        (exchanged,) = forger.questions("token")
        (told,) = forger.questions("userinfo")

        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert asked["redirect_uri"] == f"{house.url}/sign-in/back/acme"
        assert asked["scope"] == "openid profile email"
        assert asked["ui_locales"] == "en"
        assert len({asked["state"], asked["nonce"], exchanged["code_verifier"]}) == 3
        basic = b64decode(exchanged["authorization"].removeprefix("Basic ")).decode()
        assert basic == f"{CLIENT}:{SECRET}"
        assert "client_secret" not in exchanged
        assert told["authorization"] == "Bearer access"


async def test_same_subject_is_the_same_person_and_another_is_another(tmp_path: Path) -> None:
    async with forging() as forger, expo_with(tmp_path, openid(forger.url)) as house:
        people = []
        for subject in ("mariam", "mariam", "salem"):
            forger.claims = {"sub": subject}
            async with walking(house) as walk:
                await walk.through()
                people.append(await person_of(house, walk.client.cookies["sawt_visit"]))

        assert people[0].id == people[1].id != people[2].id


async def test_provider_that_changes_its_key_is_believed_after_one_look(tmp_path: Path) -> None:
    async with forging() as forger, expo_with(tmp_path, openid(forger.url)) as house:
        async with walking(house) as walk:
            await walk.through()
        forger.key = new_key("two")
        async with walking(house) as walk:
            answer = await walk.through()

        assert answer.headers["location"] == "/en/"
        assert len(forger.questions("keys")) == 2
        assert len(forger.questions("openid-configuration")) == 1


async def test_provider_that_is_down_takes_only_its_button_with_it(tmp_path: Path) -> None:
    async with expo_with(tmp_path, openid("http://127.0.0.1:9")) as house, walking(house) as walk:
        answer = await walk.client.get("/en/sign-in/with/acme?next=/en/schedule")
        page = await walk.client.get(answer.headers["location"])
        home = await walk.client.get("/en/")

        assert ending(answer) == "provider-down"
        assert page.status_code == 503
        assert 'href="/en/sign-in/with/acme?next=/en/schedule"' in page.text
        assert home.status_code == 200


async def test_provider_that_falls_silent_is_known_by_what_it_said(tmp_path: Path) -> None:
    async with forging() as forger:
        provider = parse_one(openid(forger.url))
        wall = Movable(lambda: datetime.now(UTC))
        way = way_to(provider, SECRET, "http://127.0.0.1/back", wall, loopback=True)
        asked = Asked("s" * 43, "n" * 43, "v" * 43, "en")
        before = await way.address(asked)

        wall.go_to(wall() + timedelta(hours=2))
        forger.at["openid-configuration"] = lambda: Response(status_code=503)
        after = [await way.address(asked) for _ in range(3)]
        await way.close()

        assert set(after) == {before}
        assert len(forger.questions("openid-configuration")) == 2


async def test_provider_without_userinfo_is_not_asked_for_it(tmp_path: Path) -> None:
    async with forging() as forger:
        provider = openid(forger.url, userinfo=False)
        async with expo_with(tmp_path, provider) as house, walking(house) as walk:
            answer = await walk.through()

            assert answer.headers["location"] == "/en/"
            assert forger.questions("userinfo") == []


async def test_secret_goes_into_the_form_where_no_header_is_taken(tmp_path: Path) -> None:
    async with forging() as forger, expo_with(tmp_path, openid(forger.url)) as house:
        methods = ["client_secret_post"]
        forger.discovery = lambda found: {**found, "token_endpoint_auth_methods_supported": methods}
        async with walking(house) as walk:
            await walk.through()

        (asked,) = forger.questions("token")
        assert asked["client_secret"] == SECRET
        assert asked["authorization"] == ""


async def test_addresses_of_no_provider_and_of_no_ending_are_not_found(tmp_path: Path) -> None:
    async with expo_with(tmp_path, openid("http://127.0.0.1:9")) as house, walking(house) as walk:
        for path in (
            "/en/sign-in/with/other",
            "/sign-in/back/other",
            "/en/sign-in/with/acme/ended/other",
            "/en/sign-in/with/other/ended/sign-in-lost",
            "/en/sign-in/left/acme",
            "/en/sign-in/left/other",
        ):
            assert (await walk.client.get(path)).status_code == 404, path


async def test_program_is_told_how_it_ended_without_a_page(tmp_path: Path) -> None:
    async with expo_with(tmp_path, openid("http://127.0.0.1:9")) as house, walking(house) as walk:
        headers = {"accept": "application/json"}
        answer = await walk.client.get("/en/sign-in/with/acme", headers=headers)

        assert answer.status_code == 503
        assert answer.json()["code"] == "provider-down"


def parse_one(about: dict[str, Any]) -> Provider:
    """One provider as the file has it."""
    text = msgspec.json.encode({"providers": [about]}).decode()
    return parse(text, {about["id"]: SECRET}, loopback=True)[0]


async def test_rule_may_make_staff_where_the_provider_verifies(tmp_path: Path) -> None:
    rules = [{"when": {"realm_access.roles": "expo-desk"}, "role": "moderator"}]
    claims = {"sub": "salem", "realm_access": {"roles": ["staff", "expo-desk"]}}
    async with forging(Forger(claims=claims)) as forger:
        provider = openid(forger.url, rules=rules)
        async with expo_with(tmp_path, provider) as house, walking(house) as walk:
            await walk.through()

            assert (await walk.client.get("/en/staff/control")).status_code == 200
            assert (await walk.client.get("/en/staff/passes")).status_code == 403


async def test_voter_whose_electorate_is_settled_is_told_before_going_on(tmp_path: Path) -> None:
    rules = [{"when": {"groups": "staff"}, "role": "employee"}]
    claims = {"sub": "mariam", "groups": ["staff"]}
    async with forging(Forger(claims=claims)) as forger:
        provider = openid(forger.url, rules=rules)
        async with expo_with(tmp_path, provider) as house, walking(house) as walk:
            await house.open()
            await walk.client.post("/en/join", data={})
            options = [one.id for one in house.contest().options[:2]]
            headers = {"content-type": "application/json", "accept": "application/json"}
            cast = await walk.client.post(
                "/en/ballots/khda", json=ballot(*options), headers=headers
            )
            assert cast.status_code == 200, cast.text

            answer = await walk.through(then="/en/schedule")
            person = await person_of(house, walk.client.cookies["sawt_visit"])

            assert answer.headers["location"] == "/en/me?told=electorate-kept&next=/en/schedule"
            assert (person.role, person.assurance) == (Role.CUSTOMER, Assurance.VERIFIED)
            assert await house.ballots() == 1
