"""Screens and devices on a real server: forms that lie, keys that are taken back, scenes that stay hidden."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Origin

from expo.identity.people import Person, PersonId
from expo.rights import Role
from sessions.cues import Scene
from sessions.devices.values import Moment, TooManyDevices
from sessions.orders import Kind, Order
from tests.support.forms import seen_in
from tests.support.roles import everybody
from tests.support.serving import socket_url
from tests.support.whole import Whole, cookie_of, whole

pytestmark = pytest.mark.timeout(60)
ORGANISER = Person(PersonId("o1"), Role.ORGANISER, label="Mariam")
PATH = "/en/staff/screens"
JSON = {"accept": "application/json"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path) as found:
        yield found


@pytest.fixture
async def organiser(house: Whole) -> AsyncIterator[httpx2.AsyncClient]:
    async with everybody(house.url, house.expo.passes, house.expo.now) as clients:
        yield clients[Role.ORGANISER]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"device": "main"},
        {"device": "../etc", "do": "rename"},
        {"device": "main/obs", "do": "forget"},
        {"device": "x" * 33, "do": "rename"},
        {"device": "main", "do": "shout"},
        {"device": "main", "do": "identify", "view": "overlay-fr"},
        {"device": "main", "do": "scene", "scene": "everything"},
        {"device": "main", "do": "rename", "title": "x" * 61},
        {"device": "main", "do": "obs", "mode": "always", "obs_by": "page"},
        {"device": "main", "do": "obs", "mode": "auto", "obs_by": "page", "at-open": "x" * 129},
    ],
)
async def test_hostile_form_is_refused_and_changes_nothing(
    house: Whole, organiser: httpx2.AsyncClient, fields: dict[str, str]
) -> None:
    answer = await organiser.post(PATH, data=fields, headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-request")
    assert house.expo.production.devices.known == ()


async def test_two_operators_never_overwrite_each_others_obs_settings_unseen(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    await house.expo.production.devices.new_key(ORGANISER, "main")
    form = {"device": "main", "do": "obs", "mode": "auto", "obs_by": "page"}
    theirs, mine = form | {"at-open": "Ballot"}, form | {"at-open": "Vote", "at-break": "Pause"}
    seen = {"seen": seen_in(await organiser.get(PATH))}
    assert (await organiser.post(PATH, data=theirs | seen)).status_code == 303

    late = await organiser.post(PATH, data=mine | seen)

    assert late.status_code == 409
    assert 'data-code="stale-version"' in late.text
    assert "<b>In force now</b> <bdi>Ballot</bdi>" in late.text
    assert 'value="Vote"' in late.text
    assert 'value="Pause"' in late.text
    await house.expo.production.devices.show_scene(ORGANISER, "main", Scene.BLACK)  # another form
    decided = mine | {"seen": seen_in(late)}
    assert (await organiser.post(PATH, data=decided)).status_code == 303
    assert house.expo.production.devices.of("main").scenes == {
        Moment.OPEN: "Vote",
        Moment.BREAK: "Pause",
    }


async def test_what_was_typed_in_a_form_that_is_refused_is_still_there(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    await house.expo.production.devices.new_key(ORGANISER, "main")
    form = {"device": "main", "do": "obs", "mode": "auto", "obs_by": "agent", "at-break": "Pause"}

    refused = await organiser.post(PATH, data=form | {"at-open": "x" * 129})
    renamed = await organiser.post(
        PATH, data={"device": "main", "do": "rename", "title": "A long name" * 9}
    )

    assert refused.status_code == 400
    assert 'value="Pause"' in refused.text
    assert '<option value="agent" selected>' in refused.text
    assert "A long name" in renamed.text


async def test_scene_of_its_own_shows_nothing_that_may_not_be_shown(house: Whole) -> None:
    show, devices = house.expo.show, house.expo.production.devices
    for scene in (Scene.REVEAL, Scene.FINAL, Scene.LIVE):
        await devices.show_scene(ORGANISER, "main", scene)
        state = show.stage("main")
        assert state.scene is show.stage().scene
        assert (state.reveal, state.final, state.tally) == (None, None, None)

    await devices.show_scene(ORGANISER, "main", Scene.BLACK)
    assert (show.stage("main").scene, show.stage("side").scene) == (Scene.BLACK, Scene.JOIN)


async def test_key_lets_in_a_screen_and_nobody_who_is_somebody(house: Whole) -> None:
    token = await house.expo.production.devices.new_key(ORGANISER, "main")
    address = f"/overlay/main/{token}?lang=en"
    async with everybody(house.url, house.expo.passes, house.expo.now) as clients:
        told = {role: (await clients[role].get(address)).status_code for role in clients}

    assert {role for role, status in told.items() if status == 200} == {
        Role.PUBLIC,
        Role.SCREEN,
        Role.ORGANISER,
    }
    assert set(told.values()) == {200, 404}


async def test_of_keys_made_at_one_moment_only_the_last_lets_in(house: Whole) -> None:
    devices = house.expo.production.devices
    tokens = await asyncio.gather(*(devices.new_key(ORGANISER, "main") for _ in range(3)))

    codes = []
    for token in tokens:
        async with httpx2.AsyncClient(base_url=house.url) as obs:
            codes.append((await obs.get(f"/overlay/main/{token}")).status_code)
    assert sorted(codes) == [200, 404, 404]


async def test_pass_of_a_voter_is_not_used_up_by_an_overlays_address(house: Whole) -> None:
    until = house.expo.now() + timedelta(hours=1)
    issued = await house.expo.passes.issue(
        None, role=Role.EMPLOYEE, electorate="employees", label="", expires_at=until
    )
    async with httpx2.AsyncClient(base_url=house.url) as somebody:
        assert (await somebody.get(f"/overlay/main/{issued.token}")).status_code == 404

    assert [one.used for one in await house.expo.passes.list_()] == [0]


async def test_key_that_no_screen_has_is_taken_back(
    house: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sessions.devices.usecases.MOST_DEVICES", 0)
    with pytest.raises(TooManyDevices):
        await house.expo.production.devices.new_key(ORGANISER, "main")

    issued = [one for one in await house.expo.passes.list_() if one.issued.label == "main"]
    assert [one.issued.revoked_at is not None for one in issued] == [True]


async def test_console_of_a_presenter_stands_among_the_devices(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    version = house.expo.show.progress("khda").version
    await house.expo.show.act(ORGANISER, Order(Kind.START, version, session="khda"))
    headers = {"cookie": cookie_of(organiser)}
    target = socket_url(house.url, "/live/present/khda")
    async with connect(target, origin=Origin(house.url), additional_headers=headers) as socket:
        await socket.recv()
        page = (await organiser.get(PATH)).text

    assert "khda</bdi>" in page
    assert 'id="flash-present-khda"' not in page


async def test_forgotten_screen_is_off_the_list(
    house: Whole, organiser: httpx2.AsyncClient
) -> None:
    renamed = {"device": "main", "do": "rename", "title": "Hall <1>"}
    assert (await organiser.post(PATH, data=renamed)).status_code == 303
    page = (await organiser.get(PATH)).text
    assert "Hall &lt;1&gt;" in page

    await organiser.post(PATH, data={"device": "main", "do": "forget"})

    assert "Hall &lt;1&gt;" not in (await organiser.get(PATH)).text


async def test_page_without_screens_leads_to_the_projector_it_names(
    organiser: httpx2.AsyncClient,
) -> None:
    page = (await organiser.get(PATH)).text

    assert '<a href="/stage/main?lang=en"' in page
