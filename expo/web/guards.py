"""What stands around the whole application: hosts, origins, headers. Pure ASGI, no exceptions.

They wrap the application instead of being its middleware, because Starlette's own error pages are
made outside of its middleware and would go out without headers (F15). Order, outermost first:
``SecurityHeaders(AllowedHosts(SameOrigin(Starlette(...), origins), hosts), https=...)``.
"""

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from expo.wire.handshake import is_own_socket, single_headers

FRAME_HEADER: Final = "x-sawt-frame-src"
"""A page that embeds players names them in this response header, a space between two; they move into
the policy and go no further."""
MEDIA_HEADER: Final = "x-sawt-media-src"
"""A page that plays streams itself names their origins in this one, a space between two."""
WORKER_HEADER: Final = "x-sawt-worker"
"""A page that works off its own thread sets this one; its policy lets `check.js` name its own worker."""
EMBEDDABLE_HEADER: Final = "x-sawt-embeddable"
"""A page of which every other site may show a frame sets this one; it must hold nothing to press but links."""
PLAYERS: Final = frozenset(
    {
        "https://www.youtube-nocookie.com",
        "https://player.vimeo.com",
        "https://www.facebook.com",
    }
)
_STREAM_ORIGIN: Final = re.compile(r"https://[a-z0-9.-]{4,253}")
# The bodies of these refusals are bare codes: they answer programs, before any language is known.
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# Whoever watches one node asks it by its own address; these answers hold no address of ours.
_FOR_MACHINES: Final = frozenset({"/healthz", "/readyz", "/metrics"})
_CLOSE: Final = {"type": "websocket.close", "code": 1008}

# No nonces: pages are cached, so everything comes from files of this origin (ruling 14).
_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src {connect}; frame-src {frames}; {media}manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'; "
    "require-trusted-types-for 'script'; trusted-types {types}"
)
_HEADERS: Final = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    # YouTube's player refuses to play for a page that sends no referrer at all.
    b"referrer-policy": b"strict-origin-when-cross-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"cross-origin-resource-policy": b"same-origin",
    b"permissions-policy": (
        b"camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()"
    ),
}
_NO_FRAME: Final = b"frame-ancestors 'none'"
_HSTS: Final = b"max-age=31536000; includeSubDomains"


class SecurityHeaders:
    """Adds the security headers to every response; a header the page has set stays.

    Args:
        app: Everything else.
        https: Whether the public address is https; only then is HSTS sent.
        origins: The public origins; their WebSocket forms are named for browsers whose ``'self'``
            does not cover them (Safari before 16).
        players: What a page may ask to embed through `FRAME_HEADER`; anything else is ignored.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        https: bool,
        origins: Iterable[str] = (),
        players: frozenset[str] = PLAYERS,
    ) -> None:
        self._app = app
        self._players = players
        sockets = sorted(origin.replace("http", "ws", 1) for origin in origins)
        self._connect = " ".join(["'self'", *sockets])
        self._plain = self._policy("'none'")
        self._working = self._policy("'none'", types="sawt-worker")
        self._fixed = _HEADERS | ({b"strict-transport-security": _HSTS} if https else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": self.completed(message.get("headers", ()))}
            await send(message)

        await self._app(scope, receive, guarded)

    def completed(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """The headers of an answer with the security headers among them."""
        kept: list[tuple[bytes, bytes]] = []
        policy = self._plain
        frames, media, is_framed = "'none'", "", False
        for name, value in headers:
            match name.lower():
                case b"x-sawt-frame-src":
                    frames = self._all_known(value) or frames
                case b"x-sawt-media-src":
                    media = _all_streams(value)
                case b"x-sawt-embeddable":
                    is_framed = True
                case b"x-sawt-worker":
                    policy = self._working
                case _:
                    kept.append((name, value))
        if media or frames != "'none'":
            policy = self._policy(frames, media=media)
        present = {name.lower() for name, _ in kept}
        if is_framed:
            policy = policy.replace(_NO_FRAME, b"frame-ancestors *")
            present.add(b"x-frame-options")
        added = self._fixed | {b"content-security-policy": policy}
        return kept + [(name, value) for name, value in added.items() if name not in present]

    def _all_known(self, value: bytes) -> str:
        """The players as the policy names them; nothing if one of them is unknown."""
        named = value.decode("latin-1").split()
        return " ".join(named) if self._players.issuperset(named) else ""

    def _policy(self, frames: str, types: str = "'none'", media: str = "") -> bytes:
        """The policy. A page that plays streams may fetch them and start a worker of ours.

        Its player starts it by a bare address, so the one that names it has to be the default policy.
        """
        return _POLICY.format(
            connect=f"{self._connect} {media}".rstrip(),
            frames=frames,
            media=f"media-src blob: {media}; worker-src 'self'; " if media else "",
            types="default" if media else types,
        ).encode()


def _all_streams(value: bytes) -> str:
    """The origins of streams as the policy names them; nothing if one of them is no plain host."""
    named = value.decode("latin-1").split()
    return " ".join(named) if all(_STREAM_ORIGIN.fullmatch(one) for one in named) else ""


class SameOrigin:
    """Refuses writes and socket handshakes that another site caused (ASVS 5.0: 3.5.1, 4.4.2).

    A write needs an ``Origin`` of ours; a browser that sends none must say in ``Sec-Fetch-Site``
    that no other site is involved; without both it is a program, and may not bring a cookie.

    Args:
        app: Everything else.
        origins: Exactly as browsers send them, e.g. ``https://expo.example``.
        refused: Counts refused handshakes, all for the reason ``origin``.
    """

    def __init__(
        self, app: ASGIApp, origins: Iterable[str], refused: Counter[str] | None = None
    ) -> None:
        self._app = app
        self._origins = frozenset(origins)
        self._refused = Counter() if refused is None else refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or handshake, or refuse it with 403."""
        if scope["type"] == "websocket" and not is_own_socket(scope, self._origins):
            self._refused["origin"] += 1
            await _close(receive, send)
        elif scope["type"] == "http" and not self._is_own_request(scope):
            await PlainTextResponse("cross-site", 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_own_request(self, scope: Scope) -> bool:
        headers = single_headers(scope, b"origin", b"sec-fetch-site", b"host")
        if headers is None:
            return False
        if scope["method"] in _SAFE:
            return True
        origin, site = headers[b"origin"], headers[b"sec-fetch-site"]
        if origin is not None:
            return origin in self._origins
        if site is not None:
            return site in {"same-origin", "none"}
        return not any(name == b"cookie" for name, _ in scope["headers"])


class AllowedHosts:
    """Refuses requests for a host that is not ours, targets that are no path, bodies of two lengths.

    A request that names a length and is chunked as well is read differently by different servers,
    which is how requests are smuggled past a proxy.

    Args:
        app: Everything else.
        hosts: Names or addresses without port; an IPv6 address in brackets.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or handshake, or refuse it with 400 (a handshake with 403)."""
        if scope["type"] == "lifespan" or self._is_ours(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await _close(receive, send)
        else:
            refusal = PlainTextResponse("bad-request", 400, headers={"connection": "close"})
            await refusal(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        headers = single_headers(scope, b"host", b"content-length", b"transfer-encoding")
        if headers is None or not scope["path"].startswith("/"):
            return False
        if headers[b"content-length"] is not None and headers[b"transfer-encoding"] is not None:
            return False
        is_for_machines = scope["type"] == "http" and scope["path"] in _FOR_MACHINES
        return is_for_machines or self.has(headers[b"host"] or "")

    def has(self, host: str) -> bool:
        """Whether a ``Host`` header names one of ours."""
        return _without_port(host.lower()) in self._hosts


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    if colon and port.isascii() and port.isdigit() and (":" not in name or name.endswith("]")):
        return name
    return host


async def _close(receive: Receive, send: Send) -> None:
    # Closing before accepting is a 403; a denial response makes uvicorn log an ERROR each time (F19).
    await receive()
    message: dict[str, Any] = dict(_CLOSE)
    await send(message)
