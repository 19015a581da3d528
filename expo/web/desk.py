"""The desk before the application: what is ready for anybody goes out without asking further.

Ready are the kept pages of the public, the static files, and what the public follows live. Somebody
with a visit cookie, for a host that is not ours, or with a question of their own is sent on to the
application, which decides as if there were no desk. Both give the same answer; tests compare them.
"""

import logging
import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec
from starlette.types import Receive, Scope, Send

from expo.rights import Action, Role, may
from expo.settings import Settings
from expo.web.guards import AllowedHosts, SecurityHeaders
from expo.web.kept import Headers, KeptPages, as_lines, unchanged
from expo.web.statics import Statics
from expo.web.visiting import (
    DEVICE_COOKIE,
    VISIT_COOKIE,
    Visitor,
    accepts_gzip,
    cookie,
    cookie_name,
    language_by,
    only_value,
    values_in,
)
from expo.wire.asked import Answer, Asked
from expo.wire.upgrade import Upgrade
from expo.wire.welcome import Welcome
from expo.words import Language

logger = logging.getLogger(__name__)

_OK: Final = b"HTTP/1.1 200 OK\r\n"
_UNCHANGED: Final = b"HTTP/1.1 304 Not Modified\r\n"
_ASKS_NOTHING_ELSE: Final = re.compile(rb"(?:lang=[a-z]{2})?")


class Counters(msgspec.Struct):
    """What the desk has answered."""

    pages: int = 0
    statics: int = 0
    live: int = 0


class FrontDesk:
    """The application, and what it has ready.

    Args:
        app: The application inside its guards; completes the headers of every answer.
        hosts: Whose names we answer to.
        settings: Say how cookies are called.
        pages: Kept pages.
        statics: Static files.
        public: The stand-in of somebody nobody knows.
        device: The device token given, or a new one where it is none of ours.
        live: What somebody nobody knows follows at this path; None: ask the application.
    """

    def __init__(
        self,
        app: SecurityHeaders,
        *,
        hosts: AllowedHosts,
        settings: Settings,
        pages: KeptPages,
        statics: Statics,
        public: Visitor,
        device: Callable[[str | None], str],
        live: Callable[[str, Language], Welcome | None],
    ) -> None:
        self.counters = Counters()
        self._app, self._hosts, self._settings = app, hosts, settings
        self._pages, self._statics = pages, statics
        self._public, self._device, self._live = public, device, live
        self._origins = frozenset(origin.encode() for origin in settings.origins)
        self._visit_cookie = cookie_name(VISIT_COOKIE, settings)
        self._visit_mark = self._visit_cookie.encode()
        self._device_cookie = cookie_name(DEVICE_COOKIE, settings)
        self._static_lines: dict[tuple[bytes, bool], bytes] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the application."""
        await self._app(scope, receive, send)

    def at_once(self, asked: Asked) -> Answer | None:
        """The answer, if it is ready and the same for everybody who may ask like this."""
        if not self._hosts.has(asked.text(b"host")):
            return None
        if asked.path.startswith(b"/static/"):
            return self._static(asked)
        if not may(Role.PUBLIC, Action.READ_PAGES):
            return None
        try:
            return self._page(asked)
        except Exception:  # the application meets it too, and has an answer for it
            logger.exception("A kept page could not be made again")
            return None

    def welcome(self, asked: Upgrade) -> Welcome | None:
        """How to let them in, if they come from our pages, are nobody we know, and may follow this."""
        if not may(Role.PUBLIC, Action.FOLLOW_LIVE) or not self._is_stranger(asked.single):
            return None
        accept = asked.single.get(b"accept-language", b"").decode("latin-1")
        try:
            found = self._live(asked.path, language_by(asked.path, asked.query, accept))
        except Exception:  # the application meets it too, and has an answer for it
            logger.exception("Somebody could not be let in")
            return None
        self.counters.live += found is not None
        return found

    def _is_stranger(self, head: Mapping[bytes, bytes]) -> bool:
        """Whether a handshake is for our host, from our own pages and without a visit."""
        if self._visit_mark in head.get(b"cookie", b""):
            return False
        origin = head.get(b"origin")
        is_own = b"cookie" not in head if origin is None else origin in self._origins
        return is_own and self._hosts.has(head[b"host"].decode("latin-1"))

    def _static(self, asked: Asked) -> Answer | None:
        found = None if asked.query else self._statics.current(asked.path)
        if found is None:
            return None
        self.counters.statics += 1
        is_packed = found.packed is not None and accepts_gzip(asked.text(b"accept-encoding"))
        lines = self._static_lines.get((asked.path, is_packed))
        if lines is None:
            lines = as_lines(self._app.completed(found.headers(is_packed=is_packed)))
            self._static_lines[asked.path, is_packed] = lines
        if _is_known(asked, found.etag):
            return Answer(_UNCHANGED, self._unchanged(found.headers(is_packed=is_packed)), b"")
        return Answer(_OK, lines, found.body(is_packed=is_packed))

    def _page(self, asked: Asked) -> Answer | None:
        cookies = asked.text(b"cookie")
        if not _ASKS_NOTHING_ELSE.fullmatch(asked.query):
            return None
        if cookies and values_in((cookies,), self._visit_cookie):
            return None
        path, accept = asked.path.decode("ascii"), asked.text(b"accept-language")
        page = self._pages.find((asked.path, language_by(path, asked.query, accept), self._public))
        if page is None:
            return None
        self.counters.pages += 1
        given = only_value(values_in((cookies,), self._device_cookie)) if cookies else None
        device = self._device(given)
        order, is_packed = page.order_of(device), accepts_gzip(asked.text(b"accept-encoding"))
        lines = page.lines(order, is_packed=is_packed, complete=self._app.completed)
        if device != given:
            own = cookie(DEVICE_COOKIE, device, self._settings)
            lines = b"set-cookie: " + own.encode("ascii") + b"\r\n" + lines
        if page.etag and device == given and _is_known(asked, page.etag):
            return Answer(_UNCHANGED, self._unchanged(page.headers), b"")
        return Answer(_OK, lines, page.body(order, is_packed=is_packed))

    def _unchanged(self, headers: Headers) -> bytes:
        return as_lines(self._app.completed(unchanged(headers)))


def _is_known(asked: Asked, etag: bytes) -> bool:
    return etag in asked.head.get(b"if-none-match", b"")
