"""The doors of the venue: a badge's code, the code on the screen, and the organisers' sheets."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.clock import Now
from expo.errors import BadRequest, Refusal
from expo.identity.entering.pages import EnteringState, entered
from expo.identity.venue.codes import ELECTORATES, MOST_AT_ONCE, BadgeOrder, HallCodeOver
from expo.identity.venue.usecases import Printed, Venue
from expo.rights import Action
from expo.web import translations
from expo.web.forms import whole_number
from expo.web.pages import NO_STORE, PRIVATE, client_form, explained, guarded, wants_json
from expo.web.qr import svg

_MOST_HOURS: Final = 24 * 60
_BATCH: Final = re.compile("[0-9a-f-]{16,36}")
_STANDALONE: Final = '<svg xmlns="http://www.w3.org/2000/svg" '  # as a file it needs its namespace


class VenueState(EnteringState):
    """What these pages need."""

    now: Now
    venue: Venue


VenueRequest = Request[VenueState]


# --- coming in ---


async def door(request: VenueRequest) -> Response:
    """Where a code is typed."""
    return _door(request)


async def badge(request: VenueRequest) -> Response:
    """The page a badge's QR code leads to: a button, so that link scanners use nothing up."""
    code = request.path_params["code"]
    try:
        await request.state["venue"].look(code, request.state["visit"])
    except Refusal as refusal:
        return _door(request, refusal=refusal)
    return _door(request, confirm={"code": code})


async def hall(request: VenueRequest) -> Response:
    """The page the code on the screen leads to; the button may be pressed a few minutes later."""
    try:
        grant = request.state["venue"].grant(request.path_params["token"], request.state["visit"])
    except Refusal as refusal:
        return _door(request, refusal=refusal)
    return _door(request, confirm={"grant": grant})


async def come_in(request: VenueRequest) -> Response:
    """Come in by a typed or scanned code."""
    fields = await client_form(request)
    venue, visit = request.state["venue"], request.state["visit"]
    try:
        if "grant" in fields:
            arrival = await venue.be_here(fields["grant"], visit)
        else:
            arrival = await venue.come_in(fields.get("code", ""), visit)
    except Refusal as refusal:
        if wants_json(request):
            raise
        return _door(request, refusal=refusal, typed=fields.get("code", ""))
    return entered(request, arrival, fields.get("next"))


def _door(
    request: VenueRequest,
    *,
    refusal: Refusal | None = None,
    confirm: Mapping[str, str] | None = None,
    typed: str = "",
) -> Response:
    pages = request.state["pages"]
    values = {
        "error": explained(refusal, pages.zone),
        "is_hall": isinstance(refusal, HallCodeOver) or "grant" in (confirm or {}),
        "confirm": confirm,
        "typed": typed[:32],
    }
    status = refusal.status if refusal else 200
    return pages.page(request, "identity/venue.html", values, status=status, headers=PRIVATE)


# --- the code on the screen ---


async def screen(request: VenueRequest) -> Response:
    """The code on the screen, which the page replaces by itself."""
    shown = request.state["venue"].shown()
    values = {
        "code": shown.code,
        "address": _address(request, f"/at/{shown.code}"),
        "seconds": _seconds_left(request),
        "typed_at": _address(request, "/venue"),
    }
    pages = request.state["pages"]
    return pages.page(request, "staff/venue_screen.html", values, headers=PRIVATE)


async def screen_code(request: VenueRequest) -> Response:
    """The code on the screen, and for how long it stays, for the page's script."""
    shown = request.state["venue"].shown()
    told = {"code": shown.code, "seconds": _seconds_left(request)}
    return JSONResponse(told, headers=NO_STORE)


async def screen_picture(request: VenueRequest) -> Response:
    """The QR code of the code on the screen, as a picture."""
    address = _address(request, f"/at/{request.state['venue'].shown().code}")
    picture = svg(address.upper()).replace("<svg ", _STANDALONE, 1)
    return Response(picture, media_type="image/svg+xml", headers=NO_STORE)


def _address(request: VenueRequest, path: str) -> str:
    return f"{request.state['settings'].public_url}{path}"


def _seconds_left(request: VenueRequest) -> int:
    left = request.state["venue"].shown().changes_at - request.state["now"]()
    return max(1, -(-left // timedelta(seconds=1)))


# --- organisers ---


async def staff(request: VenueRequest) -> Response:
    """Every sheet with how many came in, and the form for a new one."""
    return await _staff(request)


async def issue(request: VenueRequest) -> Response:
    """A new sheet; its codes are on the answer and nowhere else."""
    fields = await client_form(request)
    try:
        printed = await _issue(request, fields)
    except Refusal as refusal:
        if wants_json(request):
            raise
        return await _staff(request, refusal=refusal, fields=fields)
    if wants_json(request):
        return JSONResponse([{"id": one.badge.id, "code": one.code} for one in printed])
    return await _staff(request, printed=printed)


async def revoke(request: VenueRequest) -> Response:
    """Take a sheet back."""
    await request.state["venue"].revoke(
        request.state["visit"].somebody(), request.path_params["id"]
    )
    return _done(request)


async def release(request: VenueRequest) -> Response:
    """Let a badge come in on another device."""
    fields = await client_form(request)
    actor = request.state["visit"].somebody()
    try:
        await request.state["venue"].release(actor, fields.get("code", ""))
    except Refusal as refusal:
        if wants_json(request):
            raise
        return await _staff(request, refusal=refusal, release=fields.get("code", ""))
    return _done(request, released="yes")


def _done(request: VenueRequest, **told: str) -> Response:
    if wants_json(request):
        return Response(status_code=204)
    query = "?released=yes" if told else ""
    address = f"/{translations.language.get()}/staff/venue{query}"
    return RedirectResponse(address, status_code=303)


async def _issue(request: VenueRequest, fields: Mapping[str, str]) -> tuple[Printed, ...]:
    now, batch = request.state["now"](), fields.get("batch", "")
    order = BadgeOrder(
        electorate=fields.get("electorate", ""),
        label=fields.get("label", ""),
        expires_at=now + timedelta(hours=whole_number(fields, "hours", _MOST_HOURS)),
        count=whole_number(fields, "count", MOST_AT_ONCE),
    )
    if not _BATCH.fullmatch(batch):
        raise BadRequest(what="batch")
    return await request.state["venue"].issue(request.state["visit"].somebody(), order, batch)


async def _staff(
    request: VenueRequest,
    *,
    printed: tuple[Printed, ...] = (),
    refusal: Refusal | None = None,
    fields: Mapping[str, str] | None = None,
    release: str = "",
) -> Response:
    pages, venue = request.state["pages"], request.state["venue"]
    named = {one.id: one.name for one in request.state["pass_targets"]().electorates}
    values: dict[str, Any] = {
        "sheets": await venue.sheets(),
        "printed": printed,
        "electorates": [(one, named[one]) for one in ELECTORATES if one in named],
        "names": named,
        "public_url": request.state["settings"].public_url,
        "typed_at": _address(request, f"/{translations.language.get()}/venue").split("://")[-1],
        "batch": venue.new_batch(),
        "most": MOST_AT_ONCE,
        "most_hours": _MOST_HOURS,
        "fields": {"electorate": "", "label": "", "hours": "12", "count": "20", **(fields or {})},
        "release": release[:32],
        "is_released": request.query_params.get("released") == "yes",
        "error": explained(refusal, pages.zone),
        "tz": pages.zone,
    }
    status = refusal.status if refusal else 200
    return pages.page(request, "staff/venue.html", values, status=status, headers=PRIVATE)


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    staff_page, show = "/{lang}/staff/venue", Action.SHOW_ON_SCREEN
    manage = Action.MANAGE_PASSES
    return [
        guarded("/venue", door, Action.SIGN_IN),
        guarded("/{lang}/venue", door, Action.SIGN_IN),
        guarded("/{lang}/venue", come_in, Action.SIGN_IN, methods=("POST",)),
        *(guarded(f"/{name}/{{code}}", badge, Action.SIGN_IN) for name in ("badge", "BADGE")),
        *(guarded(f"/{name}/{{token}}", hall, Action.SIGN_IN) for name in ("at", "AT")),
        guarded("/{lang}/stage/venue", screen, show),
        guarded("/stage/venue/code.svg", screen_picture, show),
        guarded("/stage/venue/code.json", screen_code, show),
        guarded(staff_page, staff, manage),
        guarded(staff_page, issue, manage, methods=("POST",)),
        guarded(f"{staff_page}/release", release, manage, methods=("POST",)),
        guarded(f"{staff_page}/{{id}}/revoke", revoke, manage, methods=("POST",)),
    ]
