"""Who am I here: what is known about whoever asks, what it lets them do, and how to leave.

Also what every way of signing in answers with once somebody has come in.
"""

from collections.abc import Callable
from typing import Any, TypedDict
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.identity.admission import Named, PassTargets
from expo.identity.entering.beginnings import beginning
from expo.identity.entering.identities import KEPT, WITHDRAWN
from expo.identity.entering.usecases import Arrival, Entering
from expo.identity.people import Visit
from expo.rights import Action
from expo.settings import Settings
from expo.web import translations
from expo.web.pages import (
    NO_STORE,
    clear_visit_cookie,
    guarded,
    safe_next,
    set_visit_cookies,
    wants_json,
)
from expo.web.templates import Renderer
from expo.words import Text

_TOLD = (KEPT, WITHDRAWN)


class EnteringState(TypedDict):
    """What these pages need."""

    settings: Settings
    pages: Renderer
    entering: Entering
    pass_targets: Callable[[], PassTargets]
    way_out: Callable[[Request[Any]], str | None]
    visit: Visit


EnteringRequest = Request[EnteringState]


def entered(request: Request[Any], arrival: Arrival, address: str | None = None) -> Response:
    """The answer to a successful sign-in: the new cookies, and on to where somebody was going.

    Where there is something to tell (a kept electorate, ballots that gave way), it is told first.

    Args:
        request: The last step of signing in; its state has the settings.
        arrival: What `Entering.enter` said.
        address: Where to; the first page, and anything but a plain path of this site, lead to where
            somebody of this role begins.
    """
    language = translations.language.get()
    home = f"/{language}/"
    address = safe_next(address, home)
    if address == home:
        address = beginning(arrival.visit, language)
    response: Response
    if wants_json(request):
        response = JSONResponse({"role": arrival.visit.role.value, "told": list(arrival.told)})
    elif arrival.told:
        query = urlencode({"told": ".".join(arrival.told), "next": address}, safe="/")
        response = RedirectResponse(f"/{language}/me?{query}", status_code=303)
    else:
        response = RedirectResponse(address, status_code=303)
    settings: Settings = request.state["settings"]
    set_visit_cookies(response, settings, visit=arrival.token, device=arrival.visit.device)
    return response


async def me(request: EnteringRequest) -> Response:
    """Role, electorate, entity and assurance of whoever asks, and what can be done about them."""
    person, entering = request.state["visit"].person, request.state["entering"]
    targets = request.state["pass_targets"]()
    asked = request.query_params
    values = {
        "electorate": _name(targets.electorates, person.electorate) if person else None,
        "entity": _name(targets.entities, person.entity) if person else None,
        "ways": await entering.ways(person) if person else (),
        "is_settled": await entering.has_cast(person) if person else False,
        "told": [one for one in _TOLD if one in asked.get("told", "").split(".")],
        "next": safe_next(asked.get("next"), ""),
    }
    return request.state["pages"].page(request, "identity/me.html", values, headers=NO_STORE)


async def leave_everywhere(request: EnteringRequest) -> Response:
    """End the visits of this person on every device."""
    person = request.state["visit"].person
    if person is not None:
        await request.state["entering"].leave_everywhere(person)
    response: Response
    if wants_json(request):
        response = Response(status_code=204)
    else:
        here = f"/{translations.language.get()}/me"
        response = RedirectResponse(request.state["way_out"](request) or here, status_code=303)
    clear_visit_cookie(response, request.state["settings"])
    return response


def _name(targets: tuple[Named, ...], name: str | None) -> Text | None:
    """What something is called; an id that is in the programme no more stands for itself."""
    if name is None:
        return None
    return next((one.name for one in targets if one.id == name), Text(ar=name, en=name))


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    return [
        guarded("/{lang}/me", me, Action.READ_PAGES),
        guarded("/{lang}/me/leave", leave_everywhere, Action.LEAVE, methods=("POST",)),
    ]
