"""The staff log as a page."""

from collections.abc import Callable
from typing import Final, TypedDict

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from expo.db import Database
from expo.record import store
from expo.rights import Action
from expo.web.pages import NO_STORE, guarded
from expo.web.templates import Renderer
from expo.words import Text

MOST_LINES: Final = 500


class LogState(TypedDict):
    """What this page needs."""

    pages: Renderer
    database: Database
    called: Callable[[str, str], Text | None]
    """The title of something in the programme, by its kind and id."""


async def log_page(request: Request[LogState]) -> Response:
    """What organisers and the clock did, newest first."""
    async with request.state["database"].read() as tx:
        lines = await store.latest(tx, MOST_LINES)
    headers = NO_STORE
    pages = request.state["pages"]
    values = {
        "lines": lines,
        "most": MOST_LINES,
        "tz": pages.zone,
        "called": request.state["called"],
    }
    return pages.page(request, "staff/log.html", values, headers=headers)


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    return [guarded("/{lang}/staff/log", log_page, Action.READ_STAFF_LOG)]
