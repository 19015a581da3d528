"""What every page route stands on: guarded routes, and one answer for whatever goes wrong.

A route says which action it carries; the rights table decides; a test walks the whole table. The
error page never fails: if its own template cannot be rendered, a plain file in both languages is sent.
"""

import functools
import logging
import secrets
from collections.abc import Awaitable, Callable, Collection, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from starlette.convertors import Convertor, register_url_convertor
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from typing_extensions import override

from expo.errors import N_, BadRequest, Fact, Fault, NotAllowed, NotFound, Refusal
from expo.networks import network_of
from expo.rights import Action, may
from expo.web.forms import client_form, client_json, content_type, safe_next
from expo.web.sentences import explained, sentence_for, worded
from expo.web.visiting import (
    MAX_BODY_BYTES,
    WithVisit,
    clear_visit_cookie,
    set_visit_cookies,
)
from expo.words import LANGUAGES

__all__ = [
    "HANDLERS",
    "MAX_BODY_BYTES",
    "NO_STORE",
    "PRIVATE",
    "GuardedRoute",
    "GuardedSocket",
    "WithVisit",
    "allow",
    "clear_visit_cookie",
    "client_form",
    "client_json",
    "error_response",
    "explained",
    "guarded",
    "guarded_socket",
    "reference",
    "refusal_response",
    "safe_next",
    "sentence_for",
    "set_visit_cookies",
    "visiting",
    "wants_json",
]

logger = logging.getLogger(__name__)

_LAST_RESORT: Final = (Path(__file__).resolve().parent / "last_resort.html").read_text()
_POLICY_VIOLATION: Final = 1008
_TRY_AGAIN: Final = 1013

NO_STORE: Final = {"cache-control": "no-store"}
"""Headers of a page that is one person's, or that another moment makes wrong."""

PRIVATE: Final = {"referrer-policy": "same-origin", **NO_STORE}
"""Headers of a page whose address is a key, or that shows keys. Not "no-referrer": with it browsers
send "Origin: null" with our own forms, and the guard against foreign forms would refuse them."""

ANSWERS: Final[Mapping[int, str]] = {
    403: NotAllowed.code,
    404: NotFound.code,
    405: N_("method-not-allowed"),
    413: N_("too-large"),
    500: N_("server-error"),
    503: Fault.code,
}

R = TypeVar("R", bound=Request[Any])
Endpoint = Callable[[R], Awaitable[Response]]


class _LanguageConvertor(Convertor[str]):
    """``{lang:lang}`` in a path is one of our languages; any other first segment is not found."""

    regex = "|".join(LANGUAGES)

    @override
    def convert(self, value: str) -> str:
        return value

    @override
    def to_string(self, value: str) -> str:
        return value


class _WholeConvertor(Convertor[int]):
    """``{n:int}`` in a path has as many digits as anybody needs.

    Starlette's own takes any number of them, and Python refuses to read more than 4,300.
    """

    regex = "[0-9]{1,9}"

    @override
    def convert(self, value: str) -> int:
        return int(value)

    @override
    def to_string(self, value: int) -> str:
        return str(value)


register_url_convertor("lang", _LanguageConvertor())
register_url_convertor("int", _WholeConvertor())


class GuardedRoute(Route):
    """A route that carries the action it stands for; the rights table is asked before it runs."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Awaitable[Response]],
        action: Action,
        *,
        methods: Collection[str],
        or_else: Callable[[Request[Any]], bool] | None = None,
        most_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        self.action = action
        self.most_bytes = most_bytes

        @functools.wraps(endpoint)
        async def checked(request: Request[Any]) -> Response:
            if or_else is None or not or_else(request):
                allow(request, action)
            return await endpoint(request)

        super().__init__(path.replace("{lang}", "{lang:lang}"), checked, methods=methods)


class GuardedSocket(WebSocketRoute):
    """A socket route that carries its action; who may not is refused before the accept (403, F19).

    A browser cannot read why. Where its page must know, ``refuse`` turns away in its own words.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Awaitable[None]],
        action: Action,
        *,
        refuse: Callable[..., Awaitable[None]] | None = None,
    ) -> None:
        self.action = action

        @functools.wraps(endpoint)
        async def checked(websocket: WebSocket[Any]) -> None:
            if may(websocket.state["visit"].role, action):
                await endpoint(websocket)
            elif refuse is not None:
                await refuse(websocket)
            else:
                await websocket.close(_POLICY_VIOLATION)

        super().__init__(path, checked)


def network(request: Request[Any]) -> str:
    """The network somebody asks from, as far as the peer's address is believed; empty: unknown."""
    return network_of(request.client.host if request.client else "")


def guarded(
    path: str,
    endpoint: Endpoint[R],
    action: Action,
    *,
    methods: Collection[str] = ("GET",),
    or_else: Callable[[Request[Any]], bool] | None = None,
    most_bytes: int = MAX_BODY_BYTES,
) -> GuardedRoute:
    """A route for those whom the rights table allows this action.

    ``or_else`` lets in who is nobody of ours but brings a key of its own, as a scraper does;
    ``most_bytes`` is how long a body may be where files are taken in.
    """
    return GuardedRoute(
        path, endpoint, action, methods=methods, or_else=or_else, most_bytes=most_bytes
    )


def guarded_socket(
    path: str,
    endpoint: Callable[[WebSocket[Any]], Awaitable[None]],
    action: Action,
    *,
    refuse: Callable[[WebSocket[Any]], Awaitable[None]] | None = None,
) -> GuardedSocket:
    """A socket route for those whom the rights table allows this action."""
    return GuardedSocket(path, endpoint, action, refuse=refuse)


def allow(request: Request[Any], action: Action) -> None:
    """Nothing, if the rights table allows the action to whoever asks.

    Raises:
        NotAllowed: It does not.
    """
    if not may(request.state["visit"].role, action):
        raise NotAllowed(action=action.value)


def wants_json(request: Request[Any]) -> bool:
    """Whether the asker is a program: it accepts JSON and no page, or sent JSON, or asked for a file."""
    accept = request.headers.get("accept", "")
    if "text/html" in accept:
        return False
    return (
        "application/json" in accept
        or content_type(request) == "application/json"
        or request.url.path.endswith(".json")
    )


async def refusal_response(request: Request[Any], problem: Refusal | Fault) -> Response:
    """The answer to a refusal or fault: a page, or ``{"code", "facts", "message"}`` for programs."""
    headers: dict[str, str] = {}
    if isinstance(problem, Fault):
        logger.warning(
            "Answered with a fault", extra={"code": problem.code, "route": _route(request)}
        )
    wait_ms = problem.facts.get("retry_after_ms")
    if isinstance(wait_ms, int):
        headers["retry-after"] = str(-(-wait_ms // 1000))
    return error_response(request, problem.status, problem.code, problem.facts, headers=headers)


def error_response(
    request: Request[Any],
    status: int,
    code: str,
    facts: dict[str, Fact] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    incident: str = "",
) -> Response:
    """The error page, or its JSON; never fails.

    Args:
        request: Who asked; may be half made, e.g. without a visit.
        status: HTTP status.
        code: Stable kebab-case code; its sentence is in the catalogues.
        facts: Values for the sentence.
        headers: Further headers of the answer.
        incident: What the log calls this error; shown so that people can name it.
    """
    facts = facts or {}
    kept = {**(headers or {}), **NO_STORE}
    try:
        message = worded(code, facts, request.state["pages"].zone)
        if wants_json(request):
            body = {"code": code, "facts": facts, "message": message}
            return JSONResponse(body, status_code=status, headers=kept)
        values = {"status": status, "code": code, "message": message, "reference": incident}
        page: Response = request.state["pages"].page(
            request, "error.html", values, status=status, headers=kept
        )
    except Exception:
        logger.exception("The error page failed", extra={"reference": incident})
        return HTMLResponse(
            _LAST_RESORT.replace("{reference}", incident), status_code=status, headers=kept
        )
    else:
        return page


def reference() -> str:
    """A short random name for one error, for the log and for the person who met it."""
    return secrets.token_hex(4)


async def on_problem(
    connection: Request[Any] | WebSocket[Any], error: Exception
) -> Response | None:
    """Answers whatever escaped from an endpoint; a socket is closed instead."""
    if isinstance(connection, WebSocket):
        await _close(connection, error)
        return None
    match error:
        case Refusal() | Fault():
            return await refusal_response(connection, error)
        case HTTPException():
            return _http_answer(connection, error)
        case _:
            incident = reference()
            logger.error(
                "Unhandled error",
                exc_info=error,
                extra={"reference": incident, "route": _route(connection)},
            )
            return error_response(connection, 500, ANSWERS[500], incident=incident)


async def apologise(request: Request[Any], error: Exception) -> Response:
    """As `on_problem`, for requests alone."""
    return await on_problem(request, error) or Response(status_code=500)


def _http_answer(request: Request[Any], error: HTTPException) -> Response:
    """What Starlette itself refused: no such page, wrong method, too long a body."""
    code = ANSWERS.get(error.status_code, BadRequest.code)
    return error_response(request, error.status_code, code, headers=error.headers)


async def _close(websocket: WebSocket[Any], error: Exception) -> None:
    if isinstance(error, WebSocketDisconnect):
        return  # leaving is normal
    if not isinstance(error, Refusal | Fault):
        raise error
    await websocket.close(_TRY_AGAIN if isinstance(error, Fault) else _POLICY_VIOLATION)


def _route(request: Request[Any]) -> str:
    """The matched route's own pattern: a raw path could hold a token."""
    return getattr(request.scope.get("route"), "path", "-")


HANDLERS: Final[Mapping[Any, Any]] = {
    Refusal: on_problem,
    Fault: on_problem,
    HTTPException: on_problem,
    WebSocketDisconnect: on_problem,
    500: apologise,
}
"""For ``Starlette(exception_handlers=…)``."""


def visiting() -> Middleware:
    """For ``Starlette(middleware=[…])``: knows who asks, and answers what escapes."""
    return Middleware(WithVisit, apologise=apologise)
