"""One connection to the OBS on this computer."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from expo.errors import N_, Refusal
from sessions.obs.handshake import (
    PASSWORD_REFUSED,
    SUBPROTOCOL,
    Answer,
    Event,
    NotObs,
    heard,
    identify,
    is_identified,
    request,
)

_SECONDS: Final = 5.0  # for anything asked of a program on the same computer
_MOST_BYTES: Final = 2**20


class WrongPassword(Refusal):
    """OBS wants another password."""

    code = N_("obs-password")
    status = 403


class Local:
    """OBS, let in: asks, and hands on what it says by itself."""

    def __init__(self, socket: ClientConnection, on_event: Callable[[Event], None]) -> None:
        self._socket = socket
        self._on_event = on_event
        self._numbers = itertools.count(1)
        self._waiting: dict[str, asyncio.Future[Answer]] = {}

    async def listen(self) -> None:
        """Hear until OBS goes."""
        with suppress(ConnectionClosed):
            async for text in self._socket:
                match heard(text):
                    case Answer() as answer:
                        waiting = self._waiting.pop(answer.request, None)
                        if waiting is not None and not waiting.done():
                            waiting.set_result(answer)
                    case Event() as event:
                        self._on_event(event)
                    case None:
                        pass

    async def ask(self, kind: str, **data: Any) -> Answer:
        """Ask OBS something.

        Raises:
            TimeoutError: It did not answer.
            ConnectionClosed: It has gone.
        """
        number = str(next(self._numbers))
        waiting: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = waiting
        try:
            await self._socket.send(request(number, kind, data).decode())
            async with asyncio.timeout(
                _SECONDS
            ):  # unlike `wait_for`, never swallows a cancellation
                return await waiting
        finally:
            self._waiting.pop(number, None)


@asynccontextmanager
async def obs(url: str, password: str, on_event: Callable[[Event], None]) -> AsyncIterator[Local]:
    """The OBS at an address, e.g. ``ws://127.0.0.1:4455``.

    Raises:
        WrongPassword: It wants another.
        NotObs: What answers there is something else.
        OSError, TimeoutError, websockets' exceptions: It is not there.
    """
    async with connect(
        url,
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        max_size=_MOST_BYTES,
        open_timeout=_SECONDS,
        proxy=None,
    ) as socket:
        try:
            async with asyncio.timeout(_SECONDS):
                await socket.send(identify(await socket.recv(), password).decode())
                if not is_identified(await socket.recv()):
                    raise NotObs
        except ConnectionClosed as closed:
            if closed.rcvd is not None and closed.rcvd.code == PASSWORD_REFUSED:
                raise WrongPassword from closed
            raise
        yield Local(socket, on_event)
