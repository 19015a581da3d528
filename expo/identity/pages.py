"""The doors: redeeming a pass, joining, leaving; and the organisers' page of passes."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final, TypedDict
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.clock import Now
from expo.errors import BadRequest, Refusal
from expo.identity.admission import (
    MOST_AT_ONCE,
    IssuedPass,
    Named,
    PassOrder,
    PassTargets,
)
from expo.identity.entering.beginnings import beginning
from expo.identity.people import Visit
from expo.identity.usecases import Passes, SignInAgain, Visits
from expo.rights import STAFF, TEAM_MEMBERS, Action, Role
from expo.settings import Settings
from expo.web import translations
from expo.web.forms import whole_number
from expo.web.pages import (
    PRIVATE,
    clear_visit_cookie,
    client_form,
    explained,
    guarded,
    safe_next,
    set_visit_cookies,
    wants_json,
)
from expo.web.templates import Renderer

_MEMBERS: Final = frozenset(role.value for role in TEAM_MEMBERS)
_UNSCOPED: Final = frozenset(role.value for role in (*STAFF, Role.SCREEN))
_ROLE_OF: Final = {"customers": Role.CUSTOMER, "employees": Role.EMPLOYEE, "teams": Role.TEAM}
_TEAMS: Final = "teams"
_MOST_HOURS: Final = 24 * 60
_BATCH: Final = re.compile("[0-9a-f-]{16,36}")


class IdentityState(TypedDict):
    """What these pages need."""

    settings: Settings
    pages: Renderer
    now: Now
    visits: Visits
    passes: Passes
    pass_targets: Callable[[], PassTargets]
    way_out: Callable[[Request[Any]], str | None]
    visit: Visit


IdentityRequest = Request[IdentityState]


class Door(msgspec.Struct, frozen=True):
    """What a program is told after coming in."""

    role: Role
    electorate: str | None
    entity: str | None


# --- coming in ---


async def pass_in_language(request: IdentityRequest) -> Response:
    """From the address in a QR code to the page in the visitor's language."""
    address = f"/{translations.language.get()}/pass/{request.path_params['token']}"
    return RedirectResponse(address, status_code=302, headers=PRIVATE)


async def pass_page(request: IdentityRequest) -> Response:
    """The button that redeems a pass; opening the page changes nothing, so link scanners are harmless."""
    try:
        found = await request.state["passes"].look(
            request.path_params["token"], request.state["visit"]
        )
    except Refusal as refusal:
        return _pass_page(request, refusal)
    return _pass_page(request, None, role=found.role.value, label=found.label)


async def redeem(request: IdentityRequest) -> Response:
    """Redeem the pass and go where this role begins."""
    try:
        visit, token = await request.state["passes"].redeem(
            request.path_params["token"], request.state["visit"]
        )
    except Refusal as refusal:
        if wants_json(request):
            raise
        return _pass_page(request, refusal)
    return _entered(request, visit, token, beginning(visit, translations.language.get()))


def _pass_page(
    request: IdentityRequest, refusal: Refusal | None, *, role: str = "", label: str = ""
) -> Response:
    pages = request.state["pages"]
    error = explained(refusal, pages.zone)
    status = refusal.status if refusal else 200
    values = {"error": error, "pass_role": role, "pass_label": label}
    return pages.page(request, "identity/pass.html", values, status=status, headers=PRIVATE)


async def join(request: IdentityRequest) -> Response:
    """Join as a customer with this device; where somebody signed in on it, they have to do so again."""
    fields = await _optional_form(request)
    language = translations.language.get()
    address = safe_next(fields.get("next"), f"/{language}/")
    try:
        visit, token = await request.state["visits"].join(request.state["visit"])
    except SignInAgain:
        if wants_json(request):
            raise
        query = urlencode({"next": address}, safe="/")
        return RedirectResponse(f"/{language}/sign-in?{query}", status_code=303)
    return _entered(request, visit, token, address)


async def leave(request: IdentityRequest) -> Response:
    """End the visit; where somebody came in by a provider that asks for it, leave there too."""
    await request.state["visits"].leave(request.state["visit"])
    response: Response
    if wants_json(request):
        response = Response(status_code=204)
    else:
        home = f"/{translations.language.get()}/"
        response = RedirectResponse(request.state["way_out"](request) or home, status_code=303)
    clear_visit_cookie(response, request.state["settings"])
    return response


def _entered(request: IdentityRequest, visit: Visit, token: str, address: str) -> Response:
    response: Response
    if wants_json(request):
        response = JSONResponse(msgspec.to_builtins(_door(visit)))
    else:
        response = RedirectResponse(address, status_code=303)
    settings = request.state["settings"]
    set_visit_cookies(response, settings, visit=token, device=visit.device)
    return response


def _door(visit: Visit) -> Door:
    if visit.person is None:
        return Door(visit.role, None, None)
    return Door(visit.role, visit.person.electorate, visit.person.entity)


async def _optional_form(request: IdentityRequest) -> Mapping[str, str]:
    """The form, or nothing where a program posts without a body."""
    if "content-type" not in request.headers or wants_json(request):
        return {}
    return await client_form(request)


# --- organisers ---


async def passes_page(request: IdentityRequest) -> Response:
    """Every pass with its state, and the form for new ones."""
    return await _passes_page(request)


async def issue(request: IdentityRequest) -> Response:
    """Issue passes; their links are on the answer and nowhere else."""
    fields = await client_form(request)
    try:
        issued = await _issue(request, fields)
    except Refusal as refusal:
        if wants_json(request):
            raise
        return await _passes_page(request, refusal=refusal, fields=fields)
    if wants_json(request):
        return JSONResponse([{"id": one.issued.id, "path": one.path} for one in issued])
    return await _passes_page(request, issued=issued)


async def revoke(request: IdentityRequest) -> Response:
    """Take a pass back."""
    await request.state["passes"].revoke(
        request.state["visit"].somebody(), request.path_params["id"]
    )
    if wants_json(request):
        return Response(status_code=204)
    address = f"/{translations.language.get()}/staff/passes"
    return RedirectResponse(address, status_code=303)


async def _issue(request: IdentityRequest, fields: Mapping[str, str]) -> tuple[IssuedPass, ...]:
    role, electorate, entity = _wanted(fields.get("kind", ""), request.state["pass_targets"]())
    hours = whole_number(fields, "hours", _MOST_HOURS)
    order = PassOrder(
        role=role,
        electorate=electorate,
        entity=entity,
        label=fields.get("label", ""),
        expires_at=request.state["now"]() + timedelta(hours=hours),
    )
    count = whole_number(fields, "count", MOST_AT_ONCE)
    batch = fields.get("batch", "")
    if not _BATCH.fullmatch(batch):
        raise BadRequest(what="batch")
    actor = request.state["visit"].person
    return await request.state["passes"].issue_batch(actor, order, count=count, batch=batch)


def _wanted(kind: str, targets: PassTargets) -> tuple[Role, str | None, str | None]:
    """Role, electorate and entity of ``organiser``, ``screen``, ``electorate:ID`` or ``team:ID``."""
    what, _, name = kind.partition(":")
    if kind in _UNSCOPED:
        return Role(kind), None, None
    if what == "electorate" and _has(targets.electorates, name) and name in _ROLE_OF:
        return _ROLE_OF[name], name, None
    if what in _MEMBERS and _has(targets.entities, name):
        return Role(what), _TEAMS, name
    raise BadRequest(what="kind")


def _has(targets: tuple[Named, ...], name: str) -> bool:
    return any(one.id == name for one in targets)


async def _passes_page(
    request: IdentityRequest,
    *,
    issued: tuple[IssuedPass, ...] = (),
    refusal: Refusal | None = None,
    fields: Mapping[str, str] | None = None,
) -> Response:
    pages = request.state["pages"]
    targets = request.state["pass_targets"]()
    names = {one.id: one.name for one in (*targets.electorates, *targets.entities)}
    values = {
        "passes": await request.state["passes"].list_(),
        "issued": issued,
        "electorates": tuple(one for one in targets.electorates if one.id in _ROLE_OF),
        "entities": targets.entities,
        "names": names,
        "tz": pages.zone,
        "public_url": request.state["settings"].public_url,
        "batch": request.state["passes"].new_batch(),
        "most": MOST_AT_ONCE,
        "most_hours": _MOST_HOURS,
        "fields": {"kind": "", "label": "", "hours": "12", "count": "1", **(fields or {})},
        "error": explained(refusal, pages.zone),
    }
    status = refusal.status if refusal else 200
    return pages.page(request, "staff/passes.html", values, status=status, headers=PRIVATE)


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    passes = "/{lang}/staff/passes"
    return [
        guarded("/pass/{token}", pass_in_language, Action.REDEEM_PASS),
        guarded("/{lang}/pass/{token}", pass_page, Action.REDEEM_PASS),
        guarded("/{lang}/pass/{token}", redeem, Action.REDEEM_PASS, methods=("POST",)),
        guarded("/{lang}/join", join, Action.JOIN_AS_CUSTOMER, methods=("POST",)),
        guarded("/{lang}/leave", leave, Action.LEAVE, methods=("POST",)),
        guarded(passes, passes_page, Action.MANAGE_PASSES),
        guarded(passes, issue, Action.MANAGE_PASSES, methods=("POST",)),
        guarded(passes + "/{id}/revoke", revoke, Action.MANAGE_PASSES, methods=("POST",)),
    ]
