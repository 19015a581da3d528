"""One synthetic person on one real socket: watches, ranks, changes its mind, drops out, returns."""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from sessions.rehearsal.crowd import Dice, Habit
from sessions.rehearsal.report import Report

Think = Callable[[Sequence[str], int, int], tuple[str, ...]]
"""Options, longest ranking and attempt to a ranking, best first."""

_FIRST_WAIT: Final = 1.0  # seconds; the first reconnect is drawn from zero to this
_LONGEST_WAIT: Final = 10.0
_ANSWER_WITHIN: Final = 8.0  # seconds before an unanswered cast is sent again


class Announced:
    """Which session is on, as whoever looked last saw it: one look at the screen does for a hall."""

    session: str | None = None


class Member:
    """Takes part in whatever contest is open until cancelled.

    Args:
        number: Of the member in the crowd.
        url: WebSocket address of the server, e.g. ``ws://127.0.0.1:8000``.
        origin: Origin header of the handshake.
        cookies: Who this is.
        habit: How it behaves.
        think: What it thinks of the options.
        report: Where it notes what happened.
        announced: Shared by everybody in the hall.
        on_done: Called whenever it has no more to say about a contest, or never had.
        leaves: Whether it goes home after its first contest instead of staying for the next.
    """

    def __init__(
        self,
        number: int,
        *,
        url: str,
        origin: str,
        cookies: str,
        habit: Habit,
        think: Think,
        report: Report,
        announced: Announced,
        on_done: Callable[[], None] = lambda: None,
        leaves: bool = False,
    ) -> None:
        self.number = number
        self._url = url
        self._origin = origin
        self._cookies = cookies
        self._habit = habit
        self._think = think
        self._report = report
        self._on_done = on_done
        self._leaves = leaves
        self._announced = announced
        self._session: str | None = None
        self._done: set[str] = set()
        self._dice = Dice(number, "network")
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._contests: dict[str, dict[str, Any]] = {}
        self._changed = asyncio.Event()
        self._connected = asyncio.Event()
        self._connection: ClientConnection | None = None

    async def run(self) -> None:
        """Stay until cancelled or done, coming back after every lost connection."""
        async with asyncio.TaskGroup() as tasks:
            staying = tasks.create_task(self._keep_connected())
            if self._habit.silent:
                self._on_done()
            else:
                await self._take_part()
                staying.cancel()

    @property
    def _present(self) -> ClientConnection:
        """The connection in use; only valid while connected."""
        if self._connection is None:
            raise RuntimeError("not connected yet")  # noqa: EM101 - a mistake of ours, never shown
        return self._connection

    async def _keep_connected(self) -> None:
        wait = _FIRST_WAIT
        while True:
            try:
                async with self._socket() as socket:
                    self._report.connected += 1
                    wait = _FIRST_WAIT
                    await self._listen(socket)
            except (OSError, TimeoutError, ConnectionClosed, InvalidHandshake):
                self._report.lost_connections += 1
            finally:
                self._connected.clear()
            await asyncio.sleep(self._dice.share() * wait)
            wait = min(_LONGEST_WAIT, wait * 1.7)

    @contextlib.asynccontextmanager
    async def _socket(self) -> AsyncIterator[ClientConnection]:
        self._session = self._announced.session or self._session
        path = f"/live/{self._session}" if self._session else "/live/day"
        async with connect(
            self._url + path,
            additional_headers={"origin": self._origin, "cookie": self._cookies},
            proxy=None,
            compression=None,
            ping_interval=None,
            close_timeout=1,
        ) as socket:
            yield socket

    async def _listen(self, socket: ClientConnection) -> None:
        """Read frames until the connection ends or the stage moves to another session's address."""
        self._connection = socket
        self._connected.set()
        async for message in socket:
            if not self._read(msgspec.json.decode(message)):
                return

    def _read(self, frame: dict[str, Any]) -> bool:
        """Take a frame in; whether this is still the right address to be at."""
        match frame["type"]:
            case "contest":
                self._contests[frame["contest"]] = frame
                self._changed.set()
            case "receipt" | "refused":
                answer = self._waiting.get(frame.get("id") or "")
                if answer and not answer.done():
                    answer.set_result(frame)
            case "board":
                moved = frame["now"] not in (None, self._session)
                self._announced.session = frame["now"] or self._session
                return not moved
            case _:
                pass
        return True

    async def _take_part(self) -> None:
        while True:
            self._changed.clear()
            for contest, frame in list(self._contests.items()):
                if frame["phase"] == "open" and contest not in self._done:
                    self._done.add(contest)
                    await self._vote(frame)
            if self._leaves and self._done:
                return
            await self._changed.wait()

    async def _vote(self, frame: dict[str, Any]) -> None:
        habit = self._habit
        if habit.late:
            self._on_done()  # nobody who closes the voting can wait for what comes after it
            await self._until_it_ends(frame["contest"])
        await asyncio.sleep(habit.decides_after)
        await self._cast(frame, self._think(frame["options"], frame["max_ranked"], 0))
        if habit.revises_after is not None:
            await asyncio.sleep(habit.revises_after)
            await self._cast(frame, self._think(frame["options"], frame["max_ranked"], 1))
        if habit.withdraws:
            await self._cast(frame, ())
        if not habit.late:
            self._on_done()

    async def _until_it_ends(self, contest: str) -> None:
        while self._contests[contest]["phase"] == "open":
            self._changed.clear()
            await self._changed.wait()

    async def _cast(self, frame: dict[str, Any], ranking: tuple[str, ...]) -> None:
        ballot = {
            "type": "cast",
            "id": str(uuid.uuid4()),
            "contest": frame["contest"],
            "ranking": ranking,
        }
        if self._habit.drops:
            await self._send_and_vanish(ballot)
        await self._until_answered(ballot)

    async def _send_and_vanish(self, ballot: dict[str, Any]) -> None:
        """Cast on a connection of its own and cut it before the answer can be read."""
        with contextlib.suppress(OSError, TimeoutError, ConnectionClosed, InvalidHandshake):
            async with self._socket() as other:
                await other.send(msgspec.json.encode(ballot).decode())
                other.transport.abort()
        self._report.vanished += 1

    async def _until_answered(self, ballot: dict[str, Any]) -> None:
        """Send one ballot, the same each time, over as many connections as it takes."""
        started = time.perf_counter()
        self._report.sent += 1
        while True:
            frame = await self._asked(ballot)
            if frame is None:
                continue
            if frame["type"] == "refused" and frame["code"] == "busy":
                self._report.put_off += 1
                await asyncio.sleep(float(frame["facts"]["retry_after_ms"]) / 1000)
                continue
            self._report.answered(self.number, ballot, frame, time.perf_counter() - started)
            return

    async def _asked(self, ballot: dict[str, Any]) -> dict[str, Any] | None:
        """The answer over the present connection, or None when it broke or stayed silent."""
        await self._connected.wait()
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[ballot["id"]] = answer
        try:
            await self._present.send(msgspec.json.encode(ballot).decode())
            async with asyncio.timeout(_ANSWER_WITHIN):
                return await answer
        except (TimeoutError, ConnectionClosed):
            await asyncio.sleep(self._dice.share())
            return None
        finally:
            self._waiting.pop(ballot["id"], None)
