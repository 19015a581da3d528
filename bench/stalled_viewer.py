"""Does one viewer that never reads delay the others, or make the server grow?

Pairs of runs in turn, without and with it; 1,000 healthy viewers, the same frames. The figure is the
ratio of the healthy viewers' 99th percentiles (server's publish to client's parse), one per pair.
"""

import asyncio
import os
import socket
import statistics
import sys
import time
from typing import Final, cast

import msgspec
from typing_extensions import override

from bench.viewer_server import resident_kb

_HANDSHAKE: Final = (
    b"GET /live HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
_HERTZ: Final = 4.0
_BYTES: Final = 4096
_WARM_SECONDS: Final = 2.0
_SMALL_BUFFER: Final = 4096  # bytes; a receive window that fills at once when nobody reads


class Run(msgspec.Struct, frozen=True):
    """One run: milliseconds from publish to parse, and how much the server grew in kilobytes."""

    p50: float
    p99: float
    frames: int
    grown_kb: int


class Pair(msgspec.Struct, frozen=True):
    """The same audience without and with one viewer that never reads."""

    without: Run
    with_stalled: Run

    @property
    def ratio(self) -> float:
        """p99 with, over p99 without."""
        return self.with_stalled.p99 / self.without.p99


class _Viewer(asyncio.Protocol):
    """Reads frames and notes how old each was; no WebSocket library, so that the client stays fast."""

    def __init__(self, ages: list[float]) -> None:
        self._ages = ages
        self._tail = b""
        self._open = False
        self.counting = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast("asyncio.Transport", transport).write(_HANDSHAKE)

    @override
    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        data = self._tail + data
        if not self._open:
            _, found, data = data.partition(b"\r\n\r\n")
            if not found:
                return
            self._open = True
        while len(data) >= 4:
            size = int.from_bytes(data[2:4], "big") if data[1] == 126 else data[1]
            start = 4 if data[1] == 126 else 2
            if len(data) < start + size:
                break
            if data[0] == 0x81 and self.counting:
                stamp = data[start + 5 : start + 40].partition(b",")[0]
                self._ages.append((now - int(stamp)) / 1e6)
            data = data[start + size :]
        self._tail = data


async def _stalled(port: int) -> socket.socket:
    """A viewer that joined and never reads again."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER)
    sock.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(sock, ("127.0.0.1", port))
    await loop.sock_sendall(sock, _HANDSHAKE)
    return sock


async def _run(viewers: int, seconds: float, *, stalled: bool) -> Run:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "bench.viewer_server", str(port), str(_HERTZ), str(_BYTES)]
    process = await asyncio.create_subprocess_exec(
        *_pinned(command, core=0), stdout=asyncio.subprocess.PIPE
    )
    try:
        await cast("asyncio.StreamReader", process.stdout).readline()
        ages: list[float] = []
        people = await _people(port, viewers, ages)
        sleeper = await _stalled(port) if stalled else None
        await asyncio.sleep(_WARM_SECONDS)
        before = resident_kb(process.pid)
        for one in people:
            one.counting = True
        await asyncio.sleep(seconds)
        grown = resident_kb(process.pid) - before
        if sleeper is not None:
            sleeper.close()
    finally:
        process.kill()
        await process.wait()
    ages.sort()
    return Run(ages[len(ages) // 2], ages[int(len(ages) * 0.99)], len(ages), grown)


async def _people(port: int, viewers: int, ages: list[float]) -> list[_Viewer]:
    loop = asyncio.get_running_loop()
    people: list[_Viewer] = []
    for _ in range(viewers):
        _, one = await loop.create_connection(lambda: _Viewer(ages), "127.0.0.1", port)
        people.append(one)
    return people


def _pinned(command: list[str], *, core: int) -> list[str]:
    cores = os.cpu_count() or 1
    return ["taskset", "-c", str(core), *command] if cores > 1 else command


async def measure(pairs: int = 5, viewers: int = 1000, seconds: float = 8.0) -> list[Pair]:
    """Runs in turn; the client on another core than the server where there are two."""
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {1})
    return [
        Pair(
            await _run(viewers, seconds, stalled=False),
            await _run(viewers, seconds, stalled=True),
        )
        for _ in range(pairs)
    ]


def median_ratio(pairs: list[Pair]) -> float:
    """The figure: median of the pairs' ratios."""
    return statistics.median(pair.ratio for pair in pairs)
