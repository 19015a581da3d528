"""Hundreds at once who stall, freeze or never end their requests (R3, M1, M3): the long forms.

The server is a process of its own, looked at from outside: its memory, its files, and how quickly it
answers somebody who behaves.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults.test_slow_viewers import Publisher, greeted, publisher
from tests.support.killing import ROOT
from tests.support.live import each
from tests.support.rawsocket import PING, RawSocket, client_frame

pytestmark = [pytest.mark.nightly, pytest.mark.timeout(240)]

FREED_WITHIN_S = 30.0
BEGINNINGS = (
    b"",
    b"GET /ok HTTP/1.1\r\nHost: x\r\nX-A: ",
    b"POST /ok HTTP/1.1\r\nHost: x\r\nContent-Length: 90000\r\n\r\nabc",
)


def files_of(server: Publisher) -> int:
    """How many files the server has open."""
    return len(list(Path(f"/proc/{server._pid}/fd").iterdir()))


async def back_to(server: Publisher, files: int, seconds: float) -> float:
    """Seconds until the server has no more open than this."""
    began = time.monotonic()
    async with asyncio.timeout(seconds):
        while files_of(server) > files:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.1)
    return time.monotonic() - began


async def answers(url: str, seconds: float) -> float:
    """The p99 of somebody's requests meanwhile, in seconds."""
    end, found = time.monotonic() + seconds, []
    async with RawSocket(url) as client:
        while time.monotonic() < end:
            began = time.monotonic()
            await client.send(b"GET /ok HTTP/1.1\r\nHost: x\r\n\r\n")
            assert await client.status() == 200
            await client.skip(2)
            found.append(time.monotonic() - began)
            await asyncio.sleep(0.01)
    return sorted(found)[len(found) * 99 // 100]


async def test_two_hundred_stalled_viewers_are_freed_with_their_files_and_memory() -> None:
    async with publisher(8_000, 10, "latest") as server, contextlib.AsyncExitStack() as stack:
        async with RawSocket(server.url, 4_096) as first:
            await first.upgrade("/live")
        await asyncio.sleep(0.5)
        files, memory = files_of(server), server.resident_kib
        for _ in range(200):
            await greeted(stack, server.url, 4_096)

        took = await back_to(server, files, FREED_WITHIN_S)

        print(f"freed after {took:.0f} s, {server.resident_kib - memory:+} KiB")  # noqa: T201
        assert server.resident_kib - memory <= 2_048


FROZEN = """
import socket, sys, time
host, port = sys.argv[1].split(":")
sockets = [socket.create_connection((host, int(port))) for _ in range(20)]
for one in sockets:
    one.sendall(sys.argv[2].encode())
print("there", flush=True)
time.sleep(600)
"""


async def test_frozen_client_is_let_go() -> None:
    async with publisher(2_000, 2, "latest") as server:
        files = files_of(server)
        host = server.url.removeprefix("http://")
        asked = (
            f"GET /live HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        client = await asyncio.create_subprocess_exec(
            *[sys.executable, "-c", FROZEN, host, asked],
            stdout=asyncio.subprocess.PIPE,
            stdin=asyncio.subprocess.DEVNULL,
            cwd=ROOT,
        )
        assert client.stdout is not None
        await client.stdout.readline()
        while files_of(server) < files + 20:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)
        os.kill(client.pid, signal.SIGSTOP)
        try:
            print(f"let go after {await back_to(server, files, 60):.0f} s")  # noqa: T201
        finally:
            client.kill()
            await client.wait()


async def test_unfinished_requests_cost_nobody_else_time_and_end() -> None:
    async with publisher(1_000, 1, "latest") as server, contextlib.AsyncExitStack() as stack:
        files = files_of(server)
        alone = await answers(server.url, 3)
        clients = [await stack.enter_async_context(RawSocket(server.url)) for _ in range(1_000)]
        await each(*(_begin(one, n) for n, one in enumerate(clients)))

        beside = await answers(server.url, 3)
        took = await back_to(server, files, FREED_WITHIN_S)

        print(f"p99 {alone * 1000:.1f} and {beside * 1000:.1f} ms; ended {took:.0f} s on")  # noqa: T201
        assert beside - alone <= 0.05


async def _begin(client: RawSocket, number: int) -> None:
    with contextlib.suppress(ConnectionError):
        await client.send(BEGINNINGS[number % len(BEGINNINGS)])


async def test_floods_cost_the_server_no_memory() -> None:
    floods: Sequence[bytes] = (client_frame(PING, b"x" * 125), client_frame(1, b"x"))
    async with publisher(1_000, 1, "latest") as server:
        memory = server.resident_kib
        for number in range(60):
            async with RawSocket(server.url, 4_096) as client:
                await client.upgrade("/live")
                with contextlib.suppress(ConnectionError, TimeoutError):
                    async with asyncio.timeout(2):
                        while True:
                            await client.send(floods[number % 2] * 2_000)

        print(f"{server.resident_kib - memory:+} KiB after 60 floods")  # noqa: T201
        assert server.resident_kib - memory <= 4_096
