"""The doors of the house on a real server: passes, joining, leaving, the log; nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.websockets import WebSocket

from expo.db import Busy, Database
from expo.errors import NotFound
from expo.identity import pages as identity_pages
from expo.identity.admission import Named, PassTargets
from expo.identity.usecases import Passes, Visits, closing_through
from expo.record import pages as record_pages
from expo.rights import Action
from expo.settings import Settings, read
from expo.web import operations
from expo.web.pages import HANDLERS, client_form, client_json, guarded, guarded_socket, visiting
from expo.web.statics import Statics
from expo.web.templates import Renderer
from expo.wire import live
from expo.wire.hub import Hub
from expo.words import Text
from tests.support.clock import Clock
from tests.support.databases import url_in
from tests.support.serving import running

SECRET = "nZ2b-Qw8_rT5yU1iOp3aSd6fGh9jKl0xCv7m"
TARGETS = PassTargets(
    electorates=(
        Named("employees", Text(ar="الموظفون", en="Employees")),
        Named("teams", Text(ar="فرق الابتكار", en="Innovation teams")),
        Named("customers", Text(ar="المتعاملون", en="Customers")),
    ),
    entities=(Named("dewa", Text(ar="هيئة كهرباء ومياه دبي", en="Dubai Electricity and Water")),),
)


@dataclass
class Doors:
    """Everything behind the doors."""

    url: str
    clock: Clock
    settings: Settings
    database: Database
    hub: Hub
    visits: Visits
    passes: Passes
    probes: dict[str, Any]


async def _home(request: Request[Any]) -> Response:
    visit = request.state["visit"]
    return PlainTextResponse(f"{visit.role.value} {visit.person.id if visit.person else '-'}")


async def _crash(request: Request[Any]) -> Response:
    return PlainTextResponse(str(1 / len(request.path_params["lang"][2:])))


async def _busy(request: Request[Any]) -> Response:
    raise Busy(retry_after_ms=1500)


async def _echo(request: Request[Any]) -> Response:
    return PlainTextResponse(repr(dict(await client_form(request))))


class Sum(msgspec.Struct, forbid_unknown_fields=True):
    """What the JSON echo takes."""

    a: int


async def _add(request: Request[Any]) -> Response:
    return PlainTextResponse(str((await client_json(request, Sum)).a + 1))


async def _failing_socket(websocket: WebSocket[Any]) -> None:
    raise Busy if websocket.query_params else NotFound


async def _socket(websocket: WebSocket[Any]) -> None:
    hub: Hub = websocket.state["hub"]
    visit = websocket.state["visit"]
    await websocket.accept()
    await live.serve(
        websocket,
        hub,
        who=visit,
        rooms=("day",),
        on_text=lambda _viewer, _text: None,
        on_junk=lambda _viewer, _kind: None,
        greeting=b'{"type":"hello"}',
    )


@asynccontextmanager
async def doors(folder: Path, *, public_url: str = "http://127.0.0.1:8000") -> AsyncIterator[Doors]:
    """A running server with the doors and, inside them, a home page, an echo and three failures."""
    settings = read({"SAWT_PUBLIC_URL": public_url, "SAWT_SECRET_KEY": SECRET})
    database, clock, hub = Database(url_in(folder)), Clock(), Hub()
    end_sockets = closing_through(hub)
    visits = Visits(database, clock, end_sockets)
    passes = Passes(database, clock, settings.secret_keys, end_sockets)
    probes: dict[str, Any] = {}
    statics = Statics()
    state = {
        "settings": settings,
        "database": database,
        "pages": _renderer(statics),
        "now": clock,
        "hub": hub,
        "visits": visits,
        "passes": passes,
        "pass_targets": lambda: TARGETS,
        "called": lambda _kind, _name: None,
        "way_out": lambda _request: None,
        "probes": probes,
        "metrics": lambda: (),
    }

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[dict[str, Any]]:
        yield state

    app = Starlette(
        routes=[
            *operations.routes(),
            *identity_pages.routes(),
            *record_pages.routes(),
            guarded("/{lang}/", _home, Action.READ_PAGES),
            guarded("/{lang}/crash", _crash, Action.READ_PAGES),
            guarded("/{lang}/busy", _busy, Action.READ_PAGES),
            guarded("/{lang}/echo", _echo, Action.READ_PAGES, methods=("POST",)),
            guarded("/{lang}/add", _add, Action.READ_PAGES, methods=("POST",)),
            guarded_socket("/live/failing", _failing_socket, Action.FOLLOW_LIVE),
            guarded_socket("/live/day", _socket, Action.FOLLOW_LIVE),
            guarded_socket("/live/staff", _socket, Action.RUN_SHOW),
            statics.route,
        ],
        middleware=[visiting()],
        exception_handlers=HANDLERS,
        lifespan=lifespan,
    )
    try:
        async with running(app) as base_url:
            yield Doors(base_url, clock, settings, database, hub, visits, passes, probes)
    finally:
        await database.close()


def _renderer(statics: Statics) -> Renderer:
    return Renderer(
        statics=statics,
        zone=ZoneInfo("Asia/Dubai"),
        site=Text(ar="معرض الحكومة رقم 1", en="Government No. 1 Expo"),
        rehearsal=False,
        public_url="http://127.0.0.1:8000",
    )
