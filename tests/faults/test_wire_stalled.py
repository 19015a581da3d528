"""Peers that do not read, do not speak or do not finish (F2, F3, F5-F7; catalogue B 42, 43; F 96-98)."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from expo.wire.guarded_http import GuardedHTTP
from expo.wire.hub import Hub
from expo.wire.viewer import Limits
from expo.wire.wired import WiredViewer
from tests.support.live import Place, each, until
from tests.support.rawsocket import RawSocket
from tests.support.serving import running, serving

VIEWERS = 200
FRAME = b'{"type":"board","filler":"' + b"x" * 8_000 + b'"}'


class ImpatientHTTP(GuardedHTTP):
    """The same engine with deadlines a test can wait for."""

    request_seconds = 0.6
    answer_seconds = 0.6


async def audience(
    stack: contextlib.AsyncExitStack, base_url: str, size: int, **options: int
) -> list[RawSocket]:
    """Viewers that have been greeted."""
    clients = [await stack.enter_async_context(RawSocket(base_url, **options)) for _ in range(size)]
    for client in clients:
        assert await client.upgrade("/live") == 101
        assert await client.text() == b"hello"
    return clients


def resident_mib() -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def held_bytes(viewer: WiredViewer) -> int:
    return viewer._transport.get_write_buffer_size()


async def test_stalled_viewer_among_200_delays_nobody_and_holds_one_frame() -> None:
    place = Place()
    async with contextlib.AsyncExitStack() as stack, running(place.app) as base_url:
        others = await audience(stack, base_url, VIEWERS - 1)
        (stalled,) = await audience(stack, base_url, 1, receive_buffer=4_096)
        slow = list(place.hub.viewers())[-1]
        assert isinstance(slow, WiredViewer)
        before, slowest = resident_mib(), 0.0

        for number in range(30):
            started = time.monotonic()
            place.hub.publish("board", b"%d" % number + FRAME)
            frames = await each(*(client.text() for client in others))
            slowest = max(slowest, time.monotonic() - started)
            assert {frame[: -len(FRAME)] for frame in frames} == {b"%d" % number}

        assert slow.is_behind
        assert held_bytes(slow) <= len(FRAME) + 14
        assert place.hub.counters.coalesced >= 20
        assert slowest < 2.0
        assert resident_mib() - before < 8.0

        seen = [int((await stalled.text())[: -len(FRAME)])]
        while seen[-1] < 29:
            seen.append(int((await stalled.text())[: -len(FRAME)]))
        assert len(seen) < 10
        assert seen == sorted(set(seen))


async def test_viewers_that_never_read_are_freed_and_the_others_stay() -> None:
    place = Place(Hub(Limits(behind_seconds=0.5)))
    async with contextlib.AsyncExitStack() as stack, running(place.app) as base_url:
        (reading,) = await audience(stack, base_url, 1)
        await audience(stack, base_url, 20, receive_buffer=4_096)

        async def publish() -> None:
            while place.hub.connected > 1:
                place.hub.publish("board", FRAME)
                await asyncio.sleep(0.02)

        async def read() -> None:
            while await reading.text() != b"end":
                pass

        reader = asyncio.create_task(read())
        async with asyncio.timeout(10):
            await publish()
        place.hub.publish("turnout", b"end")
        await reader

        assert place.hub.counters.shed == 20
        assert place.hub.members("board") == 1


async def test_viewer_that_reads_a_trickle_is_freed_too() -> None:
    place = Place(Hub(Limits(behind_seconds=0.5)))
    async with contextlib.AsyncExitStack() as stack, running(place.app) as base_url:
        (trickling,) = await audience(stack, base_url, 1, receive_buffer=4_096)

        while place.hub.connected:
            place.hub.publish("board", FRAME)
            trickling.nibble()
            await asyncio.sleep(0.05)

    assert place.hub.counters.shed == 1


async def test_server_stops_in_time_with_stalled_viewers_and_endpoints() -> None:
    place = Place()
    async with contextlib.AsyncExitStack() as stack, serving(place.app) as (base_url, server):
        await audience(stack, base_url, 20, receive_buffer=4_096)
        for _ in range(3):
            talking = await stack.enter_async_context(RawSocket(base_url, receive_buffer=4_096))
            await talking.upgrade("/talk")
        for number in range(30):
            place.hub.publish("board", b"%d" % number + FRAME)
            await asyncio.sleep(0)
        await until(lambda: all(viewer.is_behind for viewer in place.hub.viewers()))

        started = time.monotonic()
        server.stop()
        await until(lambda: not server.server_state.connections and not server.server_state.tasks)

        assert time.monotonic() - started < 5.0


async def test_ordinary_endpoint_is_freed_from_a_peer_that_never_reads() -> None:
    async with serving(Place().app) as (base_url, server):
        server.config.ws_ping_interval = server.config.ws_ping_timeout = 0.3
        async with RawSocket(base_url, receive_buffer=4_096) as client:
            await client.upgrade("/talk")

            await until(lambda: not server.server_state.connections)
            await until(lambda: not server.server_state.tasks)


@pytest.fixture
async def impatient() -> AsyncIterator[str]:
    async with running(Place().app, http=ImpatientHTTP) as base_url:
        yield base_url


SLOW = {
    "silent": (b"", b""),
    "half a header": (b"GET /ok HTTP/1.1\r\nHost: x\r\nX-A: ", b""),
    "a trickle of header": (b"GET /ok HTTP/1.1\r\nHost: x\r\nX-A: ", b"a"),
    "a stalled body": (b"POST /ok HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nabc", b""),
    "a trickle of body": (b"POST /ok HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n", b"a"),
    "a second request that stalls": (
        b"GET /ok HTTP/1.1\r\nHost: x\r\n\r\nGET /ok HTTP/1.1\r\nHost: x\r\nX-A: ",
        b"a",
    ),
}


async def test_request_that_does_not_end_is_cut_at_the_deadline(impatient: str) -> None:
    async def seconds_until_cut(first: bytes, more: bytes) -> float:
        started = time.monotonic()
        async with RawSocket(impatient) as client:
            await client.send(first)
            trickling = asyncio.create_task(trickle(client, more))
            assert await client.ended()
            await trickling
        return time.monotonic() - started

    seconds = await each(*(seconds_until_cut(*request) for request in SLOW.values()))

    assert {name: 0.5 < s < 3.0 for name, s in zip(SLOW, seconds, strict=True)} == dict.fromkeys(
        SLOW, True
    )


async def trickle(client: RawSocket, more: bytes) -> None:
    with contextlib.suppress(ConnectionError):
        while more:
            await client.send(more)
            await asyncio.sleep(0.05)


async def test_answer_that_is_not_taken_is_cut(impatient: str) -> None:
    async with RawSocket(impatient, receive_buffer=4_096) as client:
        head = f"GET /big HTTP/1.1\r\nHost: {client.host}\r\n\r\n".encode()
        await client.send(head)
        await asyncio.sleep(1.2)

        assert await client.ended()
        assert client.received < 4_000_000


async def test_quick_requests_outlive_the_deadline_on_one_connection(impatient: str) -> None:
    async with RawSocket(impatient) as client:
        for _ in range(8):
            await client.send(b"GET /ok HTTP/1.1\r\nHost: x\r\n\r\n")
            assert await client.status() == 200
            await client.skip(2)
            await asyncio.sleep(0.1)


async def test_live_viewer_outlives_the_deadline_of_requests(impatient: str) -> None:
    async with RawSocket(impatient) as client:
        await client.upgrade("/live")
        await client.text()
        await asyncio.sleep(0.9)
        await client.send(b"\x81\x81\0\0\0\0x")

        assert await client.text() == b"echo x"


async def test_headers_without_end_are_refused_early() -> None:
    async with running(Place().app) as base_url, RawSocket(base_url) as client:
        before, sent = resident_mib(), 0
        await client.send(b"GET /ok HTTP/1.1\r\nHost: x\r\n")
        with contextlib.suppress(ConnectionError):
            while sent < 20_000_000:
                line = b"X-%d: " % sent + b"a" * 65_000 + b"\r\n"
                await client.send(line)
                sent += len(line)

        assert sent < 4_000_000
        assert resident_mib() - before < 4.0


BAD_REQUESTS = {
    "odd encoding": b"POST /ok HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
    "space before colon": b"GET /ok HTTP/1.1\r\nHost : x\r\n\r\n",
    "NUL in a header": b"GET /ok HTTP/1.1\r\nHost: x\r\nX-A: a\0b\r\n\r\n",
    "no host": b"GET /ok HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /ok HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "long address": b"GET /" + b"a" * 64_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "ten thousand headers": b"GET /ok HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 10_000 + b"\r\n",
    "binary": bytes(range(256)) * 4,
}


async def test_bad_request_is_answered_400_and_the_connection_ends() -> None:
    async def status_of(base_url: str, data: bytes) -> int:
        async with RawSocket(base_url) as client:
            with contextlib.suppress(ConnectionError):  # it may hang up before all was sent
                await client.send(data)
            status = await client.status()
            assert await client.ended()
            return status

    async with running(Place().app) as base_url:
        statuses = await each(*(status_of(base_url, data) for data in BAD_REQUESTS.values()))

    assert {
        name for name, s in zip(BAD_REQUESTS, statuses, strict=True) if s not in (400, 0)
    } == set()
