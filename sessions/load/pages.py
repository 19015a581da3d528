"""The load page: connections, ballots, answers, machine, in words an organiser can act on."""

from typing import TypedDict

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from expo.rights import Action
from expo.web.pages import NO_STORE, guarded, wants_json
from expo.web.templates import Renderer
from expo.words import Text
from sessions.load.usecases import Load
from sessions.load.view import node_view
from sessions.usecases import Show


class LoadState(TypedDict):
    """What this page needs."""

    pages: Renderer
    show: Show
    load: Load


async def load_page(request: Request[LoadState]) -> Response:
    """The load now; a program gets the figures as they are."""
    load, pages = request.state["load"], request.state["pages"]
    nodes = await load.everywhere()
    if wants_json(request):
        return JSONResponse(msgspec.to_builtins(nodes), headers=NO_STORE)
    values = {
        "nodes": [node_view(one) for one in nodes],
        "here": load.node,
        "at": request.state["show"].now(),
        "titles": _titles(request.state["show"]),
    }
    return pages.page(request, "staff/load.html", values, headers=NO_STORE)


def _titles(show: Show) -> dict[str, Text]:
    return {one.id: one.title for one in show.programme.sessions}


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    return [guarded("/{lang}/staff/load", load_page, Action.READ_METRICS)]
