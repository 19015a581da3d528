"""The presenter's console as a page, and the button that says a cue was seen; both work without scripts."""

from typing import Any, Final, TypedDict

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.errors import BadRequest
from expo.identity.people import Visit
from expo.rights import Action
from expo.web import translations
from expo.web.pages import NO_STORE, client_form, guarded, wants_json
from expo.web.templates import Renderer
from expo.words import whole_number
from sessions.presenting.usecases import Presenting
from sessions.questions.usecases import Questions

_MOST_DIGITS: Final = 9


class ConsolePageState(TypedDict):
    """What these pages need."""

    pages: Renderer
    visit: Visit
    presenting: Presenting
    questions: Questions


Asked = Request[ConsolePageState]


async def mine(request: Asked) -> Response:
    """The consoles somebody may open, each with its session's expected start."""
    person = request.state["visit"].person
    sessions = request.state["presenting"].sessions_of(person)
    pages = request.state["pages"]
    return pages.page(request, "presenting/mine.html", {"sessions": sessions}, headers=NO_STORE)


async def page(request: Asked) -> Response:
    """The console with its first state inside, so that it is right before any socket opens."""
    presenting = request.state["presenting"]
    person = request.state["visit"].person
    session = presenting.session_for(person, request.path_params["session"])
    await request.state["questions"].refresh()
    await presenting.refresh()
    state = presenting.console(session)
    values: dict[str, Any] = {"console": state, "frame": msgspec.to_builtins(state)}
    pages, headers = request.state["pages"], NO_STORE
    return pages.page(request, "presenting/console.html", values, headers=headers)


async def see(request: Asked) -> Response:
    """The presenter has seen a cue; pressing again changes nothing."""
    presenting, person = request.state["presenting"], request.state["visit"].person
    session = presenting.session_for(person, request.path_params["session"])
    fields = await client_form(request)
    cue = whole_number(fields.get("cue", "").strip(), _MOST_DIGITS)
    if cue is None:
        raise BadRequest(what="cue")
    await presenting.see(session, cue)
    if wants_json(request):
        return JSONResponse({}, headers=NO_STORE)
    address = f"/{translations.language.get()}/present/{session.id}"
    return RedirectResponse(address, status_code=303)


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    path, present = "/{lang:lang}/present/{session}", Action.PRESENT
    return [
        guarded("/{lang:lang}/present", mine, present),
        guarded(path, page, present),
        guarded(path, see, present, methods=("POST",)),
    ]
