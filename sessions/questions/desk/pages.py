"""The queue of the moderators: a card for every question, claimed by one at a time; works without scripts."""

from collections.abc import Mapping
from typing import Any, Final, TypedDict

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.errors import BadRequest, Refusal
from expo.identity.people import Visit
from expo.rights import Action
from expo.web import translations
from expo.web.pages import NO_STORE, client_form, explained, guarded, wants_json
from expo.web.templates import Renderer
from expo.words import whole_number
from sessions.programme import Session
from sessions.questions import rules
from sessions.questions.orders import DeskOrder
from sessions.questions.usecases import Questions
from sessions.questions.values import UNDO, Reason
from sessions.usecases import Show

_FIELDS: Final = frozenset(DeskOrder.__struct_fields__)
_MOST_DIGITS: Final = 12
_ROOM: Final = {"open": True, "close": False}


class DeskState(TypedDict):
    """What these pages need."""

    pages: Renderer
    visit: Visit
    show: Show
    questions: Questions


Asked = Request[DeskState]


async def desk(request: Asked) -> Response:
    """The queue of one session: ``?session=``, else the one on the stage, else the first."""
    return await _desk(request, request.state["show"].at_desk(request.query_params.get("session")))


async def act(request: Asked) -> Response:
    """Carry out an order about a question, or open and close a session's questions."""
    fields = dict(await client_form(request))
    asked = fields.pop("session", None)
    session = request.state["show"].at_desk(asked)
    actor, questions = request.state["visit"].somebody(), request.state["questions"]
    try:
        if "room" in fields:
            is_open = _ROOM.get(fields["room"])
            if is_open is None:
                raise BadRequest(what="room")
            # What a desk shows instead of a session that has gone must not be opened or closed for it.
            await questions.set_open(actor, asked or "", is_open=is_open)
        else:
            await questions.act(actor, _order(fields))
    except Refusal as refusal:
        if wants_json(request):
            raise
        return await _desk(request, session, refusal=refusal)
    if wants_json(request):
        return JSONResponse({}, headers=NO_STORE)
    where = f"?session={session.id}" if session else ""
    address = f"/{translations.language.get()}/staff/questions{where}"
    return RedirectResponse(address, status_code=303)


async def _desk(
    request: Asked, session: Session | None, *, refusal: Refusal | None = None
) -> Response:
    pages, show = request.state["pages"], request.state["show"]
    questions = request.state["questions"]
    await questions.refresh()
    found = await questions.desk(session.id) if session else None
    every = (*found.waiting, *found.shown, *found.sent, *found.done) if found else ()
    values: dict[str, Any] = {
        "desk": found,
        "session": session,
        "sessions": show.programme.sessions,
        "counts": {one.id: questions.waiting(one.id) for one in show.programme.sessions},
        "signs": {one.question.id: rules.signs(one.question.text) for one in every},
        "alike": rules.alike(one.question for one in every),
        "texts": {one.question.id: one.question.text for one in every},
        "reasons": [one.value for one in Reason],
        "undo_until": UNDO,
        "error": explained(refusal, pages.zone),
    }
    status = refusal.status if refusal else 200
    return pages.page(request, "staff/questions.html", values, status=status, headers=NO_STORE)


def _order(fields: Mapping[str, str]) -> DeskOrder:
    """The order a form holds; empty fields are left out.

    Raises:
        BadRequest: A field is not what it should be.
    """
    if unknown := sorted(set(fields) - _FIELDS):
        raise BadRequest(what=unknown[0][:32])
    values: dict[str, Any] = {name: text for name, text in fields.items() if text}
    if "version" in values:
        values["version"] = whole_number(values["version"].strip(), _MOST_DIGITS)
        if values["version"] is None:
            raise BadRequest(what="version")
    try:
        return msgspec.convert(values, DeskOrder)
    except msgspec.ValidationError as error:
        raise BadRequest(what="order") from error


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    path, moderate = "/{lang:lang}/staff/questions", Action.MODERATE_QUESTIONS
    return [guarded(path, desk, moderate), guarded(path, act, moderate, methods=("POST",))]
