"""Hostile frames (catalogue B 31-37, 43-48; F4): refused or cut, never held, nobody else notices."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.live import Place, each, until
from tests.support.rawsocket import BINARY, CLOSE, CONT, PING, PONG, TEXT, RawSocket, client_frame
from tests.support.serving import running


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
async def here(place: Place) -> AsyncIterator[str]:
    async with running(place.app) as base_url:
        yield base_url


def resident_mib() -> float:
    """Memory of this process, server and client together."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


ILLEGAL = {
    "reserved bit 1": (1002, client_frame(TEXT, b"x", reserved=0x40)),
    "reserved bit 3": (1002, client_frame(PING, b"x", reserved=0x10)),
    "opcode 3": (1002, client_frame(3, b"x")),
    "opcode 11": (1002, client_frame(11, b"x")),
    "unmasked text": (1002, client_frame(TEXT, b"x", masked=False)),
    "unmasked ping without data": (1002, client_frame(PING, masked=False)),
    "ping of 126 bytes": (1002, client_frame(PING, b"x" * 126)),
    "pong of 126 bytes": (1002, client_frame(PONG, b"x" * 126)),
    "fragmented ping": (1002, client_frame(PING, b"x", fin=False)),
    "continuation of nothing": (1002, client_frame(CONT, b"x")),
    "text inside a message": (1002, client_frame(TEXT, b"x", fin=False) + client_frame(TEXT, b"y")),
    "close of one byte": (1002, client_frame(CLOSE, b"x")),
    "close with code 1005": (1002, client_frame(CLOSE, b"\x03\xed")),
    "close with bad UTF-8": (1007, client_frame(CLOSE, b"\x03\xe8\xff")),
    "bad UTF-8": (1007, client_frame(TEXT, b"a\xffb")),
    "bad UTF-8 split": (
        1007,
        client_frame(TEXT, b"\xce\xba\xe1", fin=False) + client_frame(CONT, b"\xce\xba"),
    ),
    "16 KiB and a byte": (1009, client_frame(TEXT, b"x" * 16_385)),
    "16 KiB and a byte, announced": (1009, client_frame(TEXT, b"x", claimed=16_385)),
    "2^63 bytes, announced": (1009, client_frame(TEXT, b"x", claimed=1 << 63)),
    "16 KiB and a byte in parts": (
        1009,
        client_frame(TEXT, b"x" * 9_000, fin=False) + client_frame(CONT, b"x" * 9_000),
    ),
    "16 KiB and a byte, binary": (1009, client_frame(BINARY, b"x" * 16_385)),
}


@pytest.mark.parametrize("path", ["/live", "/plain"])
async def test_illegal_frame_closes_with_its_code_and_without_traceback(
    here: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def code_after(data: bytes) -> int:
        async with RawSocket(here) as client:
            await client.upgrade(path)
            await client.send(data)
            code = await client.close_code()
            await client.send(client_frame(CLOSE, b"\x03\xe8"))
            assert await client.ended()
            return code

    codes = await each(*(code_after(data) for _, data in ILLEGAL.values()))

    assert dict(zip(ILLEGAL, codes, strict=True)) == {n: code for n, (code, _) in ILLEGAL.items()}
    assert [record for record in caplog.records if record.exc_info] == []


async def test_illegal_frame_is_seen_however_it_is_cut(here: str) -> None:
    data = client_frame(TEXT, b"x" * 200, claimed=20_000)

    async def code_after(cut: int) -> int:
        async with RawSocket(here) as client:
            await client.upgrade("/live")
            await client.text()
            for piece in (data[:cut], data[cut:]):
                await client.send(piece)
                await asyncio.sleep(0.01)
            return await client.close_code()

    assert await each(*(code_after(cut) for cut in range(1, 9))) == [1009] * 8


FLOODS = {
    "empty continuation frames": (
        client_frame(TEXT, b"a", fin=False),
        client_frame(CONT, fin=False),
    ),
    "pings": (b"", client_frame(PING, b"x" * 125)),
    "pongs": (b"", client_frame(PONG, b"x" * 125)),
    "tiny texts": (b"", client_frame(TEXT)),
    "tiny binaries": (b"", client_frame(BINARY)),
}


@pytest.mark.parametrize("path", ["/live", "/plain"])
@pytest.mark.parametrize("name", FLOODS)
async def test_flood_is_cut_within_two_seconds_and_costs_no_memory(
    place: Place, here: str, path: str, name: str
) -> None:
    first, repeated = FLOODS[name]
    block = repeated * 5_000
    async with RawSocket(here) as viewer, RawSocket(here, receive_buffer=4_096) as client:
        await viewer.upgrade("/live")
        await viewer.text()
        await client.upgrade(path)
        before = resident_mib()

        await client.send(first)
        with pytest.raises(ConnectionError):  # noqa: PT012 - the flood ends when the server cuts it
            async with asyncio.timeout(2.0):
                while True:
                    await client.send(block)

        place.hub.publish("board", b"still here")
        assert await viewer.text() == b"still here"
        assert resident_mib() - before < 4.0


async def test_ten_thousand_messages_a_second_are_told_1008(place: Place, here: str) -> None:
    async with RawSocket(here) as client:
        await client.upgrade("/live")
        await client.send(client_frame(TEXT, b"x") * 40)

        assert await client.close_code() == 1008
        assert len(place.heard) == 20


async def test_peer_that_asks_and_never_reads_is_closed_and_costs_one_queue(
    place: Place, here: str
) -> None:
    async with RawSocket(here, receive_buffer=4_096) as client:
        await client.upgrade("/live")
        viewer = next(iter(place.hub.viewers()))
        while not viewer.is_behind:
            viewer.reply(b"x" * 8_000)
            await asyncio.sleep(0)
        for _ in range(32):
            viewer.reply(b"y" * 100)
        assert place.hub.connected == 1

        viewer.reply(b"one too many")

        assert place.hub.connected == 0
        assert place.hub.counters.replies_dropped == 33
        assert await client.close_code() == 4008


async def test_ordinary_endpoint_with_a_peer_that_never_reads_does_not_grow(here: str) -> None:
    before = resident_mib()
    async with RawSocket(here, receive_buffer=4_096) as client:
        await client.upgrade("/talk")
        await asyncio.sleep(1.0)

        assert resident_mib() - before < 4.0


BAD_HANDSHAKES = {
    "no key": (400, {"Sec-WebSocket-Key": ""}),
    "short key": (400, {"Sec-WebSocket-Key": "AAAA"}),
    "version 8": (400, {"Sec-WebSocket-Version": "8"}),
    "no version": (400, {"Sec-WebSocket-Version": ""}),
    "a body": (400, {"Content-Length": "5"}),
    "a chunked body": (400, {"Transfer-Encoding": "chunked"}),
    "other upgrade": (404, {"Upgrade": "h2c"}),
    "no connection header": (404, {"Connection": ""}),
    "line break in a protocol name": (400, {"Sec-WebSocket-Protocol": "a\nb"}),
}


async def test_bad_handshake_is_answered_and_the_connection_ends(here: str) -> None:
    async def status_of(headers: dict[str, str]) -> int:
        async with RawSocket(here) as client:
            status = await client.upgrade("/live", headers)
            client.finish()
            assert await client.ended()
            return status

    statuses = await each(*(status_of(headers) for _, headers in BAD_HANDSHAKES.values()))

    assert dict(zip(BAD_HANDSHAKES, statuses, strict=True)) == {
        name: status for name, (status, _) in BAD_HANDSHAKES.items()
    }


@pytest.mark.parametrize(
    "protocols", ["\xe9\xe8", ", ".join(f"p{n}" for n in range(100)), "a" * 4_000]
)
async def test_odd_protocol_offers_are_ignored(here: str, protocols: str) -> None:
    async with RawSocket(here) as client:
        status = await client.upgrade("/live", {"Sec-WebSocket-Protocol": protocols})

        assert status in (101, 400)
        if status == 101:
            assert await client.text() == b"hello"


async def test_too_many_headers_are_refused(here: str) -> None:
    many = {f"X-{number}": "a" for number in range(200)}
    async with RawSocket(here) as client:
        assert await client.upgrade("/live", many) in (400, 431)
        assert await client.ended()


@pytest.mark.parametrize("path", ["/ok", "/live/../plain", "/live%2f", "//live", "/LIVE", "/"])
async def test_upgrade_elsewhere_is_refused(here: str, path: str) -> None:
    async with RawSocket(here) as client:
        assert await client.upgrade(path) == 403


async def test_plain_request_for_a_socket_address_is_not_found(here: str) -> None:
    async with RawSocket(here) as client:
        await client.send(f"GET /live HTTP/1.1\r\nHost: {client.host}\r\n\r\n".encode())

        assert await client.status() == 404


async def test_upgrade_beyond_the_limit_of_connections_is_told_503(place: Place) -> None:
    async with running(place.app, limit_concurrency=4) as base_url:
        clients = [RawSocket(base_url) for _ in range(3)]
        statuses = []
        for client in clients:
            await client.__aenter__()
            statuses.append(await client.upgrade("/live"))
        async with RawSocket(base_url) as late:
            late_status = await late.upgrade("/live")
        for client in clients:
            await client.__aexit__(None, None, None)
        await until(lambda: place.hub.connected == 0)
        async with RawSocket(base_url) as again:
            assert await again.upgrade("/live") == 101

    assert statuses == [101] * 3
    assert late_status == 503
