"""The overlay: a transparent page in one language that follows the show, for OBS and vMix.

It is let in like a projector, by a screen's visit. The address an operator puts into OBS carries the
screen's key (a pass of the role *screen* with many uses) in its path: opening it makes the visit, so
the address is good again after OBS has forgotten its cookies. Nothing on this page ever says that
something is wrong, for it would be said on air: who is not let in gets a picture with nothing in it.
"""

from typing import Any, Final, TypedDict

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from expo.errors import Fault, NotFound, Refusal
from expo.identity.people import Visit
from expo.identity.usecases import Passes
from expo.rights import Action, may
from expo.settings import Settings
from expo.web.pages import PRIVATE, guarded, set_visit_cookies
from expo.web.templates import Renderer
from sessions.overlay.parts import wanted
from sessions.projector.pages import SCREEN
from sessions.usecases import Show

_UNAVAILABLE: Final = 503
_LATER: Final = frozenset({429, _UNAVAILABLE})
"""Answers after which the same key may be good; after any other it is not."""


class OverlayState(TypedDict):
    """What these pages need."""

    settings: Settings
    pages: Renderer
    visit: Visit
    passes: Passes
    show: Show


Asked = Request[OverlayState]


async def overlay(request: Asked) -> Response:
    """The overlay for a device that is a screen already."""
    return _overlay(request)


async def with_key(request: Asked) -> Response:
    """The overlay at the address OBS keeps: the key lets this device in when it is nobody's yet."""
    if may(request.state["visit"].role, Action.SHOW_ON_SCREEN):
        return _overlay(request)
    passes, visit = request.state["passes"], request.state["visit"]
    if visit.person is not None:  # opened by mistake; nobody stops being a voter by a link
        return _blank(request, NotFound.status)
    key = request.path_params["token"]
    try:
        # Redeeming counts: a voter's own pass must not be used up for a picture with nothing in it.
        if not may((await passes.look(key, visit)).role, Action.SHOW_ON_SCREEN):
            return _blank(request, NotFound.status)
        visit, token = await passes.redeem(key, visit)
    except (Refusal, Fault) as problem:
        status = getattr(problem, "status", _UNAVAILABLE)
        return _blank(request, status if status in _LATER else NotFound.status)
    response = _overlay(request)
    set_visit_cookies(response, request.state["settings"], visit=token, device=visit.device)
    return response


def _overlay(request: Asked) -> Response:
    screen, query = request.path_params["screen"], request.query_params
    if not SCREEN.fullmatch(screen):
        raise NotFound
    show = request.state["show"]
    values: dict[str, Any] = {
        "screen": screen,
        "wanted": wanted(query.get("parts"), query.get("scene"), query.get("motion")),
        "frame": msgspec.to_builtins(show.stage(screen)),
        "programme": show.programme,
    }
    return request.state["pages"].page(request, "overlay/overlay.html", values, headers=PRIVATE)


def _blank(request: Asked, status: int) -> Response:
    """Nothing at all, which looks again by itself."""
    page = request.state["pages"].page
    return page(request, "overlay/blank.html", {}, status=status, headers=PRIVATE)


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    return [
        guarded("/overlay/{screen}", overlay, Action.SHOW_ON_SCREEN),
        guarded("/overlay/{screen}/{token}", with_key, Action.REDEEM_PASS),
    ]
