"""Where the audience asks, supports and reacts, and the edition's questions with their answers."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypedDict

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.errors import BadRequest, NotFound, Refusal
from expo.identity.people import Visit
from expo.rights import Action
from expo.web import translations
from expo.web.pages import NO_STORE, client_form, explained, guarded, wants_json
from expo.web.templates import Renderer
from expo.words import clean
from sessions.cues import Status
from sessions.programme import Session
from sessions.questions.desk import pages as desk_pages
from sessions.questions.knowledge import found_in
from sessions.questions.team import pages as team_pages
from sessions.questions.usecases import Questions
from sessions.questions.values import LONGEST
from sessions.reactions.usecases import Reactions
from sessions.reactions.values import Kind
from sessions.usecases import Show

_LONGEST_SEARCH: Final = 80
_YES_NO: Final = {"yes": True, "no": False}


class AskingState(TypedDict):
    """What these pages need."""

    pages: Renderer
    visit: Visit
    show: Show
    questions: Questions
    reactions: Reactions


Asked = Request[AskingState]


async def room(request: Asked) -> Response:
    """A session's questions, with what whoever looks has asked; works without scripts."""
    return await _room(request, _session(request))


async def mine(request: Asked) -> Response:
    """What one asked and supports in a session, for the script of its page."""
    return await _mine(request, _session(request).id)


async def ask(request: Asked) -> Response:
    """Ask; the page says that the question waits for review."""
    session, fields = _session(request), await client_form(request)
    text = fields.get("text", "")

    async def asking() -> None:
        await request.state["questions"].ask(request.state["visit"], session.id, text)

    return await _done(request, session, asking, typed=text)


async def support(request: Asked) -> Response:
    """Support a question, or take that back."""
    session, fields = _session(request), await client_form(request)
    is_on = _YES_NO.get(fields.get("on", "yes"))
    if is_on is None:
        raise BadRequest(what="on")
    question = request.path_params["question"]

    async def supporting() -> None:
        await request.state["questions"].support(request.state["visit"], question, is_on=is_on)

    return await _done(request, session, supporting)


async def react(request: Asked) -> Response:
    """Let the presenter feel something."""
    session, fields = _session(request), await client_form(request)
    try:
        kind = Kind(fields.get("kind", ""))
    except ValueError as error:
        raise BadRequest(what="kind") from error

    async def reacting() -> None:
        request.state["reactions"].react(request.state["visit"], session.id, kind)

    return await _done(request, session, reacting)


async def knowledge(request: Asked) -> Response:
    """Every published question of the edition with what was answered; ``?q=`` looks for words."""
    show, pages = request.state["show"], request.state["pages"]
    asked = clean(request.query_params.get("q", ""))[:_LONGEST_SEARCH]
    kept = request.state["questions"].kept()
    found = [
        (session, found_in(kept[session.id], asked))
        for session in show.programme.sessions
        if session.id in kept
    ]
    values = {
        "found": [(session, ones) for session, ones in found if ones],
        "asked": asked,
        "total": sum(len(ones) for ones in kept.values()),
        "unanswered": sum(not one.question.answer for ones in kept.values() for one in ones),
        "programme": show.programme,
    }
    return pages.page(request, "questions/knowledge.html", values, headers=NO_STORE)


async def _done(
    request: Asked, session: Session, what: Callable[[], Awaitable[None]], *, typed: str = ""
) -> Response:
    """Do it; a script gets its own state, a form comes back to the page, with the refusal if any."""
    is_program = wants_json(request)
    try:
        await what()
    except Refusal as refusal:
        if is_program:
            raise
        return await _room(request, session, refusal=refusal, typed=typed)
    if is_program:
        return await _mine(request, session.id)
    return RedirectResponse(_address(session), status_code=303, headers=NO_STORE)


async def _mine(request: Asked, session: str) -> Response:
    own, supported = await request.state["questions"].own(request.state["visit"], session)
    state = msgspec.to_builtins(request.state["questions"].public(session))
    body = {"own": msgspec.to_builtins(own), "supported": sorted(supported), "state": state}
    return JSONResponse(body, headers=NO_STORE)


async def _room(
    request: Asked, session: Session, *, refusal: Refusal | None = None, typed: str = ""
) -> Response:
    questions, pages = request.state["questions"], request.state["pages"]
    await questions.refresh()
    own, supported = await questions.own(request.state["visit"], session.id)
    values: dict[str, Any] = {
        "session": session,
        "entity": request.state["show"].programme.entity(session.entity),
        "is_live": request.state["show"].status(session.id) is Status.LIVE,
        "questions": questions.public(session.id),
        "kept": questions.kept().get(session.id, ()),
        "own_questions": own,
        "supported": supported,
        "most": LONGEST,
        "typed": typed,
        "error": explained(refusal, pages.zone),
    }
    status = refusal.status if refusal else 200
    return pages.page(request, "questions/room.html", values, status=status, headers=NO_STORE)


def _session(request: Asked) -> Session:
    found = request.state["show"].programme.session(request.path_params["id"])
    if found is None:
        raise NotFound
    return found


def _address(session: Session) -> str:
    return f"/{translations.language.get()}/session/{session.id}/questions"


def routes() -> list[BaseRoute]:
    """The routes of questions: the audience's, the desk's and the teams'."""
    one, read = "/{lang:lang}/session/{id}", Action.READ_PAGES
    asks, supports = Action.ASK_QUESTIONS, Action.SUPPORT_QUESTIONS
    return [
        guarded(f"{one}/questions", room, read),
        guarded(f"{one}/questions", ask, asks, methods=("POST",)),
        guarded(f"{one}/questions/mine", mine, read),
        guarded(f"{one}/questions/{{question}}/support", support, supports, methods=("POST",)),
        guarded(f"{one}/reactions", react, Action.REACT, methods=("POST",)),
        guarded("/{lang:lang}/questions", knowledge, read),
        *desk_pages.routes(),
        *team_pages.routes(),
    ]
