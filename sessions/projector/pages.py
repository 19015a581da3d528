"""The page a projector opens, and the code it shows as a picture."""

import re
from typing import Any, Final, TypedDict

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from expo.errors import NotFound
from expo.rights import Action
from expo.settings import Settings
from expo.web.pages import NO_STORE, guarded
from expo.web.qr import svg
from expo.web.templates import Renderer
from sessions.usecases import Show

SCREEN: Final = re.compile(r"[a-z0-9-]{1,32}")
"""What a screen may be called in its address."""

_STANDALONE: Final = '<svg xmlns="http://www.w3.org/2000/svg" '  # as a file it needs its namespace


class ProjectorState(TypedDict):
    """What these pages need."""

    settings: Settings
    pages: Renderer
    show: Show


async def stage(request: Request[ProjectorState]) -> Response:
    """The stage with its first state inside, so that a screen is right before any socket opens."""
    screen = request.path_params["screen"]
    if not SCREEN.fullmatch(screen):
        raise NotFound
    shown = request.state["show"].stage()
    values: dict[str, Any] = {
        "screen": screen,
        "stage": shown,
        "frame": msgspec.to_builtins(shown),
        "programme": request.state["show"].programme,
    }
    headers = NO_STORE
    return request.state["pages"].page(request, "stage/stage.html", values, headers=headers)


async def code_picture(request: Request[ProjectorState]) -> Response:
    """The QR code of a join code (or of the door, ``/qr.svg``), in capitals: fewest modules."""
    show = request.state["show"]
    code = request.path_params.get("code")
    target = show.code_target(code) if code else None
    if code is not None and target is None:
        raise NotFound
    address = f"{request.state['settings'].public_url}/v"
    if target is not None:
        address = f"{address}/{show.progress(target).code}"
    headers = {"cache-control": "public, max-age=3600"}
    picture = svg(address.upper()).replace("<svg ", _STANDALONE, 1)
    return Response(picture, media_type="image/svg+xml", headers=headers)


async def results_picture(request: Request[ProjectorState]) -> Response:
    """The QR code of the page where a contest's result can be checked."""
    contest = request.state["show"].contest(request.path_params["contest"])
    if contest is None:
        raise NotFound
    site, lang = request.state["settings"].public_url, request.path_params["lang"]
    picture = svg(f"{site}/{lang}/results/{contest.id}").replace("<svg ", _STANDALONE, 1)
    headers = {"cache-control": "public, max-age=3600"}
    return Response(picture, media_type="image/svg+xml", headers=headers)


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    return [
        guarded("/stage/{screen}", stage, Action.SHOW_ON_SCREEN),
        guarded("/qr.svg", code_picture, Action.READ_PAGES),
        guarded("/qr/{code}.svg", code_picture, Action.READ_PAGES),
        guarded("/{lang:lang}/results/{contest}/qr.svg", results_picture, Action.READ_PAGES),
    ]
