"""How other people's servers are asked: never for long, never for much, never somewhere else. Edge.

Redirects are not followed, answers are bounded in bytes and in time however slowly they drip, and
compressed ones are not taken, because a small one can be a huge one. Proxies of the environment are
not used: an address we are told to ask is asked directly.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx2
from authlib.integrations.httpx_client import AsyncOAuth2Client
from typing_extensions import override

from expo.identity.oidc.refusals import Distrusted, Why

MOST_BYTES: Final = 256 * 1024  # of any answer; the largest key sets and profiles have a tenth
SECONDS: Final = 10.0
"""From the question to the last byte; somebody is waiting on a page meanwhile."""
_CONNECTIONS: Final = 32  # to one provider at once; more wait their turn within the same time
_OK: Final = 200
_TROUBLE: Final = 500
_KINDS: Final = frozenset({"application/json", "application/jwk-set+json"})
_JSON: Final = {"accept": "application/json", "accept-encoding": "identity"}


class TooLong(httpx2.TransportError):
    """The answer has more bytes than any honest one, or could have: it is compressed."""

    def __init__(self) -> None:
        super().__init__("too long")


class _Counted(httpx2.AsyncByteStream):
    """A body that ends in `TooLong` where it should not go on."""

    def __init__(self, inner: httpx2.AsyncByteStream) -> None:
        self._inner = inner

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = 0
        async for chunk in self._inner:
            taken += len(chunk)
            if taken > MOST_BYTES:
                raise TooLong
            yield chunk

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()


class _Bounded(httpx2.AsyncBaseTransport):
    """Connections whose answers are bounded."""

    def __init__(self) -> None:
        limits = httpx2.Limits(max_connections=_CONNECTIONS, keepalive_expiry=30)
        self._inner = httpx2.AsyncHTTPTransport(limits=limits, trust_env=False)

    @override
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._inner.handle_async_request(request)
        if answer.headers.get("content-encoding", "identity") != "identity":
            await answer.aclose()
            raise TooLong
        body = answer.stream
        if isinstance(body, httpx2.AsyncByteStream):
            answer.stream = _Counted(body)
        return answer

    @override
    async def aclose(self) -> None:
        await self._inner.aclose()


@asynccontextmanager
async def within(seconds: float = SECONDS) -> AsyncIterator[None]:
    """A block in which somebody else's server must have answered.

    Raises:
        Distrusted: It did not, or not in a way that could be read; the provider is down.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as late:
        raise Distrusted(Why.SLOW) from late
    except TooLong as error:
        raise Distrusted(Why.COMPRESSED_OR_LONG) from error
    except httpx2.HTTPError as error:
        raise Distrusted(Why.UNREACHABLE) from error


class Asker:
    """Asks one provider's servers. Everything here belongs to the loop's thread.

    Args:
        seconds: How long an answer may take.
    """

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._seconds = seconds
        self._transport: _Bounded | None = None

    def client(self, **about: Any) -> AsyncOAuth2Client:
        """Authlib's client for one exchange, over the shared and bounded connections."""
        if self._transport is None:  # made late: it belongs to the loop that is running
            self._transport = _Bounded()
        return AsyncOAuth2Client(
            transport=self._transport,
            timeout=httpx2.Timeout(self._seconds),
            follow_redirects=False,
            trust_env=False,
            **about,
        )

    async def get(self, address: str, headers: Mapping[str, str] | None = None) -> bytes:
        """The body of a JSON document.

        Raises:
            Distrusted: There is none to be had there.
        """
        async with within(self._seconds):
            answer = await self.client().request(
                "GET", address, headers={**_JSON, **(headers or {})}, withhold_token=True
            )
        return body_of(answer)

    async def post_parts(
        self, address: str, parts: Mapping[str, str], auth: tuple[str, str]
    ) -> bytes:
        """The body of the answer to a multipart form, sent with HTTP Basic.

        Raises:
            Distrusted: As `get`.
        """
        files = {name: (None, value) for name, value in parts.items()}
        async with within(self._seconds):
            answer = await self.client().request(
                "POST", address, files=files, auth=auth, headers=_JSON, withhold_token=True
            )
        return body_of(answer)

    async def close(self) -> None:
        """Let go of the connections."""
        if self._transport is not None:
            await self._transport.aclose()
            self._transport = None


def body_of(answer: httpx2.Response) -> bytes:
    """The body of a good answer in JSON.

    Raises:
        Distrusted: It is not good, or in something else.
    """
    if answer.status_code != _OK:
        raise Distrusted(Why.IN_TROUBLE if answer.status_code >= _TROUBLE else Why.REFUSED)
    if answer.headers.get("content-type", "").partition(";")[0].strip() not in _KINDS:
        raise Distrusted(Why.NOT_JSON)
    return answer.content
