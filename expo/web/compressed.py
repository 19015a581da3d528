"""Answers of the application are compressed for those who can read them, and for nobody else.

Starlette's own middleware looks for the four letters alone: it compresses for ``gzip;q=0``, which
refuses gzip, and for ``x-gzip`` (RFC 9110 12.5.3).
"""

from starlette.datastructures import Headers
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from expo.web.visiting import accepts_gzip

_ACCEPT = b"accept-encoding"


class Compressed(GZipMiddleware):
    """As Starlette's, for requests that want gzip by our own reading; the others seem to ask for none."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if not accepts_gzip(Headers(scope=scope).get("accept-encoding", "")):
            others = [header for header in scope["headers"] if header[0] != _ACCEPT]
            scope = {**scope, "headers": others}
        await super().__call__(scope, receive, send)
