"""The whole stage on a real server: identity, voting and show with their followers, and a clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from expo.db import Database
from expo.identity import pages as identity_pages
from expo.identity.people import Person, PersonId
from expo.identity.usecases import Passes, Visits, closing_through
from expo.record import pages as record_pages
from expo.rights import Role
from expo.settings import Settings, read
from expo.web.guards import SameOrigin
from expo.web.pages import HANDLERS, visiting
from expo.web.statics import Statics
from expo.web.templates import Renderer
from expo.wire.hub import Hub
from expo.wire.notifier import LocalNotifier
from expo.wire.supervisor import Supervisor
from sessions import pages as stage_pages
from sessions import sockets
from sessions.exchange import pages as schedule_pages
from sessions.exchange.usecases import ScheduleFiles
from sessions.orders import OF_SESSION, OF_STAGE, Kind, Order
from sessions.show_follower import ShowFollower
from sessions.usecases import Show
from tests.support.clock import Clock
from tests.support.databases import url_in
from tests.support.schedules import SCHEDULE, parsed
from tests.support.serving import running, socket_url
from voting import pages as voting_pages
from voting.closing_follower import ClosingFollower
from voting.contests import Contest, Phase
from voting.usecases import Voting
from voting.writer import ANY_CONTEST

STAGED = SCHEDULE.replace("min: 5", "min: 0")
"""The small schedule, whose contests count from the first ballot."""
SECRET = "nZ2b-Qw8_rT5yU1iOp3aSd6fGh9jKl0xCv7m"
SITE = "http://127.0.0.1:8000"
ORGANISER = Person(id=PersonId("o1"), role=Role.ORGANISER, label="Mariam")
SECOND = Person(id=PersonId("o2"), role=Role.ORGANISER, label="Omar")


@dataclass
class House:
    """Everything that makes the stage; ``url`` is empty where no server runs."""

    folder: Path
    settings: Settings
    clock: Clock
    database: Database
    hub: Hub
    notifier: LocalNotifier
    visits: Visits
    passes: Passes
    voting: Voting
    show: Show
    url: str = ""

    @property
    def schedule(self) -> Path:
        """The file that "reload" reads."""
        return self.folder / "schedule.yaml"

    def contest(self, session: str = "water") -> Contest:
        """The contest of a session as last seen."""
        found = self.show.contest(session)
        assert found is not None
        return found

    async def order(
        self, kind: Kind, subject: str = "water", *, by: Person = ORGANISER, **more: Any
    ) -> None:
        """Give an order about a session or its contest at its present version, confirmed."""
        if kind in OF_STAGE:
            order = Order(kind, self.show.rundown.stage.version, confirmed=True, **more)
        elif kind in OF_SESSION:
            version = self.show.progress(subject).version
            order = Order(kind, version, session=subject, confirmed=True, **more)
        else:
            version = self.contest(subject).version
            order = Order(kind, version, contest=subject, confirmed=True, **more)
        await self.show.act(by, order)

    async def pass_time(self, **by: float) -> None:
        """Let the clock run on and tell who waits for it."""
        self.clock.move(**by)
        self.notifier.notify(ANY_CONTEST)

    async def count(self) -> None:
        """Let the announced close, the grace and the recount go by."""
        await self.pass_time(seconds=11)
        follower = ClosingFollower(self.voting)
        while self.contest().phase is Phase.CLOSING or not await self.voting.result("water"):
            await follower.look()
            await self.voting.refresh()


@asynccontextmanager
async def house(folder: Path, schedule: str = STAGED) -> AsyncIterator[House]:
    """The stage with its programme in force, without a server or followers."""
    settings = read({"SAWT_PUBLIC_URL": SITE, "SAWT_SECRET_KEY": SECRET})
    database, clock, hub, notifier = Database(url_in(folder)), Clock(), Hub(), LocalNotifier()
    end_sockets = closing_through(hub)
    visits = Visits(database, clock, end_sockets)
    passes = Passes(database, clock, settings.secret_keys, end_sockets)
    voting = Voting(database=database, notifier=notifier, hub=hub, now=clock)
    (folder / "schedule.yaml").write_text(schedule)
    show = Show(
        database=database,
        notifier=notifier,
        voting=voting,
        hub=hub,
        now=clock,
        secret=SECRET,
        site=SITE,
        schedule=folder / "schedule.yaml",
    )
    try:
        await show.begin(parsed(schedule.encode()))
        yield House(folder, settings, clock, database, hub, notifier, visits, passes, voting, show)
    finally:
        await database.close()


@asynccontextmanager
async def open_house(folder: Path, schedule: str = STAGED) -> AsyncIterator[House]:
    """The stage on a real server with all its followers at work."""
    async with house(folder, schedule) as found, Supervisor(lambda: None) as supervisor:
        supervisor.run("writer", found.voting.writer.run())
        supervisor.run("tally", found.voting.follower.run())
        supervisor.run("closing", ClosingFollower(found.voting).run())
        supervisor.run("show", ShowFollower(found.show, found.hub, found.notifier).run())
        async with running(_application(found)) as base_url:
            found.url = base_url
            yield found


def _application(found: House) -> Any:
    programme = found.show.programme
    statics = Statics()
    state = {
        "settings": found.settings,
        "database": found.database,
        "pages": Renderer(
            statics=statics,
            zone=programme.zone,
            site=programme.title,
            rehearsal=False,
            public_url=SITE,
        ),
        "now": found.clock,
        "hub": found.hub,
        "notifier": found.notifier,
        "visits": found.visits,
        "passes": found.passes,
        "pass_targets": found.show.pass_targets,
        "called": found.show.called,
        "voting": found.voting,
        "days": lambda: tuple(day.n for day in found.show.programme.days),
        "subjects": lambda: tuple(one.id for one in found.show.programme.sessions),
        "show": found.show,
        "schedule_files": ScheduleFiles(found.show, schedule_pages.phrases()),
    }

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, Any]]:
        yield state

    app = Starlette(
        routes=[
            statics.route,
            *identity_pages.routes(),
            *record_pages.routes(),
            *voting_pages.routes(),
            *sockets.routes(sockets.Live()),
            *stage_pages.routes(),
            *schedule_pages.routes(),
        ],
        middleware=[visiting()],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    return SameOrigin(app, found.settings.origins)


class Ear:
    """One socket, and the frames it has heard, by type."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.heard: list[dict[str, Any]] = []

    async def frame(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """The next frame of this type whose fields are as wanted."""
        while True:
            found: dict[str, Any] = msgspec.json.decode(await self.socket.recv())
            self.heard.append(found)
            if _is(found, kind, wanted):
                return found

    async def told(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """A frame of this type whose fields are as wanted, whether it has come or is still to come."""
        for found in self.heard:
            if _is(found, kind, wanted):
                return found
        return await self.frame(kind, **wanted)

    async def say(self, frame: Any) -> None:
        """Send a frame as JSON text."""
        await self.socket.send(msgspec.json.encode(frame).decode())

    async def ended(self) -> int:
        """The code with which the server closes; what comes before is kept in ``heard``."""
        with suppress(ConnectionClosed):
            async for message in self.socket:
                self.heard.append(msgspec.json.decode(message))
        return self.socket.close_code or 0


def _is(frame: dict[str, Any], kind: str, wanted: dict[str, Any]) -> bool:
    return frame["type"] == kind and all(frame[name] == value for name, value in wanted.items())


@asynccontextmanager
async def ear(found: House, path: str, cookie: str | None = None) -> AsyncIterator[Ear]:
    """A socket from our own pages, with a visit's cookie or without."""
    headers = {"cookie": f"sawt_visit={cookie}"} if cookie else {}
    async with connect(
        socket_url(found.url, path),
        origin=Origin(SITE),
        additional_headers={**headers, "accept-language": "en"},
        proxy=None,
    ) as socket:
        yield Ear(socket)
