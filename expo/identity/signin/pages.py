"""The doors for whoever signs in: the ways there are, a letter's code, and a letter's link."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.clock import Now
from expo.errors import Refusal
from expo.identity.entering.pages import EnteringState, entered
from expo.identity.oidc.usecases import Offer
from expo.identity.signin.codes import CODE_STAYS, Asked
from expo.identity.signin.usecases import MailSignIn, Proved
from expo.passes import fingerprint
from expo.rights import Action
from expo.web import translations
from expo.web.pages import (
    PRIVATE,
    client_form,
    explained,
    guarded,
    network,
    safe_next,
    set_visit_cookies,
    wants_json,
)

_SHOWN: Final = 254


class SignInState(EnteringState):
    """What these pages need."""

    now: Now
    mail_sign_in: MailSignIn
    providers: tuple[Offer, ...]


SignInRequest = Request[SignInState]


# --- the ways, and asking for a letter ---


async def sign_in(request: SignInRequest) -> Response:
    """Every way of signing in."""
    return _ways(request, _next(request.query_params.get("next")))


async def ask(request: SignInRequest) -> Response:
    """Send a letter; the answer is the same whoever is known."""
    fields = await client_form(request)
    typed, then = fields.get("address", ""), _next(fields.get("next"))
    visit, language = request.state["visit"], translations.language.get()
    try:
        await request.state["mail_sign_in"].ask(typed, visit, language, then, network(request))
    except Refusal as refusal:
        if wants_json(request):
            raise
        return _ways(request, then, refusal=refusal, typed=typed)
    return _asked(request)


def _ways(
    request: SignInRequest, then: str, *, refusal: Refusal | None = None, typed: str = ""
) -> Response:
    values = {
        "then": then,
        "typed": typed[:_SHOWN],
        "offers": request.state["providers"],
        "error": explained(refusal, request.state["pages"].zone),
    }
    return _page(request, "identity/sign_in.html", values, refusal)


def _asked(request: SignInRequest) -> Response:
    """To the page where the code is typed, on a device that can be known again there."""
    response: Response
    if wants_json(request):
        response = Response(status_code=204, headers=PRIVATE)
    else:
        here = f"/{translations.language.get()}/sign-in/code"
        response = RedirectResponse(here, status_code=303, headers=PRIVATE)
    set_visit_cookies(response, request.state["settings"], device=request.state["visit"].device)
    return response


# --- the code ---


async def code(request: SignInRequest) -> Response:
    """Where the code of this device's newest letter is typed, or what became of it."""
    return await _code(request)


async def type_code(request: SignInRequest) -> Response:
    """Let in whoever types the right code."""
    fields = await client_form(request)
    typed = fields.get("code", "")
    try:
        proved = await request.state["mail_sign_in"].type_code(typed, request.state["visit"])
    except Refusal as refusal:
        if wants_json(request):
            raise
        return await _code(request, refusal=refusal, typed=typed)
    return _in(request, proved)


async def again(request: SignInRequest) -> Response:
    """Send another letter to the same address."""
    visit, language = request.state["visit"], translations.language.get()
    try:
        await request.state["mail_sign_in"].again(visit, language, network(request))
    except Refusal as refusal:
        if wants_json(request):
            raise
        return await _code(request, refusal=refusal)
    return _asked(request)


async def _code(
    request: SignInRequest, *, refusal: Refusal | None = None, typed: str = ""
) -> Response:
    asked = await request.state["mail_sign_in"].asked_by(request.state["visit"])
    now = request.state["now"]()
    values = {
        "asked": asked,
        "standing": asked.standing(now).value if asked else "nothing",
        "until": asked.asked_at + CODE_STAYS if asked else None,
        "waits": asked is not None and asked.asked_at > now,
        "typed": typed[:16],
        "error": explained(refusal, request.state["pages"].zone),
    }
    return _page(request, "identity/sign_in_code.html", values, refusal)


# --- the link ---


async def link(request: SignInRequest) -> Response:
    """The page behind a link: a button, so that a mail scanner that looks uses nothing up."""
    try:
        asked = await request.state["mail_sign_in"].look(
            request.path_params["token"], request.state["visit"]
        )
    except Refusal as refusal:
        if wants_json(request):
            raise
        return _link(request, None, refusal)
    if wants_json(request):
        return JSONResponse({"address": asked.address}, headers=PRIVATE)
    return _link(request, asked, None)


async def follow(request: SignInRequest) -> Response:
    """Let in whoever pressed the button."""
    try:
        proved = await request.state["mail_sign_in"].follow(
            request.path_params["token"], request.state["visit"]
        )
    except Refusal as refusal:
        if wants_json(request):
            raise
        return _link(request, None, refusal)
    return _in(request, proved)


def _link(request: SignInRequest, asked: Asked | None, refusal: Refusal | None) -> Response:
    device = fingerprint(request.state["visit"].device)
    values = {
        "asked": asked,
        "is_elsewhere": asked is not None and asked.device != device,
        "error": explained(refusal, request.state["pages"].zone),
    }
    return _page(request, "identity/sign_in_link.html", values, refusal)


# --- parts ---


# Any state: entering's answer wants the slice that entering declares.
def _in(request: Request[Any], proved: Proved) -> Response:
    response = entered(request, proved.arrival, proved.then)
    response.headers.update(PRIVATE)
    return response


def _next(given: str | None) -> str:
    return safe_next(given, f"/{translations.language.get()}/")


def _page(
    request: SignInRequest, template: str, values: dict[str, Any], refusal: Refusal | None
) -> Response:
    status = refusal.status if refusal else 200
    return request.state["pages"].page(request, template, values, status=status, headers=PRIVATE)


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    here, may = "/{lang}/sign-in", Action.SIGN_IN
    post = ("POST",)
    return [
        guarded(here, sign_in, may),
        guarded(here, ask, may, methods=post),
        guarded(f"{here}/code", code, may),
        guarded(f"{here}/code", type_code, may, methods=post),
        guarded(f"{here}/again", again, may, methods=post),
        guarded(f"{here}/link/{{token}}", link, may),
        guarded(f"{here}/link/{{token}}", follow, may, methods=post),
    ]
