"""Requests answered without an engine: only clean ones, in order, and nobody can hold the line."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from expo.wire.asked import read
from expo.wire.at_once import AtOnce
from tests.support.live import until
from tests.support.rawsocket import RawSocket
from tests.support.whole import Whole, asked, whole

HEADERS = b"Host: expo.example\r\nAccept-Encoding: gzip\r\nCookie: a=b\r\n"


def request(line: bytes = b"GET /en/ HTTP/1.1", headers: bytes = HEADERS) -> bytes:
    return line + b"\r\n" + headers + b"\r\n"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path) as found:
        yield found


async def spoken(house: Whole, data: bytes) -> bytes:
    """Everything the server says to these bytes until it closes."""
    host, _, port = house.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    async with asyncio.timeout(10):
        said = await reader.read()
    writer.close()
    return said


def statuses(said: bytes) -> list[int]:
    return [int(found) for found in re.findall(rb"HTTP/1\.1 (\d{3}) ", said)]


def test_clean_request_is_read() -> None:
    found = read(request(b"GET /v/ABCD?lang=ar HTTP/1.1") + b"GET /next")

    assert found is not None
    assert (found.path, found.query) == (b"/v/ABCD", b"lang=ar")
    assert found.head == {b"host": b"expo.example", b"accept-encoding": b"gzip", b"cookie": b"a=b"}
    assert found.size == len(request(b"GET /v/ABCD?lang=ar HTTP/1.1"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GET / HTTP/1.1\r\n",
        request(b"GET / HTTP/1.0"),
        request(b"POST / HTTP/1.1"),
        request(b"HEAD / HTTP/1.1"),
        request(b"GET http://other.example/ HTTP/1.1"),
        request(b"GET /a b HTTP/1.1"),
        request(b"GET /\xc3\xa9 HTTP/1.1"),
        request(b"get / HTTP/1.1"),
        request(headers=HEADERS + b"Host: other.example\r\n"),
        request(headers=HEADERS + b"cookie: c=d\r\n"),
        request(headers=HEADERS + b"Content-Length: 0\r\n"),
        request(headers=HEADERS + b"Transfer-Encoding: chunked\r\n"),
        request(headers=HEADERS + b"Upgrade: websocket\r\n"),
        request(headers=HEADERS + b"Expect: 100-continue\r\n"),
        request(headers=HEADERS + b"Space : x\r\n"),
        request(headers=HEADERS + b" folded\r\n"),
        request(headers=HEADERS + b"No-Colon\r\n"),
        request(headers=HEADERS + b"Nul: a\0b\r\n"),
        request(headers=HEADERS + b"Bare: a\rb\r\n"),
        request(headers=HEADERS + b"Line: a\nInjected: b\r\n"),
        request(headers=HEADERS + b"X: y\r\n" * 101),
        request(headers=HEADERS + b"X: " + b"y" * 9_000 + b"\r\n"),
        request().replace(b"\r\n", b"\n"),
    ],
)
def test_anything_else_is_left_to_the_engine(data: bytes) -> None:
    assert read(data) is None


async def test_requests_in_one_piece_are_answered_in_order(house: Whole) -> None:
    lines = ("GET /en/about HTTP/1.1", "GET /en/join HTTP/1.1")
    await spoken(house, b"".join(asked(house, line) for line in lines[:1]))
    await spoken(house, b"".join(asked(house, line) for line in lines[1:]))
    kept = [asked(house, line).replace(b"Connection: close\r\n", b"") for line in lines]
    missing = asked(house, "GET /en/nothing HTTP/1.1").replace(b"Connection: close\r\n", b"")

    said = await spoken(
        house, kept[0] + missing + kept[1] + kept[0] + asked(house, "GET /healthz-no HTTP/1.1")
    )

    assert statuses(said) == [200, 404, 200, 200, 404]


async def test_request_in_pieces_is_answered(house: Whole) -> None:
    whole_one = asked(house, "GET /en/about HTTP/1.1")
    await spoken(house, whole_one)
    async with house.raw() as client:
        for at in range(0, len(whole_one), 7):
            await client.send(whole_one[at : at + 7])

        assert await client.status() == 200


@pytest.mark.parametrize("host", ["evil.example", "", "127.0.0.1.evil.example"])
async def test_page_is_not_sent_for_a_host_that_is_not_ours(house: Whole, host: str) -> None:
    await spoken(house, asked(house, "GET /en/about HTTP/1.1"))

    said = await spoken(house, asked(house, "GET /en/about HTTP/1.1", f"Host: {host}", host=False))

    assert statuses(said) == [400]


async def test_page_for_a_cookie_sent_twice_is_decided_by_the_application(house: Whole) -> None:
    await spoken(house, asked(house, "GET /en/about HTTP/1.1"))

    said = await spoken(
        house, asked(house, "GET /en/about HTTP/1.1", "Cookie: sawt_visit=a; sawt_visit=b")
    )

    assert statuses(said) == [200]
    assert b"sawt_visit=;" in said


async def test_client_that_asks_and_does_not_read_is_not_answered_without_end(
    house: Whole,
) -> None:
    one = asked(house, "GET /en/about HTTP/1.1").replace(b"Connection: close\r\n", b"")
    await spoken(house, asked(house, "GET /en/about HTTP/1.1"))
    connections: Any = house.expo.server.server_state.connections
    async with house.raw() as client:
        asking = asyncio.create_task(client.send(one * 20_000))
        await until(lambda: any(getattr(c, "_later", None) is not None for c in connections))
        stalled = next(c for c in connections if getattr(c, "_later", None) is not None)

        transport = stalled._transport
        assert transport.get_write_buffer_size() < 256 * 1024
        assert len(stalled._later) <= 512 * 1024
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    await until(lambda: stalled not in connections)


async def test_last_answer_that_nobody_reads_is_given_up(
    house: Whole, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("expo.wire.at_once.ANSWER_SECONDS", 0.3)
    last = asked(house, "GET /en/about HTTP/1.1")
    await spoken(house, last)
    state = house.expo.server.server_state
    async with RawSocket(house.url, receive_buffer=4_096) as client:
        await client.send(last.replace(b"Connection: close\r\n", b""))
        await until(lambda: any(isinstance(one, AtOnce) for one in state.connections))
        stalled: Any = next(one for one in state.connections if isinstance(one, AtOnce))
        while not stalled._transport.get_write_buffer_size():
            answered = state.total_requests
            await client.send(last.replace(b"Connection: close\r\n", b""))
            while state.total_requests == answered:  # noqa: ASYNC110 - has no event
                await asyncio.sleep(0)
        await client.send(last)

        # The kernel gives up after 20 seconds, and never on somebody who reads a byte now and then.
        async with asyncio.timeout(5):
            await until(lambda: stalled not in state.connections)


async def test_browser_that_only_opened_a_connection_is_left_alone(house: Whole) -> None:
    async with house.raw() as client:
        await asyncio.sleep(1.5)  # longer than the door waits for a first word
        await client.send(asked(house, "GET /en/about HTTP/1.1"))

        assert await client.status() == 200


async def test_second_part_of_an_answer_does_not_wait_for_the_first_to_be_acknowledged(
    house: Whole,
) -> None:
    async with house.raw() as client:
        await client.send(
            asked(house, "GET /en/nothing HTTP/1.1").replace(b"Connection: close\r\n", b"")
        )
        assert await client.status() == 404

        connections: Any = house.expo.server.server_state.connections
        sockets = [one.transport.get_extra_info("socket") for one in connections]
        assert sockets
        for sock in sockets:
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


async def test_stop_closes_lines_that_wait_for_the_next_request(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        await spoken(house, asked(house, "GET /en/about HTTP/1.1"))
        client = await house.stack.enter_async_context(house.raw())
        await client.send(
            asked(house, "GET /en/about HTTP/1.1").replace(b"Connection: close\r\n", b"")
        )
        assert await client.status() == 200

    assert not house.expo.server.server_state.connections
