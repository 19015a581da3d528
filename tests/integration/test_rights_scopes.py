"""Beside the walk by role: what belongs to an entity, and what is said over a socket, against the same table."""

import uuid
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from websockets.asyncio.client import connect

import sessions.protocol
import sessions.streams.protocol
import voting.protocol
from expo.catalogue.proposals.entries import LAST_FIELD
from expo.rights import TABLE, Action, Role, may, may_with
from expo.web.pages import GuardedRoute
from tests.integration.test_rights_walk import address_of
from tests.support.proposals import TEAM, filled
from tests.support.roles import everybody
from tests.support.serving import socket_url
from tests.support.whole import PROGRAM, Whole, cookie_of, whole

OF_AN_ENTITY = {action for action, grant in TABLE.items() if grant.own_entity}
MESSAGES = {
    "cast": Action.CAST_BALLOT,
    "ask-mine": Action.READ_OWN_BALLOT,
    "beat": Action.SHOW_ON_SCREEN,
    "obs": Action.SHOW_ON_SCREEN,
    "delay": Action.READ_PAGES,
}


def about_a_proposal(house: Whole) -> list[tuple[str, str, Action]]:
    """Method, path and action of every page about one proposal; what changes it comes last."""
    pages = [
        (method, route.path, route.action)
        for route in house.expo.routes
        if isinstance(route, GuardedRoute) and route.action in OF_AN_ENTITY
        if "{proposal}" in route.path
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]
    return sorted(pages, key=lambda page: page[0] == "POST")


async def is_turned_away(client: httpx2.AsyncClient, method: str, path: str) -> bool:
    """Whether the rights say no to a form as a page sends it."""
    form = {"version": (None, "1"), LAST_FIELD: (None, "1")} if method == "POST" else None
    answer = await client.request(method, path, files=form, headers=PROGRAM)
    assert answer.status_code < 500, f"{method} {path}: {answer.status_code} {answer.text[:200]}"
    return answer.status_code == 403 and answer.json()["code"] == "not-allowed"


@pytest.mark.timeout(120)
async def test_each_role_reaches_exactly_its_own_entitys_things(tmp_path: Path) -> None:
    wrong = []
    async with whole(tmp_path) as house:
        ids = await filled(house.expo)
        passes, now = house.expo.passes, house.expo.now
        async with everybody(house.url, passes, now) as clients:
            strangers = {
                role: await house.person(role, "of another entity", entity="rta")
                for role in (Role.TEAM, Role.PRESENTER)
            }
            pages = about_a_proposal(house)
            assert len(pages) > 10
            for people, entity in ((clients, "dewa"), (strangers, "rta")):
                for role, client in people.items():
                    somebody = msgspec.structs.replace(TEAM, role=role, entity=entity)
                    for method, path, action in pages:
                        address = address_of(path.replace("{proposal}", ids["draft"]))
                        is_allowed = may(role, action) and may_with(somebody, action, "dewa")
                        if await is_turned_away(client, method, address) is is_allowed:
                            wrong.append((role, entity, method, path))

    assert wrong == []


async def said(
    client: Any, house: Whole, wanted: set[str], *frames: dict[str, Any]
) -> dict[str, Any]:
    """The first answer of one of these types to frames said on the session's socket."""
    cookie = cookie_of(client)
    headers = {"origin": house.url} | ({"cookie": cookie} if cookie else {})
    target = socket_url(house.url, "/live/khda")
    async with connect(target, additional_headers=headers, proxy=None) as socket:
        while msgspec.json.decode(await socket.recv())["type"] != "mine":
            pass  # the greeting ends with it
        for frame in frames:
            await socket.send(msgspec.json.encode(frame).decode())
        while True:
            answer: dict[str, Any] = msgspec.json.decode(await socket.recv())
            if answer["type"] in wanted:
                return answer


def test_every_message_a_client_may_send_is_in_the_walk() -> None:
    sent = {
        kind.__struct_config__.tag
        for module in (voting.protocol, sessions.protocol, sessions.streams.protocol)
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct)
        if kind.__struct_config__.forbid_unknown_fields and kind.__struct_config__.tag
    }

    assert sent == set(MESSAGES)


@pytest.mark.timeout(60)
async def test_each_message_does_exactly_what_the_table_allows(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        await house.order_ready_and_open()
        ranking = [option.id for option in house.contest().options[:2]]
        async with everybody(house.url, house.expo.passes, house.expo.now) as clients:
            for role, client in clients.items():
                cast = {
                    "type": "cast",
                    "id": str(uuid.uuid4()),
                    "contest": "khda",
                    "ranking": ranking,
                }
                answer = await said(client, house, {"receipt", "refused"}, cast)
                assert (answer["type"] == "receipt") is may(role, Action.CAST_BALLOT), role

                ask = {"type": "ask-mine", "contest": "khda"}
                mine = await said(client, house, {"mine"}, ask)
                assert bool(mine["receipt"]) is may(role, Action.READ_OWN_BALLOT), role

                # Anybody who may follow a session says how late the picture is, and gets no answer.
                delay = {"type": "delay", "session": "khda", "ms": 4000}
                after = await said(client, house, {"mine", "refused"}, delay, ask)
                assert (after["type"] == "mine") is may(role, Action.READ_PAGES), role

                # No screen hangs on this socket, whoever holds it.
                for screens in (
                    {"type": "beat", "scene": "live", "version": 1},
                    {"type": "obs", "scene": "Camera"},
                ):
                    told = await said(client, house, {"refused"}, screens)
                    assert told["code"] == "malformed-frame", role
