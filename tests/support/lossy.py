"""Voters whose answers get lost on the way: each has a cable of its own that fails now and then."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin

from expo.rights import Role
from tests.support.cable import Cable, Fault
from tests.support.serving import socket_url
from tests.support.whole import Whole, ballot, cookie_of

_PATIENCE_S = 0.25
_LOST = 0.1
"""Share of casts whose answer, or question, is lost."""
_MANNERS = 8  # casts on one connection; 20 in a breath would be told "too fast"


class LossyVoter:
    """Casts and casts again, with the same id, until the receipt has come.

    Args:
        house: Where to vote.
        cookie: Who this is.
        cable: To the server.
        dice: When the cable fails, and how.
    """

    def __init__(self, house: Whole, cookie: str, cable: Cable, dice: random.Random) -> None:
        self._house = house
        self._cookie = cookie
        self._cable = cable
        self._dice = dice
        self._socket: ClientConnection | None = None
        self.receipts: list[dict[str, Any]] = []
        self.again = 0
        """Casts that had to be sent once more."""

    async def cast(self, *ranking: str) -> None:
        """One ballot; its receipt joins ``receipts``."""
        if len(self.receipts) % _MANNERS == 0:
            await self.leave()
        sent = ballot(*ranking, type="cast")
        bends = self._dice.random() < _LOST
        while True:
            try:
                async with asyncio.timeout(None if not bends else _PATIENCE_S):
                    answer = await self._asked(sent, bends=bends)
            except (OSError, TimeoutError, ConnectionClosed, InvalidHandshake):
                self._cable.bend(Fault.NONE)
                self._hang_up()
                bends = False
                self.again += 1
                sent = self.sent_again(sent)
            else:
                self.receipts.append(answer)
                return

    def sent_again(self, sent: dict[str, Any]) -> dict[str, Any]:
        """What is sent when no answer came: the same."""
        return sent

    async def asked(self, sent: dict[str, Any]) -> dict[str, Any]:
        """The answer to a frame over a cable that works."""
        return await self._asked(sent, bends=False)

    async def _asked(self, sent: dict[str, Any], *, bends: bool) -> dict[str, Any]:
        socket = self._socket = self._socket or await self._connected()
        if bends:
            self._cable.bend(self._dice.choice((Fault.NO_ANSWERS, Fault.NO_QUESTIONS)))
        await socket.send(msgspec.json.encode(sent).decode())
        while True:
            frame: dict[str, Any] = msgspec.json.decode(await socket.recv())
            if frame.get("id") == sent["id"]:
                assert frame["type"] == "receipt", frame
                return frame

    def _hang_up(self) -> None:
        """Without a goodbye."""
        if self._socket is not None:
            self._socket.transport.abort()
        self._socket = None

    async def _connected(self) -> ClientConnection:
        return await connect(
            socket_url(self._house.url, "/live/khda"),
            host="127.0.0.1",
            port=self._cable.port,
            origin=Origin(self._house.url),
            additional_headers={"cookie": self._cookie},
            proxy=None,
            ping_interval=None,
            close_timeout=0.1,
        )

    async def leave(self) -> None:
        """Hang up; the next cast connects again."""
        socket, self._socket = self._socket, None
        if socket is not None:
            await socket.close()


@asynccontextmanager
async def lossy_voters(
    house: Whole, count: int, seed: int, kind: type[LossyVoter] = LossyVoter
) -> AsyncIterator[list[LossyVoter]]:
    """So many customers at the ends of as many cables."""
    dice = random.Random(seed)
    port = int(house.url.rpartition(":")[2])
    voters = []
    for number in range(count):
        client = await house.person(Role.CUSTOMER, f"lossy-{number}")
        cable = Cable()
        await house.stack.enter_async_context(cable.to(port))
        voters.append(kind(house, cookie_of(client), cable, random.Random(dice.random())))
    yield voters
    for voter in voters:
        await voter.leave()
