"""The control room; it works without scripts too."""

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
from expo.web.pages import NO_STORE, client_form, client_json, explained, guarded, wants_json
from expo.web.templates import Renderer
from expo.words import latin_digits
from sessions.orders import ConfirmFirst, Kind, Order
from sessions.screens import console_of, missed
from sessions.usecases import Show
from voting.moves import HeldUndecided

_NUMBERS: Final = frozenset({"version", "minutes", "by"})
_YES: Final = frozenset({"confirmed", "may_stay_held"})
"""Fields that say yes or nothing."""
_FIELDS: Final = frozenset(Order.__struct_fields__)


class ControlState(TypedDict):
    """What these pages need."""

    pages: Renderer
    visit: Visit
    show: Show


ControlRequest = Request[ControlState]


async def control(request: ControlRequest) -> Response:
    """The whole control room; ``?session=`` looks at another session's contest.

    It is asked for because something has moved, perhaps on another node: it must not be older.
    """
    await request.state["show"].catch_up()
    return await _control_page(request)


async def order(request: ControlRequest) -> Response:
    """Carry out an order; a form comes back to the page, a program gets the new state."""
    is_program = wants_json(request)
    wanted = await client_json(request, Order) if is_program else _order(await client_form(request))
    show = request.state["show"]
    try:
        await show.act(request.state["visit"].somebody(), wanted)
    except ConfirmFirst as refusal:
        if is_program:
            return await _refused(request, refusal)
        return await _control_page(request, asks=wanted)
    except Refusal as refusal:
        if is_program:
            return await _refused(request, refusal)
        is_question = isinstance(refusal, HeldUndecided)  # a first reveal asks to approve too
        asks = msgspec.structs.replace(wanted, kind=Kind.REVIEW) if is_question else None
        return await _control_page(request, asks=asks, refusal=refusal)
    if is_program:
        return JSONResponse(msgspec.to_builtins(await show.control()), headers=NO_STORE)
    address = f"/{translations.language.get()}/staff/control"
    return RedirectResponse(address, status_code=303)


async def _control_page(
    request: ControlRequest, *, asks: Order | None = None, refusal: Refusal | None = None
) -> Response:
    show, pages = request.state["show"], request.state["pages"]
    asked = request.query_params.get("session") or (asks.contest if asks else None)
    view = await show.control(asked if asked and show.programme.session(asked) else None)
    values = {
        "control": view,
        "console_of": console_of,
        "missed": missed(view.screens, view.now_at, view.stage.session),
        "asks": asks,
        "error": explained(refusal, pages.zone),
        "tally": show.private_tally(view.contest.contest) if view.contest else None,
        "turnout": show.turnout(view.contest.contest) if view.contest else None,
        "programme": show.programme,
        "final": show.final(view.contest.session) if view.contest else None,
    }
    status = refusal.status if refusal else 200
    return pages.page(request, "staff/control.html", values, status=status, headers=NO_STORE)


async def _refused(request: ControlRequest, refusal: Refusal) -> Response:
    """The canonical refusal, with the state as it is now beside it."""
    view = await request.state["show"].control()
    told = explained(refusal, request.state["pages"].zone)
    body = {**told, "control": msgspec.to_builtins(view)}
    return JSONResponse(body, status_code=refusal.status, headers=NO_STORE)


def _order(fields: Mapping[str, str]) -> Order:
    """The order a form holds: empty fields are left out, ``scene=auto`` lets the scene follow.

    Raises:
        BadRequest: A field is not what it should be.
    """
    unknown = sorted(set(fields) - _FIELDS)
    if unknown:
        raise BadRequest(what=unknown[0][:32])
    values: dict[str, Any] = {name: text for name, text in fields.items() if text}
    for name in _NUMBERS & set(values):
        values[name] = _number(name, values[name])
    if values.get("scene") == "auto":
        del values["scene"]
    for name in _YES & set(values):
        values[name] = values[name] == "yes"
    try:
        return msgspec.convert(values, Order)
    except msgspec.ValidationError as error:
        raise BadRequest(what="order") from error


def _number(name: str, text: str) -> int:
    digits = latin_digits(text).strip()
    figure = digits.removeprefix("-") if name == "by" else digits
    if not (figure.isascii() and figure.isdecimal() and len(figure) <= 16):
        raise BadRequest(what=name)
    return int(digits)


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    desk = "/{lang:lang}/staff/control"
    return [
        guarded(desk, control, Action.RUN_SHOW),
        guarded(desk, order, Action.RUN_SHOW, methods=("POST",)),
    ]
