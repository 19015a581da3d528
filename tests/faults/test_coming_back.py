"""Whoever comes back, however it lost its connection, ends with the state everybody has (R5).

There is no history to resume from: each room's whole latest state is sent to whoever joins. A script
of chance publishes, cuts, stalls, forgets and restarts; when it is quiet, all must hold the same.
"""

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from typing_extensions import override

from expo.wire.hub import Hub
from expo.wire.viewer import Room, Viewer
from tests.support.live import Place
from tests.support.rawsocket import CLOSE, TEXT, RawSocket
from tests.support.serving import running

ROOMS = ("board", "turnout")
VIEWERS = 4
STEPS = 40


class Screen:
    """A page: keeps the latest state of each room, comes back when its connection breaks."""

    def __init__(self) -> None:
        self.shows: dict[str, int] = {}
        self.url = ""
        self.is_stalled = False
        self.went_back = False
        self._following: asyncio.Task[None] | None = None
        self._there = asyncio.Event()

    async def live(self) -> None:
        """Follow until cancelled."""
        await self._there.wait()
        while True:
            async with asyncio.TaskGroup() as tasks:
                self._following = tasks.create_task(self._follow())
            await asyncio.sleep(0.005)

    async def _follow(self) -> None:
        socket = RawSocket(self.url)
        with contextlib.suppress(EOFError, OSError, TimeoutError), contextlib.closing(socket._sock):
            await self._read(await socket.__aenter__())

    async def _read(self, socket: RawSocket) -> None:
        if await socket.upgrade("/live") == 101:
            while True:
                while self.is_stalled:  # noqa: ASYNC110 - a page that sleeps
                    await asyncio.sleep(0.005)
                opcode, text = await socket.frame()
                if opcode == CLOSE:
                    return
                if opcode == TEXT and text != b"hello":
                    self._show(json.loads(text))

    def _show(self, frame: dict[str, Any]) -> None:
        room, version = frame["room"], frame["version"]
        self.went_back |= version < self.shows.get(room, 0)
        self.shows[room] = version

    def arrive(self, url: str) -> None:
        """There is a server at this address."""
        self.url = url
        self._there.set()

    def cut(self) -> None:
        """The connection breaks."""
        if self._following is not None:
            self._following.cancel()


class Script:
    """What happens, by chance; `version` is what each room holds in the end."""

    def __init__(self, seed: int, kind: type[Hub]) -> None:
        self.dice = random.Random(seed)
        self.kind = kind
        self.version = dict.fromkeys(ROOMS, 0)
        self.screens = [Screen() for _ in range(VIEWERS)]

    @contextlib.asynccontextmanager
    async def server(self) -> AsyncIterator[Place]:
        """A new server; it knows what the record knows, not who was there."""
        place = Place(self.kind())
        async with running(place.app) as url:
            for room, version in self.version.items():
                if version:
                    self._say(place, room)
            for screen in self.screens:
                screen.arrive(url)
            yield place

    async def play(self, place: Place, steps: int) -> None:
        """So many steps."""
        for _ in range(steps):
            screen = self.dice.choice(self.screens)
            match self.dice.randrange(6):
                case 0 | 1 | 2:
                    room = self.dice.choice(ROOMS)
                    self.version[room] += 1
                    self._say(place, room)
                case 3:
                    screen.cut()
                case 4:
                    screen.is_stalled = not screen.is_stalled
                case _:
                    await asyncio.sleep(self.dice.random() / 100)

    async def quiet(self) -> bool:
        """Whether everybody shows the same in the end."""
        for screen in self.screens:
            screen.is_stalled = False
        wanted = {room: version for room, version in self.version.items() if version}
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2):
                while any(screen.shows != wanted for screen in self.screens):  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
        went_back = any(screen.went_back for screen in self.screens)
        return not went_back and all(screen.shows == wanted for screen in self.screens)

    def _say(self, place: Place, room: str) -> None:
        said = {"room": room, "version": self.version[room], "filler": "x" * 2_000}
        place.hub.publish(room, json.dumps(said).encode())


async def ends_alike(seed: int, kind: type[Hub] = Hub) -> bool:
    """Play a script over two servers, one after the other."""
    script = Script(seed, kind)
    living = [asyncio.create_task(screen.live()) for screen in script.screens]
    try:
        for _ in range(2):
            async with script.server() as place:
                await script.play(place, STEPS)
                alike = await script.quiet()
                if not alike:
                    return False
        return True
    finally:
        for task in living:
            task.cancel()
        await asyncio.gather(*living, return_exceptions=True)


async def test_whoever_comes_back_ends_with_the_state_of_all() -> None:
    assert [seed for seed in range(8) if not await ends_alike(seed)] == []


@pytest.mark.nightly
@pytest.mark.timeout(1_200)
async def test_whoever_comes_back_ends_with_the_state_of_all_five_hundred_times() -> None:
    assert [seed for seed in range(500) if not await ends_alike(seed)] == []


class Forgetful(Hub):
    """Tells whoever joins only what is published from then on."""

    @override
    def join(self, viewer: Viewer, room: str) -> None:
        kept: Room = self._room(room)
        frame, kept.frame = kept.frame, None
        super().join(viewer, room)
        kept.frame = frame


async def test_hub_that_does_not_tell_the_latest_to_whoever_joins_is_found_out() -> None:
    assert not await ends_alike(0, Forgetful)
