"""Who is at the door, in which language: worked out once per request or handshake. Plain ASGI.

Starlette's own session middleware is not used: it carries readable, irrevocable state. Here the
cookie is an opaque visit token looked up in the database, and a device token that seeds orders.
"""

import logging
import re
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache
from typing import Any, Final, Protocol

import msgspec
from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from expo.errors import Fault, Refusal
from expo.rights import Role
from expo.settings import Settings
from expo.web import translations
from expo.words import LANGUAGES, Language

logger = logging.getLogger(__name__)

VISIT_COOKIE: Final = "sawt_visit"
DEVICE_COOKIE: Final = "sawt_device"
KEPT_SECONDS: Final = (
    400 * 24 * 3600
)  # browsers keep no cookie longer; the server ends visits itself
MAX_BODY_BYTES: Final = 64 * 1024  # of any request; an edited schedule is the longest thing posted
_LONGEST_COOKIE: Final = 64  # characters of a token; whatever is longer is not ours
_LONGEST_ACCEPT: Final = 256  # characters of Accept-Language looked at
_TRY_AGAIN: Final = 1013
_TOO_LARGE: Final = 413
_PREFERENCE: Final = re.compile(
    r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]{1,35})?\s*(?:;\s*q=([0-9.]{1,5})\s*)?"
)


class Visitor(Protocol):
    """What the web knows of a visit; identity's own value has more."""

    @property
    def id(self) -> str | None:
        """None until the device has been given a visit."""

    @property
    def device(self) -> str:
        """The device's own random token."""

    @property
    def role(self) -> Role:
        """What this visit may be treated as."""


class Doorkeeper(Protocol):
    """Looks up who is at the door."""

    async def of(self, cookie: str | None, device: str | None) -> Visitor:
        """The visit behind these cookies; somebody unknown, with a new device, in doubt."""


class Nobody(msgspec.Struct, frozen=True):
    """Stands at the door until it is known who is there, and where that cannot be found out."""

    id: str | None = None
    person: None = None
    device: str = ""
    role: Role = Role.PUBLIC


Apologise = Callable[[Request[Any], Exception], Awaitable[Response]]
"""Makes the page for what went wrong; never fails."""


class WithVisit:
    """Puts ``state["visit"]`` and the language in force around everything inside.

    A visit cookie that leads nowhere is cleared, a device without a token is given one. What
    escapes from inside is answered with the error page here, so it still knows the language.

    Args:
        app: The application inside.
        apologise: Answers what escaped: refusals, faults and bugs.
    """

    def __init__(self, app: ASGIApp, *, apologise: Apologise) -> None:
        self.app = app
        self.apologise = apologise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or handshake."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        token = translations.language.set(language_of(scope))
        try:
            if scope["type"] == "http":
                await self._http(scope, receive, send)
            else:
                await self._websocket(scope, receive, send)
        finally:
            translations.language.reset(token)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def noting(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                _tidy_cookies(scope, message)
            await send(message)

        try:
            await _look_up(scope)
            await self.app(scope, _bounded(scope, receive), noting)
        except Exception as error:  # the last place that knows who asks, and in which language
            if started:
                raise
            response = await self.apologise(Request(scope), error)
            await response(scope, receive, noting)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await _look_up(scope)
        except (Refusal, Fault):
            await send({"type": "websocket.close", "code": _TRY_AGAIN})
            return
        await self.app(scope, receive, send)


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """The body, refused with 413 once it is too long for the route that reads it.

    Starlette's own limit answers in plain English text, past the error page.
    """
    declared = Headers(scope=scope).get("content-length", "")
    taken = 0

    async def receiving() -> Message:
        nonlocal taken
        # By the first read the route is found; what was found before it is bounded like any other.
        most = getattr(scope.get("route"), "most_bytes", MAX_BODY_BYTES)
        if declared.isdecimal() and int(declared) > most:
            raise HTTPException(_TOO_LARGE)
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise HTTPException(_TOO_LARGE)
        return message

    return receiving


async def _look_up(scope: Scope) -> None:
    state = scope["state"]
    state["visit"] = Nobody()
    visit, device = (
        single_cookie(scope, name, state["settings"]) for name in (VISIT_COOKIE, DEVICE_COOKIE)
    )
    doorkeeper: Doorkeeper = state["visits"]
    state["visit"] = await doorkeeper.of(visit, device)


def _tidy_cookies(scope: Scope, message: Message) -> None:
    """Give the device its token with the first page; take away a visit cookie that leads nowhere."""
    state = scope["state"]
    visit: Visitor = state["visit"]
    headers = MutableHeaders(scope=message)
    if isinstance(visit, Nobody):  # the database did not say: the cookie may be good
        return
    set_already = headers.getlist("set-cookie")
    settings: Settings = state["settings"]
    is_page = headers.get("content-type", "").startswith("text/html")
    if is_page and single_cookie(scope, DEVICE_COOKIE, settings) != visit.device:
        _append(headers, set_already, cookie(DEVICE_COOKIE, visit.device, settings))
    if visit.id is None and _sent(scope, cookie_name(VISIT_COOKIE, settings)):
        _append(headers, set_already, cookie(VISIT_COOKIE, "", settings))


def _append(headers: MutableHeaders, already: list[str], line: str) -> None:
    name = line.partition("=")[0] + "="
    if not any(other.startswith(name) for other in already):
        headers.append("set-cookie", line)


def set_visit_cookies(
    response: Response, settings: Settings, *, visit: str | None = None, device: str | None = None
) -> None:
    """Add the cookies of a visit and of a device to an answer.

    Args:
        response: Gets the ``Set-Cookie`` headers and becomes uncacheable.
        settings: Says whether the site is served over https.
        visit: New visit token; ``""`` or None leaves the one in hand.
        device: New device token; ``""`` or None leaves the one in hand.
    """
    response.headers["cache-control"] = "no-store"
    for name, value in ((VISIT_COOKIE, visit), (DEVICE_COOKIE, device)):
        if value:
            response.headers.append("set-cookie", cookie(name, value, settings))


def clear_visit_cookie(response: Response, settings: Settings) -> None:
    """Tell the browser to forget the visit; the device keeps its token."""
    response.headers["cache-control"] = "no-store"
    response.headers.append("set-cookie", cookie(VISIT_COOKIE, "", settings))


def cookie_name(name: str, settings: Settings) -> str:
    """The cookie's name; over https its prefix binds it to this host and to Secure."""
    return f"__Host-{name}" if settings.is_https else name


def cookie(name: str, value: str, settings: Settings, *, seconds: int = KEPT_SECONDS) -> str:
    """A ``Set-Cookie`` line; an empty value makes the browser forget the cookie."""
    parts = [f"{cookie_name(name, settings)}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
    parts.append(f"Max-Age={seconds if value else 0}")
    if settings.is_https:
        parts.append("Secure")
    return "; ".join(parts)


def single_cookie(scope: Scope, name: str, settings: Settings) -> str | None:
    """The cookie's value if it was sent exactly once and is short enough to be ours."""
    return only_value(_sent(scope, cookie_name(name, settings)))


def only_value(values: list[str]) -> str | None:
    """The one value of a cookie, if it is short enough to be ours."""
    if len(values) != 1 or not 0 < len(values[0]) <= _LONGEST_COOKIE:
        return None
    return values[0]


def _sent(scope: Scope, name: str) -> list[str]:
    """Every value sent under this cookie name, in order."""
    return values_in(Headers(scope=scope).getlist("cookie"), name)


def values_in(lines: Iterable[str], name: str) -> list[str]:
    """Every value of this cookie in these ``Cookie`` headers, in order."""
    pairs = (pair.strip().partition("=") for line in lines for pair in line.split(";"))
    return [value.strip() for key, _, value in pairs if key == name]


def language_of(scope: Scope) -> Language:
    """As `language_by`, of a request."""
    accept = Headers(scope=scope).get("accept-language", "")
    return language_by(scope["path"], scope.get("query_string", b""), accept)


def language_by(path: str, query: bytes, accept: str) -> Language:
    """The language by path, else by ``?lang=``, else as the browser prefers; Arabic in doubt."""
    first = path.split("/", 2)[1:2]
    for code in LANGUAGES:
        if first == [code]:
            return code
    asked = QueryParams(query).get("lang") if query else None
    for code in LANGUAGES:
        if asked == code:
            return code
    return preferred(accept[:_LONGEST_ACCEPT])


@lru_cache(maxsize=1024)
def accepts_gzip(accept: str) -> bool:
    """Whether an ``Accept-Encoding`` header wants gzip (RFC 9110 12.5.3)."""
    for entry in accept[:_LONGEST_ACCEPT].lower().split(","):
        name, _, rest = entry.partition(";")
        if name.strip() == "gzip":
            return _quality(rest.strip().removeprefix("q=") or None) > 0
    return False


@lru_cache(maxsize=1024)
def preferred(accept: str) -> Language:
    """The language an ``Accept-Language`` header likes best; Arabic where it does not matter."""
    liking: dict[str, float] = {}
    for entry in accept[:_LONGEST_ACCEPT].split(","):
        found = _PREFERENCE.fullmatch(entry)
        if found:
            liking[found[1].lower()] = max(liking.get(found[1].lower(), 0.0), _quality(found[2]))
    default = liking.get("*", 0.0)
    return "en" if liking.get("en", default) > liking.get("ar", default) else "ar"


def _quality(text: str | None) -> float:
    try:
        return 1.0 if text is None else min(1.0, float(text))
    except ValueError:
        return 0.0
