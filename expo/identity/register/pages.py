"""Pages of the register: who is in, and what an organiser may change about one of them."""

from typing import Any, Final, TypedDict

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.clock import Now
from expo.db import Database
from expo.errors import BadRequest, NotFound, Refusal
from expo.identity import store
from expo.identity.admission import Named, PassTargets
from expo.identity.entering.identities import Standing
from expo.identity.entering.store import people_reached_at, people_signing_in
from expo.identity.entering.usecases import Entering
from expo.identity.people import Entry, Visit
from expo.rights import TEAM_MEMBERS, VOTERS, Action, Role
from expo.web import translations
from expo.web.forms import client_form
from expo.web.pages import NO_STORE, explained, guarded, wants_json
from expo.web.templates import Renderer

MOST_LISTED: Final = 500
_LONGEST_WORDS: Final = 80
_ROLES: Final = tuple(role for role in Role if role not in {Role.PUBLIC, Role.SCREEN})


class RegisterState(TypedDict):
    """What these pages need."""

    pages: Renderer
    database: Database
    now: Now
    entering: Entering
    pass_targets: Any
    visit: Visit


RegisterRequest = Request[RegisterState]


async def known(request: RegisterRequest) -> Response:
    """Everybody who is known by more than a device."""
    asked = request.query_params
    words = asked.get("q", "")[:_LONGEST_WORDS].replace("\0", "").strip()
    role = next((one for one in _ROLES if one.value == asked.get("role")), None)
    async with request.state["database"].read() as tx:
        entries = await store.registered(
            tx,
            words,
            role,
            request.state["now"](),
            MOST_LISTED,
            known=people_signing_in(),
            reached=people_reached_at(words),
        )
        counts = await store.counts(tx)
    pages = request.state["pages"]
    values = {
        "entries": entries,
        "counts": [(one.value, counts[one]) for one in _ROLES if one in counts],
        "roles": [one.value for one in _ROLES],
        "words": words,
        "role_asked": role.value if role else "",
        "most": MOST_LISTED,
        "names": _names(request),
        "tz": pages.zone,
        "erased": "erased" in asked,
    }
    return pages.page(request, "staff/known.html", values, headers=NO_STORE)


async def person(request: RegisterRequest) -> Response:
    """One person, and the form that changes what they are here."""
    return await _person(request)


async def change(request: RegisterRequest) -> Response:
    """Give somebody another role, electorate or entity."""
    actor = request.state["visit"].somebody()
    fields = await client_form(request)
    try:
        to = _standing(
            fields.get("role", ""), fields.get("electorate", ""), fields.get("entity", ""), request
        )
        await request.state["entering"].change(actor, request.path_params["id"], to)
    except NotFound:
        raise
    except Refusal as refusal:
        if wants_json(request):
            raise
        return await _person(request, refusal)
    return _done(request)


async def sign_out(request: RegisterRequest) -> Response:
    """End every visit of somebody, on whatever device."""
    entry = await _entry(request)
    await request.state["entering"].leave_everywhere(entry.person)
    return _done(request)


def _standing(role: str, electorate: str, entity: str, request: RegisterRequest) -> Standing:
    """What an organiser chose.

    Raises:
        BadRequest: There is no such role, electorate or entity; or a team member has no entity.
    """
    targets: PassTargets = request.state["pass_targets"]()
    chosen = next((one for one in _ROLES if one.value == role), None)
    if chosen is None:
        raise BadRequest(what="role")
    votes_in = _chosen(targets.electorates, electorate, "electorate") if chosen in VOTERS else None
    belongs = _chosen(targets.entities, entity, "entity") if chosen in TEAM_MEMBERS else None
    if chosen in TEAM_MEMBERS and belongs is None:
        raise BadRequest(what="entity")
    return Standing(chosen, votes_in, belongs)


def _chosen(among: tuple[Named, ...], given: str, what: str) -> str | None:
    if not given:
        return None
    if all(one.id != given for one in among):
        raise BadRequest(what=what)
    return given


async def _entry(request: RegisterRequest) -> Entry:
    async with request.state["database"].read() as tx:
        entry = await store.entry(tx, request.path_params["id"], request.state["now"]())
    if entry is None:
        raise NotFound
    return entry


async def _person(request: RegisterRequest, refusal: Refusal | None = None) -> Response:
    entry, entering = await _entry(request), request.state["entering"]
    pages = request.state["pages"]
    targets: PassTargets = request.state["pass_targets"]()
    values = {
        "entry": entry,
        "ways": await entering.ways(entry.person),
        "is_settled": await entering.has_cast(entry.person),
        "roles": [one.value for one in _ROLES],
        "electorates": targets.electorates,
        "entities": targets.entities,
        "names": _names(request),
        "tz": pages.zone,
        "done": "done" in request.query_params,
        "error": explained(refusal, pages.zone),
    }
    status = refusal.status if refusal else 200
    return pages.page(request, "staff/person.html", values, status=status, headers=NO_STORE)


def _names(request: RegisterRequest) -> dict[str, Any]:
    targets: PassTargets = request.state["pass_targets"]()
    return {one.id: one.name for one in (*targets.electorates, *targets.entities)}


def _done(request: RegisterRequest) -> Response:
    if wants_json(request):
        return Response(status_code=204)
    here = f"/{translations.language.get()}/staff/people/known/{request.path_params['id']}"
    return RedirectResponse(f"{here}?done", status_code=303)


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    manage, known_path = Action.MANAGE_PEOPLE, "/{lang}/staff/people/known"
    return [
        guarded(known_path, known, manage),
        guarded(f"{known_path}/{{id}}", person, manage),
        guarded(f"{known_path}/{{id}}", change, manage, methods=("POST",)),
        guarded(f"{known_path}/{{id}}/sign-out", sign_out, manage, methods=("POST",)),
    ]
