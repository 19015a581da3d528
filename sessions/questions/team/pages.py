"""The page where a team answers what was asked in its entity's sessions."""

from typing import Any, Final, TypedDict

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.errors import NotAllowed, Refusal
from expo.identity.people import Visit
from expo.rights import Action, may_with
from expo.web import translations
from expo.web.pages import NO_STORE, client_form, explained, guarded
from expo.web.templates import Renderer
from sessions.questions.usecases import Questions
from sessions.questions.values import LONGEST_ANSWER
from sessions.usecases import Show

_SHOWN: Final = 4000  # characters of what was typed that come back with a refusal


class TeamState(TypedDict):
    """What these pages need."""

    pages: Renderer
    visit: Visit
    show: Show
    questions: Questions


Asked = Request[TeamState]


async def answers(request: Asked) -> Response:
    """The published questions of one's own entity's sessions, those without an answer first."""
    return await _page(request)


async def answer(request: Asked) -> Response:
    """Write an answer, or write it anew."""
    fields = await client_form(request)
    question, typed = fields.get("question", ""), fields.get("answer", "")
    try:
        await request.state["questions"].answer(
            request.state["visit"].somebody(), question[:64], typed, fields.get("seen", "")
        )
    except NotAllowed:
        raise
    except Refusal as refusal:
        return await _page(request, refusal=refusal, typed={question: typed[:_SHOWN]})
    address = f"/{translations.language.get()}/team/questions#{question}"
    return RedirectResponse(address, status_code=303)


async def _page(
    request: Asked, *, refusal: Refusal | None = None, typed: dict[str, str] | None = None
) -> Response:
    pages, show = request.state["pages"], request.state["show"]
    questions = request.state["questions"]
    await questions.refresh()
    kept, person = questions.kept(), request.state["visit"].somebody()
    mine = [
        (session, sorted(kept[session.id], key=lambda one: bool(one.question.answer)))
        for session in show.programme.sessions
        if session.id in kept and may_with(person, Action.ANSWER_QUESTIONS, session.entity)
    ]
    values: dict[str, Any] = {
        "mine": mine,
        "told": {one.question.id for _, ones in mine for one in ones},
        "unanswered": sum(not one.question.answer for _, ones in mine for one in ones),
        "most": LONGEST_ANSWER,
        "typed": typed or {},
        "error": explained(refusal, pages.zone),
    }
    status = refusal.status if refusal else 200
    return pages.page(request, "team/questions.html", values, status=status, headers=NO_STORE)


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    path, action = "/{lang:lang}/team/questions", Action.ANSWER_QUESTIONS
    return [guarded(path, answers, action), guarded(path, answer, action, methods=("POST",))]
