"""Pages of the review: the queue of proposals, and one of them with everything that can be decided."""

import re
from collections.abc import Mapping
from typing import Any, Final, TypedDict

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.catalogue.proposals import moves
from expo.catalogue.proposals.checks import STEP_OF
from expo.catalogue.proposals.states import TABLE, State
from expo.catalogue.proposals.usecases import Proposals
from expo.catalogue.proposals.values import Comment, Proposal
from expo.catalogue.proposals.views import proposal_view
from expo.db import Tx
from expo.errors import BadRequest, NotAllowed, Refusal
from expo.identity.people import Visit
from expo.rights import Action
from expo.web import translations
from expo.web.forms import client_form
from expo.web.pages import NO_STORE, explained, guarded, wants_json
from expo.web.templates import Renderer
from sessions.reviewing.placing import differs, placed, places, renewed
from sessions.usecases import Show

_VERSION: Final = re.compile("[0-9]{1,9}")
_COMMENT: Final = "comment-"
_QUEUE: Final = (
    State.SUBMITTED, State.ACCEPTED, State.RETURNED, State.SCHEDULED, State.PRESENTED,
    State.SELECTED, State.NOT_SELECTED, State.IN_DELIVERY, State.DELIVERED, State.WITHDRAWN,
)  # fmt: skip
"""What waits for the organisers first; drafts are nobody's business but their team's."""


class ReviewState(TypedDict):
    """What these pages need."""

    pages: Renderer
    proposals: Proposals
    show: Show
    visit: Visit


ReviewRequest = Request[ReviewState]


async def queue(request: ReviewRequest) -> Response:
    """Every proposal that was handed in, those that wait for a word first."""
    proposals, pages = request.state["proposals"], request.state["pages"]
    found = await proposals.all_(_QUEUE)
    order = {state: place for place, state in enumerate(_QUEUE)}
    asked = request.query_params.get("state", "")
    shown = [one for one in found if asked in {"", one.state.value}]
    values = {
        "proposals": sorted(shown, key=lambda one: order[one.state]),
        "counts": [(state.value, sum(one.state is state for one in found)) for state in _QUEUE],
        "asked": asked,
        "entities": {one.id: one.name for one in request.state["show"].programme.entities},
        "tz": pages.zone,
    }
    return pages.page(request, "staff/proposals.html", values, headers=NO_STORE)


async def one(request: ReviewRequest) -> Response:
    """One proposal: what it says, what happened, and what can be decided now."""
    return await _one(request)


async def decide(request: ReviewRequest) -> Response:
    """Carry out what an organiser decided."""
    fields = await client_form(request)
    try:
        await _decide(request, fields)
    except NotAllowed:
        raise
    except Refusal as refusal:
        if wants_json(request):
            raise
        return await _one(request, refusal, fields)
    if wants_json(request):
        return JSONResponse({"state": (await _found(request)).state.value})
    return RedirectResponse(f"{_here(request)}?done={fields['to']}", status_code=303)


async def renew(request: ReviewRequest) -> Response:
    """Let the programme say what the proposal says by now."""
    found = await _found(request)
    try:
        await request.state["show"].amend(
            request.state["visit"].somebody(),
            lambda programme: renewed(programme, found),
            action="renew-initiative",
            subject=found.id,
        )
    except Refusal as refusal:
        if wants_json(request):
            raise
        return await _one(request, refusal)
    return RedirectResponse(f"{_here(request)}?done=renewed", status_code=303)


async def _decide(request: ReviewRequest, fields: Mapping[str, str]) -> None:
    """One move of the table; a place in the programme changes the programme in the same transaction."""
    proposals, show, actor = (
        request.state["proposals"],
        request.state["show"],
        request.state["visit"].somebody(),
    )
    to = next((state for state in State if state.value == fields.get("to")), None)
    if to is None or not _VERSION.fullmatch(fields.get("version", "")):
        raise BadRequest(what="to" if to is None else "version")
    found, version = await _found(request), int(fields["version"])
    word = moves.Word(reason=fields.get("reason", ""), comments=_comments(fields))
    if to is not State.SCHEDULED:
        await proposals.move(actor, found.id, version, to, word)
        return
    session = fields.get("session", "")

    async def also(tx: Tx) -> None:
        said = moves.Word(reason=word.reason, session=session)
        await moves.move_to(tx, actor, found.id, to, version=version, now=proposals.now, word=said)

    await show.amend(
        actor,
        lambda programme: placed(programme, found, session),
        action="place-initiative",
        subject=found.id,
        also=also,
    )


def _comments(fields: Mapping[str, str]) -> tuple[Comment, ...]:
    """What is said beside single fields; only fields a proposal has."""
    return tuple(
        Comment(name.removeprefix(_COMMENT), text)
        for name, text in fields.items()
        if name.startswith(_COMMENT) and name.removeprefix(_COMMENT) in STEP_OF and text.strip()
    )


async def _one(
    request: ReviewRequest,
    refusal: Refusal | None = None,
    fields: Mapping[str, str] | None = None,
) -> Response:
    proposals, pages, show = (
        request.state["proposals"],
        request.state["pages"],
        request.state["show"],
    )
    found = await _found(request)
    events = await proposals.events(found.id)
    programme = show.programme
    contests = {
        session.id: contest
        for session in programme.sessions
        if (contest := show.contest(session.id)) is not None
    }
    choices = [step for step in TABLE[found.state] if step.by is Action.REVIEW_PROPOSALS]
    values: dict[str, Any] = {
        "view": proposal_view(found, proposals.now.date(), events),
        "events": events,
        "revisions": await proposals.revisions(found.id),
        "entity": programme.entity(found.entity),
        "choices": [step.to.value for step in choices],
        "needs_reason": {step.to.value: step.needs_reason for step in choices},
        "places": places(programme, contests, found),
        "is_outdated": differs(programme, found),
        "fields": fields or {},
        "done": request.query_params.get("done", ""),
        "error": explained(refusal, pages.zone),
        "tz": pages.zone,
    }
    status = refusal.status if refusal else 200
    return pages.page(request, "staff/proposal.html", values, status=status, headers=NO_STORE)


async def _found(request: ReviewRequest) -> Proposal:
    return await request.state["proposals"].own(
        request.state["visit"].somebody(), request.path_params["proposal"]
    )


def _here(request: ReviewRequest) -> str:
    language = translations.language.get()
    return f"/{language}/staff/proposals/{request.path_params['proposal']}"


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    review, post = Action.REVIEW_PROPOSALS, ("POST",)
    staff = "/{lang}/staff/proposals"
    return [
        guarded(staff, queue, review),
        guarded(f"{staff}/{{proposal}}", one, review),
        guarded(f"{staff}/{{proposal}}", decide, review, methods=post),
        guarded(f"{staff}/{{proposal}}/renew", renew, review, methods=post),
    ]
