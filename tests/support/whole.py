"""A whole expo in the test's own loop, as the command line builds it, for tests that attack it."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
from websockets.asyncio.client import connect
from websockets.typing import Origin

from command.assembly import Expo
from expo.clock import Movable, Now
from expo.db import Database
from expo.identity.people import Person, PersonId
from expo.place import Place
from expo.rights import Role
from expo.wire.server import listen, port_of
from sessions.orders import Kind, Order
from tests.support.databases import url_in
from tests.support.rawsocket import RawSocket
from tests.support.roles import entered
from tests.support.schedules import parsed
from tests.support.serving import socket_url
from tests.support.show import MORNING, ROOT
from tests.support.stagehouse import Ear
from voting.contests import Contest
from voting.writer import ANY_CONTEST

ORGANISER = Person(PersonId("o1"), Role.ORGANISER, label="Mariam")
PROGRAM = {"accept": "application/json"}
"""Header of somebody who wants the bare code of a refusal."""


@dataclass
class Whole:
    """A running expo and ways in; the clock runs on from the morning of the first day."""

    expo: Expo
    url: str
    clock: Movable
    folder: Path
    stack: AsyncExitStack
    people: dict[tuple[Role, str], httpx2.AsyncClient] = field(default_factory=dict)

    # --- people ---

    async def person(self, role: Role, name: str = "", **more: Any) -> httpx2.AsyncClient:
        """A client of this role; the same for the same name."""
        if (role, name) not in self.people:
            coming = entered(self.url, self.expo.passes, self.expo.now, role, **more)
            self.people[role, name] = await self.stack.enter_async_context(coming)
        return self.people[role, name]

    def raw(self) -> RawSocket:
        """A TCP connection that may say anything."""
        return RawSocket(self.url)

    @asynccontextmanager
    async def ear(self, path: str, client: httpx2.AsyncClient | None = None) -> AsyncIterator[Ear]:
        """A socket as one of our own pages opens it, of this client or of a stranger."""
        headers = {"accept-language": "en"} | ({"cookie": cookie_of(client)} if client else {})
        async with connect(
            socket_url(self.url, path),
            origin=Origin(self.url),
            additional_headers=headers,
            proxy=None,
        ) as socket:
            yield Ear(socket)

    # --- the show ---

    def contest(self, session: str = "khda") -> Contest:
        """A session's contest as last seen."""
        found = self.expo.show.contest(session)
        assert found is not None
        return found

    async def order(self, kind: Kind, session: str = "khda", **more: Any) -> None:
        """Do something as an organiser, at the present version and confirmed."""
        show = self.expo.show
        await show.refresh()
        if kind.value.endswith("-session"):
            about: dict[str, Any] = {"version": show.progress(session).version, "session": session}
        else:
            about = {"version": self.contest(session).version, "contest": session}
        await show.act(ORGANISER, Order(kind, confirmed=True, **about, **more))

    async def open(self, session: str = "khda") -> None:
        """Put a session on the stage with its contest open."""
        await self.order(Kind.START, session)
        await self.order(Kind.OPEN, session)

    async def order_ready_and_open(self, session: str = "khda") -> None:
        """Open a contest as it is defined now."""
        await self.order(Kind.READY, session)
        await self.open(session)

    def pass_time(self, **by: float) -> None:
        """Put the clock forward and tell who waits for it."""
        self.clock.go_to(self.clock() + timedelta(**by))
        self.expo.notifier.notify(ANY_CONTEST)

    async def closed(self, session: str = "khda") -> None:
        """Close a contest, let the grace go by and wait for the count."""
        await self.order(Kind.CLOSE, session)
        self.pass_time(seconds=11)
        async with asyncio.timeout(10):
            while await self.expo.voting.result(session) is None:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.01)

    async def position(self, session: str = "khda") -> int:
        """Lines in a contest's log, the latest included."""
        await self.expo.voting.drain()
        await self.expo.voting.refresh()
        return self.expo.voting.turnout(self.contest(session).id).position

    async def ballots(self, session: str = "khda") -> int:
        """Ballots that count, the latest included."""
        await self.position(session)
        return self.expo.voting.turnout(self.contest(session).id).ballots


def cookie_of(client: httpx2.AsyncClient) -> str:
    """What this client's browser would send."""
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


def ballot(*ranking: str, contest: str = "khda", **more: Any) -> dict[str, Any]:
    """A cast as JSON, with an id of its own."""
    return {"id": str(uuid.uuid4()), "contest": contest, "ranking": list(ranking), **more}


def asked(house: Whole, line: str, *headers: str, host: bool = True) -> bytes:
    """A request by hand, after which the connection is closed."""
    own = [f"Host: {house.url.removeprefix('http://')}"] if host else []
    return "\r\n".join([line, *own, *headers, "Connection: close", "", ""]).encode("latin-1")


async def issue(
    organiser: httpx2.AsyncClient, label: str, kind: str = "organiser"
) -> httpx2.Response:
    """A pass with this label, as the form of the organisers' page asks for it."""
    fields = {"kind": kind, "label": label, "hours": "12", "count": "1", "batch": uuid.uuid4().hex}
    return await organiser.post("/en/staff/passes", data=fields)


@asynccontextmanager
async def whole(
    folder: Path,
    environ: Mapping[str, str] | None = None,
    *,
    schedule: str | None = None,
    wall: Now = lambda: datetime.now(UTC),
) -> AsyncIterator[Whole]:
    """An expo that serves until the block ends, in a folder of its own.

    Args:
        folder: Keeps its schedule, and its database where the environment names none.
        environ: Its settings.
        schedule: YAML; by default the programme the product comes with.
        wall: What its clock runs by; a fixed instant makes one that moves by `Movable.go_to` alone.
    """
    environ = environ or {}
    sock = listen("127.0.0.1", 0)
    place = Place(folder, environ, "127.0.0.1", port_of(sock))
    file = folder / "schedule.yaml"
    file.write_text(schedule or (ROOT / "schedule.yaml").read_text())
    database = Database(environ.get("SAWT_DATABASE_URL") or url_in(folder))
    clock = Movable(wall)
    clock.go_to(MORNING)
    programme = parsed(file.read_bytes())
    expo = Expo(place.settings, database, programme, file, clock, rehearsal=False)
    try:
        async with expo.running(), AsyncExitStack() as stack:
            server = asyncio.create_task(expo.server.serve(sockets=[sock]))
            await expo.server.ready.wait()
            try:
                yield Whole(expo, place.settings.public_url, clock, folder, stack)
            finally:  # a test that failed leaves nothing to the one after it
                await stack.aclose()
                expo.stop()
                await server
    finally:
        await database.close()
