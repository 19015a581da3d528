"""Viewers whose picture is behind the hall: real sockets, and a page's manners by the show's clock."""

import asyncio
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

from expo.clock import Now
from sessions.rehearsal.crowd import ranking
from sessions.rehearsal.door import CONNECTIONS, Door

SEED: Final = 2017
PATIENCE: Final = 60.0  # seconds for anything waited for

_ANSWERS: Final = frozenset({"receipt", "refused"})


class Ears(Protocol):
    """Takes note of what every viewer is told."""

    def take(self, raw: bytes) -> dict[str, Any]:
        """Note a frame, and give it decoded."""
        ...


class NotThere(Exception):
    """Something was asked of a viewer who is on no page, or has not voted yet."""


def instant(text: str | None) -> datetime:
    """An instant as frames have it.

    Raises:
        NotThere: The frame had none.
    """
    if text is None:
        raise NotThere
    return datetime.fromisoformat(text)


@dataclass
class Listener:
    """One socket whose frames are all noted."""

    url: str
    origin: str
    cookies: str
    heard: Ears
    latest: dict[str, dict[str, Any]] = field(default_factory=dict)
    socket: ClientConnection | None = None
    _reading: asyncio.Task[None] | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    async def go(self, path: str) -> None:
        """Be on this page, and on no other."""
        await self.leave()
        self.latest.clear()
        headers = {"cookie": self.cookies} if self.cookies else {}
        self.socket = await connect(
            self.url.replace("http", "ws", 1) + path,
            origin=Origin(self.origin),
            additional_headers=headers,
            proxy=None,
            compression=None,
            ping_interval=None,
        )
        self._reading = asyncio.create_task(self._read(self.socket))

    async def leave(self) -> None:
        """Close the page."""
        if self.socket is not None and self._reading is not None:
            await self.socket.close()
            await self._reading
        self.socket = self._reading = None

    async def say(self, frame: dict[str, Any]) -> None:
        """Send a frame.

        Raises:
            NotThere: No page is open.
        """
        if self.socket is None:
            raise NotThere
        await self.socket.send(msgspec.json.encode(frame).decode())

    async def until(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """The latest frame of this type as soon as its fields are as wanted."""
        return await self.seen(
            kind, lambda frame: all(frame.get(name) == value for name, value in wanted.items())
        )

    async def seen(
        self, kind: str, is_wanted: Callable[[dict[str, Any]], bool] = bool
    ) -> dict[str, Any]:
        """The latest frame of this type as soon as it is as wanted."""
        async with asyncio.timeout(PATIENCE):
            while True:
                found = self.latest.get(kind)
                if found and is_wanted(found):
                    return found
                self._news.clear()
                await self._news.wait()

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for message in socket:
                raw = message if isinstance(message, bytes) else message.encode()
                self._take(self.heard.take(raw))

    def _take(self, frame: dict[str, Any]) -> None:
        # Answers are told apart by the ballot they answer, everything else by its type alone.
        self.latest[frame["id"] if frame["type"] in _ANSWERS else frame["type"]] = frame
        self._news.set()


@dataclass
class Viewer(Listener):
    """A voter ``delay`` behind the hall; what the page showed when, and what was answered."""

    number: int = 0
    delay: timedelta = timedelta(0)
    shown_at: datetime | None = None
    last_at: datetime | None = None

    async def see_opening(self, now: Now) -> datetime:
        """When this picture shows the opening, as the page reckons it from the frame."""
        frame = await self.until("contest", phase="open")
        self.shown_at = max(now(), instant(frame["cue_at"]) + self.delay)
        return self.shown_at

    async def tell_delay(self, session: str) -> None:
        """The sample a page sends every ten seconds."""
        ms = int(self.delay / timedelta(milliseconds=1))
        await self.say({"type": "delay", "session": session, "ms": ms})

    async def cast(self, attempt: int) -> dict[str, Any]:
        """A ballot, and its answer."""
        contest, ballot = self.latest["contest"], str(uuid.uuid4())
        wanted = ranking(SEED, self.number, contest["options"], contest["max_ranked"], attempt)
        cast = {"type": "cast", "id": ballot, "contest": contest["contest"], "ranking": wanted}
        await self.say(cast)
        answer = await self.seen(ballot)
        if answer["type"] == "receipt":
            self.last_at = instant(answer["accepted_at"])
        return answer

    @property
    def had(self) -> timedelta:
        """The time this viewer had: from the opening in its picture to its last accepted ballot.

        Raises:
            NotThere: It did not see the opening, or has no accepted ballot.
        """
        if self.shown_at is None or self.last_at is None:
            raise NotThere
        return self.last_at - self.shown_at


async def come_in(door: Door, passes: Sequence[str], size: int, heard: Ears) -> list[Viewer]:
    """Viewers who have come through the front door, by passes as long as they last."""
    cookies: list[str] = []
    for start in range(0, size, CONNECTIONS):
        batch = range(start, min(start + CONNECTIONS, size))
        cookies += await asyncio.gather(
            *(door.redeem(passes[n]) if n < len(passes) else door.join() for n in batch)
        )
    return [
        Viewer(door.url, door.origin, who, heard, number=number)
        for number, who in enumerate(cookies)
    ]
