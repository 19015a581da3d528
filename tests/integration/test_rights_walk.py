"""Nobody gets in where they do not belong: every address, every role, against the one rights table."""

import re
from datetime import UTC, datetime
from pathlib import Path

import httpx2
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from command.assembly import Expo
from expo.db import Database
from expo.place import Place
from expo.rights import Action, Role, may
from expo.web.pages import GuardedRoute, GuardedSocket
from sessions.schedule_file import parse
from tests.support.roles import everybody
from tests.support.serving import socket_url
from tests.support.show import ROOT
from tests.support.whole import cookie_of, whole

FILLED = {
    "lang": "en",
    "token": "no-such-pass",
    "id": "khda",
    "contest": "khda",
    "electorate": "employees",
    "tracker": "AAAABBBBCCCCDDDD",
    "n": "1",
    "k": "1",
    "shape": "wide",
    "m": "1",
    "rev": "1",
    "screen": "main",
    "view": "obs",
    "session": "khda",
    "code": "ABCD",
    "section": "entities",
    "draft": "0" * 32,
    "proposal": "dewa-222222",
    "image": "0" * 32,
    "name": "sawt.json",
    "provider": "no-such-provider",
    "question": "no-such-question",
    "why": "sign-in-declined",
}
REFUSED = 403


def utc_now() -> datetime:
    """The real clock."""
    return datetime.now(UTC)


def address_of(path: str) -> str:
    """A path with every parameter filled in."""
    own = {"session": "dewa"} if "/present/" in path else {}  # a console is the team's own
    return re.sub(r"{(\w+)(?::\w+)?}", lambda found: (FILLED | own)[found[1]], path)


def steps(expo: Expo) -> list[tuple[str, str, Action]]:
    """Method, path and action of every page; what begins or ends a visit comes last."""
    pages = [
        (method, address_of(route.path), route.action)
        for route in expo.routes
        if isinstance(route, GuardedRoute)
        for method in sorted((route.methods or set()) - {"HEAD"})
    ]
    return sorted(pages, key=lambda step: step[2] in {Action.JOIN_AS_CUSTOMER, Action.LEAVE})


async def is_refused(client: httpx2.AsyncClient, method: str, path: str) -> bool:
    """Whether the rights table, and nothing else, said no."""
    body = b"{}" if method == "POST" else None
    headers = {"accept": "application/json", "content-type": "application/json"}
    answer = await client.request(method, path, content=body, headers=headers)
    assert answer.status_code < 500, f"{method} {path}: {answer.status_code} {answer.text[:200]}"
    return answer.status_code == REFUSED and answer.json()["code"] == "not-allowed"


async def is_socket_refused(client: httpx2.AsyncClient, url: str) -> bool:
    """Whether a handshake, or the first frame after it, says no."""
    cookie = cookie_of(client)
    headers = {"origin": str(client.base_url).rstrip("/")} | ({"cookie": cookie} if cookie else {})
    try:
        async with connect(url, additional_headers=headers, proxy=None) as socket:
            return '"refused"' in str(await socket.recv())
    except InvalidStatus as status:
        return status.response.status_code == REFUSED


def test_every_route_declares_who_may_use_it(tmp_path: Path) -> None:
    place = Place(tmp_path, {}, "127.0.0.1", 8000)
    programme = parse((ROOT / "schedule.yaml").read_bytes())
    database = Database(place.database_url)
    expo = Expo(place.settings, database, programme, tmp_path, utc_now, rehearsal=False)

    undeclared = [
        getattr(route, "path", "?")
        for route in expo.routes
        if not isinstance(route, GuardedRoute | GuardedSocket)
    ]

    assert undeclared == ["/static/{digest}/{name:path}"]


@pytest.mark.timeout(60)
async def test_each_role_gets_exactly_what_the_table_allows(tmp_path: Path) -> None:
    wrong = []

    async with (
        whole(tmp_path) as house,
        everybody(house.url, house.expo.passes, house.expo.now) as clients,
    ):
        for role, client in clients.items():
            for method, path, action in steps(house.expo):
                if await is_refused(client, method, path) is may(role, action):
                    wrong.append((role, method, path))

    assert wrong == []


@pytest.mark.timeout(60)
async def test_each_role_opens_exactly_the_sockets_the_table_allows(tmp_path: Path) -> None:
    wrong = []

    async with (
        whole(tmp_path) as house,
        everybody(house.url, house.expo.passes, house.expo.now) as clients,
    ):
        sockets = [route for route in house.expo.routes if isinstance(route, GuardedSocket)]
        for role, client in clients.items():
            for route in sockets:
                target = socket_url(house.url, address_of(route.path))
                if await is_socket_refused(client, target) is may(role, route.action):
                    wrong.append((role, route.path))

    assert len(sockets) == 7
    assert {role for role, _ in wrong} <= set(Role)
    assert wrong == []
