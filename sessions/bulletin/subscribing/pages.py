"""Doors for whoever wants bulletins by e-mail: ask, confirm, leave."""

from datetime import timedelta
from typing import Any, Final, TypedDict

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.errors import Refusal
from expo.identity.people import Visit
from expo.rights import Action
from expo.settings import Settings
from expo.web import translations
from expo.web.pages import (
    PRIVATE,
    client_form,
    explained,
    guarded,
    network,
    set_visit_cookies,
    wants_json,
)
from expo.web.templates import Renderer
from sessions.bulletin.subscribing.tokens import Purpose
from sessions.bulletin.subscribing.usecases import Subscriptions

_SHOWN: Final = 254
_SOON: Final = timedelta(minutes=1)  # after which somebody is told that a letter waits


class SubscribingState(TypedDict):
    """What these pages need."""

    pages: Renderer
    settings: Settings
    subscriptions: Subscriptions
    visit: Visit


Asked = Request[SubscribingState]


async def form(request: Asked) -> Response:
    """Where one asks for bulletins by e-mail; and, after asking, what happens next."""
    asked = request.query_params.get("asked")
    return _page(request, "form" if asked is None else "later" if asked == "later" else "asked")


async def ask(request: Asked) -> Response:
    """Send the letter that confirms; the answer is the same for every address."""
    typed = (await client_form(request)).get("address", "")
    visit, language = request.state["visit"], translations.language.get()
    try:
        wait = await request.state["subscriptions"].ask(typed, visit, language, network(request))
    except Refusal as refusal:
        if wants_json(request):
            raise
        return _page(request, "form", refusal=refusal, typed=typed)
    here = f"/{language}/bulletin/subscribe?asked{'=later' if wait > _SOON else ''}"
    response = RedirectResponse(here, status_code=303, headers=PRIVATE)
    # The budget hangs on the device, so it has to be known again.
    set_visit_cookies(response, request.state["settings"], device=visit.device)
    return response


async def confirming(request: Asked) -> Response:
    """The page behind the link of the letter; only its button changes anything."""
    return await _behind_link(request, "confirm")


async def confirm(request: Asked) -> Response:
    """Subscribe the mailbox."""
    try:
        await request.state["subscriptions"].confirm(request.path_params["token"])
    except Refusal as refusal:
        return _refused(request, refusal)
    return _page(request, "confirmed")


async def leaving(request: Asked) -> Response:
    """The page behind the way out; programs that look at links take nobody off."""
    return await _behind_link(request, "end")


async def leave(request: Asked) -> Response:
    """Forget the mailbox; also the one press of a mail program's own button (RFC 8058)."""
    try:
        await request.state["subscriptions"].end(request.path_params["token"])
    except Refusal as refusal:
        return _refused(request, refusal)
    return _page(request, "left")


async def _behind_link(request: Asked, purpose: Purpose) -> Response:
    token = request.path_params["token"]
    try:
        found = await request.state["subscriptions"].look(token, purpose)
    except Refusal as refusal:
        return _refused(request, refusal)
    return _page(request, purpose, typed=found.address)


def _refused(request: Asked, refusal: Refusal) -> Response:
    if wants_json(request):
        raise refusal
    return _page(request, "unknown", refusal=refusal)


def _page(
    request: Asked, what: str, *, refusal: Refusal | None = None, typed: str = ""
) -> Response:
    pages = request.state["pages"]
    values: dict[str, Any] = {
        "what": what,
        "typed": typed[:_SHOWN],
        "error": explained(refusal, pages.zone),
    }
    status = refusal.status if refusal else 200
    return pages.page(request, "bulletin/subscribe.html", values, status=status, headers=PRIVATE)


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    read, post, here = Action.READ_PAGES, ("POST",), "/{lang}/bulletin"
    return [
        guarded(f"{here}/subscribe", form, read),
        guarded(f"{here}/subscribe", ask, read, methods=post),
        guarded(f"{here}/confirm/{{token}}", confirming, read),
        guarded(f"{here}/confirm/{{token}}", confirm, read, methods=post),
        guarded(f"{here}/unsubscribe/{{token}}", leaving, read),
        guarded(f"{here}/unsubscribe/{{token}}", leave, read, methods=post),
    ]
