"""Where the desk sends cues to whoever presents; works without scripts."""

from typing import Any, Final, TypedDict

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.errors import BadRequest, NotFound, Refusal
from expo.identity.people import Visit
from expo.rights import Action
from expo.web import translations
from expo.web.pages import NO_STORE, client_form, explained, guarded, wants_json
from expo.web.templates import Renderer
from sessions.presenting.usecases import Presenting
from sessions.presenting.values import LONGEST, Kind
from sessions.programme import Session
from sessions.usecases import Show

_SHOWN: Final = 400  # characters of what was typed that come back with a refusal


class DeskState(TypedDict):
    """What these pages need."""

    pages: Renderer
    visit: Visit
    show: Show
    presenting: Presenting


Asked = Request[DeskState]


async def desk(request: Asked) -> Response:
    """The cues of one session: ``?session=``, else the one on the stage, else the first."""
    return await _desk(request, request.state["show"].at_desk(request.query_params.get("session")))


async def send(request: Asked) -> Response:
    """Send a cue; a form comes back to the page, a program gets an empty answer."""
    fields = await client_form(request)
    show, actor = request.state["show"], request.state["visit"].somebody()
    session = show.programme.session(fields.get("session", ""))
    if session is None:
        raise NotFound
    typed = fields.get("text", "")
    try:
        kind = Kind(fields.get("cue", ""))
    except ValueError as error:
        raise BadRequest(what="cue") from error
    try:
        await request.state["presenting"].send(actor, session.id, kind, typed)
    except Refusal as refusal:
        if wants_json(request):
            raise
        return await _desk(request, session, refusal=refusal, typed=typed[:_SHOWN])
    if wants_json(request):
        return JSONResponse({}, headers=NO_STORE)
    address = f"/{translations.language.get()}/staff/presenter?session={session.id}"
    return RedirectResponse(address, status_code=303)


async def _desk(
    request: Asked, session: Session | None, *, refusal: Refusal | None = None, typed: str = ""
) -> Response:
    pages, presenting = request.state["pages"], request.state["presenting"]
    await presenting.refresh()
    values: dict[str, Any] = {
        "session": session,
        "sessions": request.state["show"].programme.sessions,
        "console": presenting.console(session) if session else None,
        "most": LONGEST,
        "typed": typed,
        "error": explained(refusal, pages.zone),
    }
    status = refusal.status if refusal else 200
    template = "staff/presenter.html"
    return pages.page(request, template, values, status=status, headers=NO_STORE)


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    path, run = "/{lang:lang}/staff/presenter", Action.RUN_SHOW
    return [guarded(path, desk, run), guarded(path, send, run, methods=("POST",))]
