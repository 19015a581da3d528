"""The way to a provider and back, as pages: out, back in, how it ended, and signing out there too."""

from collections.abc import Callable
from typing import Any, Final, TypedDict
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.errors import NotFound, Refusal
from expo.identity.admission import PassTargets
from expo.identity.entering.pages import entered
from expo.identity.entering.usecases import Entering
from expo.identity.oidc import trips
from expo.identity.oidc.refusals import ENDINGS, SignInLost
from expo.identity.oidc.trips import Trip
from expo.identity.oidc.usecases import Providers
from expo.identity.people import Visit
from expo.rights import Action
from expo.settings import Settings
from expo.web import translations
from expo.web.pages import PRIVATE, guarded, safe_next, sentence_for, set_visit_cookies, wants_json
from expo.web.templates import Renderer
from expo.web.visiting import cookie, cookie_name, values_in
from expo.words import Language

_TRIP: Final = "sawt_trip"
_WAY: Final = "sawt_way"
_TRIP_SECONDS: Final = int(trips.STAY.total_seconds())
_WAY_SECONDS: Final = 12 * 3600  # as long as an expo day; a provider forgets sooner
_FOREIGN: Final = frozenset({"cross-site", "same-site"})


class ProviderState(TypedDict):
    """What these pages need."""

    settings: Settings
    pages: Renderer
    providing: Providers
    entering: Entering
    pass_targets: Callable[[], PassTargets]
    visit: Visit


ProviderRequest = Request[ProviderState]


async def out(request: ProviderRequest) -> Response:
    """Send the browser to the provider; nothing is written, so a link may do it.

    Another site may not begin a sign-in here: silently signing somebody in would change whose ballots
    are on this device. It leads to the page with the button instead.
    """
    language, provider = translations.language.get(), request.path_params["provider"]
    then = _next(request, language)
    if request.headers.get("sec-fetch-site") in _FOREIGN:
        return RedirectResponse(f"/{language}/sign-in?next={quote(then)}", 303)
    visit = request.state["visit"]
    try:
        address, trip = await request.state["providing"].begin(provider, visit, language, then)
    except Refusal as refusal:
        return _ended(request, refusal, language, then)
    settings = request.state["settings"]
    response = RedirectResponse(address, status_code=303, headers=PRIVATE)
    set_visit_cookies(response, settings, device=visit.device)
    response.headers.append("set-cookie", cookie(_TRIP, trip, settings, seconds=_TRIP_SECONDS))
    return response


async def back(request: ProviderRequest) -> Response:
    """Whoever comes back from a provider is let in, or told how it ended.

    The address is the same in every language; the trip knows in which it was begun.
    """
    sent = _only(request, _TRIP)
    trip = request.state["providing"].under_way(sent)
    token = translations.language.set(trip.language if trip else translations.language.get())
    try:
        return await _back(request, sent, trip)
    finally:
        translations.language.reset(token)


async def _back(request: ProviderRequest, sent: str | None, trip: Trip | None) -> Response:
    providing, visit = request.state["providing"], request.state["visit"]
    provider, language = request.path_params["provider"], translations.language.get()
    query = request.query_params.multi_items()
    try:
        claim, then = await providing.finish(provider, visit, sent, query)
        arrival = await request.state["entering"].enter(visit, claim)
    except Refusal as refusal:
        response = _ended(request, refusal, language, trip.next if trip else f"/{language}/")
        if not isinstance(refusal, SignInLost):  # whoever forges an answer ends no real sign-in
            _forget(response, request, _TRIP)
        return response
    response = entered(request, arrival, then)
    response.headers.update(PRIVATE)
    _forget(response, request, _TRIP)
    if providing.farewell(provider, language):
        mark = cookie(_WAY, provider, request.state["settings"], seconds=_WAY_SECONDS)
        response.headers.append("set-cookie", mark)
    return response


async def ended(request: ProviderRequest) -> Response:
    """How it ended, in the person's language, and what can be done now."""
    kind = ENDINGS.get(request.path_params["why"])
    name = request.state["providing"].name(request.path_params["provider"])
    if kind is None:
        raise NotFound
    language, pages = translations.language.get(), request.state["pages"]
    again = f"/{language}/sign-in/with/{request.path_params['provider']}"
    values = {
        "code": kind.code,
        "message": sentence_for(kind(), pages.zone),
        "provider": name,
        "again": f"{again}?next={quote(_next(request, language))}",
    }
    return pages.page(
        request, "identity/provider_ended.html", values, status=kind.status, headers=PRIVATE
    )


async def left(request: ProviderRequest) -> Response:
    """Whoever has left the expo leaves the provider too; the browser goes on by itself."""
    language, provider = translations.language.get(), request.path_params["provider"]
    name = request.state["providing"].name(provider)
    address = request.state["providing"].farewell(provider, language)
    if address is None:
        raise NotFound
    # Not a redirect: this page is where a form led to, and browsers hold a redirect behind a form to
    # the policy for forms, which knows our own origin alone.
    headers = {**PRIVATE, "refresh": f"0; url={address}"}
    values = {"provider": name, "address": address}
    response = request.state["pages"].page(
        request, "identity/provider_left.html", values, headers=headers
    )
    _forget(response, request, _WAY)
    return response


def way_out(request: Request[Any]) -> str | None:
    """Where somebody goes on to who has just left the expo; None where nothing is left to do."""
    language, provider = translations.language.get(), _only(request, _WAY)
    if provider is None or not request.state["providing"].farewell(provider, language):
        return None
    return f"/{language}/sign-in/left/{provider}"


def _ended(request: ProviderRequest, refusal: Refusal, language: Language, then: str) -> Response:
    """To the page that tells how it ended: the answer's own address holds a code and goes nowhere.

    Raises:
        Refusal: It has no page of its own here, or a program asked.
    """
    if refusal.code not in ENDINGS or wants_json(request):
        raise refusal
    provider = request.path_params["provider"]
    address = f"/{language}/sign-in/with/{provider}/ended/{refusal.code}?next={quote(then)}"
    return RedirectResponse(address, status_code=303, headers=PRIVATE)


def _next(request: ProviderRequest, language: Language) -> str:
    return safe_next(request.query_params.get("next"), f"/{language}/")


def _only(request: ProviderRequest, name: str) -> str | None:
    """The value of a cookie that was sent exactly once."""
    name = cookie_name(name, request.state["settings"])
    found = values_in(request.headers.getlist("cookie"), name)
    return found[0] if len(found) == 1 else None


def _forget(response: Response, request: ProviderRequest, name: str) -> None:
    response.headers.append("set-cookie", cookie(name, "", request.state["settings"]))


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    way = "/{lang}/sign-in/with/{provider}"
    return [
        guarded(way, out, Action.SIGN_IN),
        guarded(way + "/ended/{why}", ended, Action.SIGN_IN),
        guarded("/{lang}/sign-in/left/{provider}", left, Action.SIGN_IN),
        guarded("/sign-in/back/{provider}", back, Action.SIGN_IN),
    ]
