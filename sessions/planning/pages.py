"""The schedule board for organisers, and the change log of releases for everybody.

It works by plain forms: dragging fills in the same form and posts it.
"""

from collections.abc import Mapping
from typing import Any, Final, TypedDict

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.catalogue.values import TITLE_LENGTH
from expo.errors import BadRequest, Refusal
from expo.identity.people import Visit
from expo.rights import Action
from expo.web import translations
from expo.web.forms import client_form
from expo.web.pages import NO_STORE, explained, guarded, wants_json
from expo.web.templates import Renderer
from sessions.planning import plan as moves
from sessions.planning import reading
from sessions.planning.conflicts import GATES, INTO_BREAK, OUTSIDE, OVERLAP, TWICE, Conflict
from sessions.planning.usecases import Move, PlanChanged, Planning, PlanView
from sessions.planning.values import Step, entries
from sessions.programme import Programme
from sessions.reload import REASONS
from sessions.schedule_words import MESSAGES
from sessions.usecases import Show

_LONGEST_ID: Final = 64
_OWN_WORDS: Final = frozenset({OVERLAP, INTO_BREAK, TWICE, *GATES, *OUTSIDE})
"""Conflicts the page has sentences of its own for, with both sides."""


class PlanningState(TypedDict):
    """What these pages need."""

    pages: Renderer
    visit: Visit
    show: Show
    planning: Planning


Asked = Request[PlanningState]


class _Shown(msgspec.Struct, frozen=True):
    """What the board shows besides the draft: a refusal with what was typed, and others' steps since."""

    refusal: Refusal | None = None
    typed: Mapping[str, str] = {}
    since: tuple[Step, ...] = ()


async def board(request: Asked) -> Response:
    """The draft as a board, or the programme in force where no draft is begun."""
    return await _board(request, _Shown())


async def act(request: Asked) -> Response:
    """Change the draft, undo, discard, or take in what came in force; every form says its version.

    Raises:
        BadRequest: The form holds something else.
    """
    fields = await client_form(request)
    planning = request.state["planning"]
    try:
        session = await _carry_out(request, fields)
    except Refusal as refusal:
        if wants_json(request):
            raise
        seen = refusal.facts.get("seen") if isinstance(refusal, PlanChanged) else None
        since = await planning.since(int(seen)) if seen is not None else ()
        return await _board(request, _Shown(refusal, fields, since))
    if wants_json(request):
        view = await planning.view()
        return JSONResponse({"version": view.plan.version}, headers=NO_STORE)
    place = f"#s-{session}" if session else ""
    return _to(f"staff/plan?done={fields['do']}{place}")


async def difference(request: Asked) -> Response:
    """The draft against the programme in force, and the form that publishes it."""
    return await _difference(request)


async def publish(request: Asked) -> Response:
    """Publish exactly what was shown, as a release."""
    fields = await client_form(request)
    try:
        version = reading.version(fields)
        name = reading.words(fields, "name", reading.NAME_LENGTH)
        note = reading.words(fields, "note", reading.NOTE_LENGTH, needed=False)
        actor, digest = request.state["visit"].somebody(), fields.get("digest", "")
        await request.state["planning"].publish(actor, version, digest, name, note)
    except Refusal as refusal:
        if wants_json(request):
            raise
        return await _difference(request, refusal, fields)
    if wants_json(request):
        return JSONResponse({}, headers=NO_STORE)
    return _to("staff/plan?done=publish")


async def change_log(request: Asked) -> Response:
    """What each release changed, the newest first."""
    releases = await request.state["planning"].releases()
    show = request.state["show"]
    values = {
        "releases": releases,
        "days": {day.n: day for day in show.programme.days},
        "known": {one.id for one in show.programme.sessions},
        "sessions": {},
        "zone_of": show.programme.zone,
    }
    return request.state["pages"].page(
        request, "sessions/changes.html", values, headers={"cache-control": "no-cache"}
    )


async def _carry_out(request: Asked, fields: Mapping[str, str]) -> str:
    """Do what the form says; the id of the session it leads back to, empty for the whole draft."""
    planning, programme = request.state["planning"], request.state["show"].programme
    version, session = reading.version(fields), fields.get("session", "")[:_LONGEST_ID]
    asked = fields.get("do", "")
    if asked == "add":
        return await planning.add(version, reading.new(fields, programme))
    move = _move(asked, session, fields, programme)
    if move is None:
        return await _whole(planning, asked, version)
    await planning.move(version, move, asked, session)
    return "" if asked == "remove" else session


def _move(asked: str, session: str, fields: Mapping[str, str], programme: Programme) -> Move | None:
    """What is to be done to a session of the draft; None where something else is asked."""
    zone = programme.zone
    match asked:
        case "place":
            day, starts, minutes = reading.place(fields)
            return lambda days: moves.placed(days, zone, session, day, starts, minutes)
        case "title":
            title = reading.words(fields, "title", TITLE_LENGTH)
            return lambda days: moves.titled(days, session, title)
        case "swap":
            other = fields.get("other", "")[:_LONGEST_ID]
            return lambda days: moves.swapped(days, zone, session, other)
        case "entity":
            entity = reading.entity(fields, programme)
            return lambda days: moves.led(days, session, entity)
        case "remove":
            return lambda days: moves.removed(days, session)
    return None


async def _whole(planning: Planning, asked: str, version: int) -> str:
    acts = {"undo": planning.undo, "discard": planning.discard, "take-in": planning.take_in}
    if asked not in acts:
        raise BadRequest(what="do")
    await acts[asked](version)
    return ""


async def _board(request: Asked, shown: _Shown) -> Response:
    pages, view = request.state["pages"], await request.state["planning"].view()
    typed = shown.typed
    values: dict[str, Any] = {
        **_told(request, view),
        "since": shown.since,
        "typed": typed,
        "typed_at": (typed.get("session", ""), typed.get("do", "")),
        "kinds": reading.KINDS,
        "title_length": TITLE_LENGTH,
        "done": request.query_params.get("done", ""),
        "error": explained(shown.refusal, pages.zone),
    }
    status = shown.refusal.status if shown.refusal else 200
    return pages.page(request, "staff/plan.html", values, status=status, headers=NO_STORE)


async def _difference(
    request: Asked, refusal: Refusal | None = None, typed: Mapping[str, str] | None = None
) -> Response:
    planning, pages = request.state["planning"], request.state["pages"]
    view = await planning.view()
    values: dict[str, Any] = {
        **_told(request, view),
        "preview": await planning.preview(view),
        "reasons": REASONS,
        "typed": typed or {},
        "name_length": reading.NAME_LENGTH,
        "note_length": reading.NOTE_LENGTH,
        "error": explained(refusal, pages.zone),
    }
    status = refusal.status if refusal else 200
    return pages.page(request, "staff/plan_publish.html", values, status=status, headers=NO_STORE)


def _told(request: Asked, view: PlanView) -> dict[str, Any]:
    """What both pages of the board show of the draft."""
    programme, now = view.programme, request.state["show"].programme
    held = (view.plan.document.base, now.days) if view.plan.document else (now.days,)
    known = {name: one.session for days in held for name, one in entries(days).items()}
    known |= {one.id: one for one in programme.sessions}
    marked: dict[str, list[Conflict]] = {}
    for one in view.conflicts:
        for session in one.sessions:
            marked.setdefault(session, []).append(one)
    return {
        "view": view,
        "programme": programme,
        "days": {day.n: day for day in (*programme.days, *now.days)},
        "sessions": known,
        "marked": marked,
        "own_words": _OWN_WORDS,
        "rule": lambda one: translations.sentence(MESSAGES.get(one.code, one.code), one.facts),
    }


def _to(place: str) -> Response:
    return RedirectResponse(f"/{translations.language.get()}/{place}", status_code=303)


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    path, right, post = "/{lang:lang}/staff/plan", Action.RELOAD_PROGRAMME, ("POST",)
    return [
        guarded("/{lang:lang}/schedule/changes", change_log, Action.READ_PAGES),
        guarded(path, board, right),
        guarded(path, act, right, methods=post),
        guarded(f"{path}/publish", difference, right),
        guarded(f"{path}/publish", publish, right, methods=post),
    ]
