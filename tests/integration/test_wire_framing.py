"""Frames in pieces, early, masked or late: all of them are understood."""

import contextlib
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import connect

from expo.wire.server import listen, port_of
from tests.support.live import Place, portable
from tests.support.rawsocket import BINARY, CONT, PING, PONG, TEXT, RawSocket, client_frame
from tests.support.serving import running, socket_url


def dial(base_url: str, path: str = "/live") -> connect:
    return connect(socket_url(base_url, path), proxy=None, compression=None)


@pytest.fixture
def place() -> Place:
    return Place()


@pytest.fixture
async def here(place: Place) -> AsyncIterator[str]:
    async with running(place.app) as base_url:
        yield base_url


async def test_fragments_are_joined_with_pings_between_them(here: str) -> None:
    async with RawSocket(here) as client:
        await client.upgrade("/live")
        await client.text()

        await client.send(
            client_frame(TEXT, b"\xd8", fin=False)
            + client_frame(PING, b"are you there")
            + client_frame(CONT, b"\xb5", fin=False)
            + client_frame(CONT, b"", fin=False)
            + client_frame(CONT, b"!")
        )

        assert await client.frame() == (PONG, b"are you there")
        assert await client.frame() == (TEXT, "echo ص!".encode().replace("ص".encode(), b"\xd8\xb5"))


async def test_binary_in_fragments_is_junk_too(here: str) -> None:
    async with RawSocket(here) as client:
        await client.upgrade("/live")
        await client.text()

        await client.send(client_frame(BINARY, b"a", fin=False) + client_frame(CONT, b"b"))

        assert await client.text() == b"junk binary"


async def test_masks_are_taken_off(here: str) -> None:
    async with dial(here) as client:
        await client.recv()
        await client.send("a" * 125)
        await client.send("b" * 126)

        assert [await client.recv(), await client.recv()] == [
            "echo " + "a" * 125,
            "echo " + "b" * 126,
        ]


async def test_frame_that_comes_byte_by_byte_is_understood(here: str) -> None:
    async with RawSocket(here) as client:
        await client.upgrade("/live")
        await client.text()

        for number in client_frame(TEXT, b"x" * 130):
            await client.send(bytes([number]))

        assert await client.text() == b"echo " + b"x" * 130


async def test_frame_behind_the_upgrade_request_is_heard_after_the_greeting(here: str) -> None:
    async with RawSocket(here) as client:
        status = await client.upgrade("/live", behind=client_frame(TEXT, b"early"))

        assert status == 101
        assert [await client.text(), await client.text()] == [b"hello", b"echo early"]


async def test_frames_before_the_endpoint_serves_are_kept_in_order(place: Place, here: str) -> None:
    async with RawSocket(here) as client:
        await client.upgrade("/late")
        await client.send(client_frame(TEXT, b"one") + client_frame(TEXT, b"two")[:4])
        await client.send(client_frame(TEXT, b"two")[4:])
        place.gate.set()

        answers = [await client.text() for _ in range(3)]

    assert answers == [b"hello", b"echo one", b"echo two"]


async def test_much_said_too_early_waits_in_the_network(place: Place, here: str) -> None:
    long = client_frame(TEXT, b"x" * 9_000)
    async with RawSocket(here) as client:
        await client.upgrade("/late", behind=long * 5)
        place.gate.set()

        assert await client.text() == b"hello"
        assert [len(await client.text()) for _ in range(5)] == [9_005] * 5


async def test_viewer_may_be_greeted_with_several_frames_or_none() -> None:
    for greeting, expected in (((b"one", b"two"), ["one", "two", "x"]), (None, ["x"])):
        place = Place(greeting=greeting)
        place.hub.publish("board", b"x")
        for app in (place.app, portable(place.app)):
            async with running(app) as base_url, dial(base_url) as client:
                assert [await client.recv() for _ in expected] == expected


def test_address_that_is_taken_is_refused_and_ipv6_works() -> None:
    with contextlib.closing(listen("127.0.0.1", 0)) as first, pytest.raises(OSError):  # noqa: PT011
        listen("127.0.0.1", port_of(first))
    with contextlib.closing(listen("::1", 0)) as sixth:
        assert port_of(sixth) > 0


async def test_peer_that_leaves_before_the_endpoint_serves_is_let_go(
    place: Place, here: str
) -> None:
    async with RawSocket(here) as client:
        await client.upgrade("/late")
        client.reset()
    place.gate.set()

    async with dial(here) as other:
        await other.recv()
        assert place.hub.connected == 1


async def test_answers_wait_for_a_slow_reader_in_their_order(place: Place, here: str) -> None:
    async with RawSocket(here, receive_buffer=4_096) as client:
        await client.upgrade("/live")
        await client.text()
        viewer = next(iter(place.hub.viewers()))
        place.hub.publish("board", b"b" * 300_000)
        assert viewer.is_behind

        for number in range(30):
            viewer.reply(b"%d" % number + b"-" * 2_000)
        place.hub.publish("turnout", b"old")
        place.hub.publish("turnout", b"new")
        texts = [await client.text() for _ in range(32)]

    assert texts[0] == b"b" * 300_000
    assert [int(text.rstrip(b"-")) for text in texts[1:31]] == list(range(30))
    assert texts[31] == b"new"


async def test_big_answer_is_taken_whole_by_a_slow_reader(here: str) -> None:
    async with RawSocket(here, receive_buffer=16_384) as client:
        await client.send(f"GET /big HTTP/1.1\r\nHost: {client.host}\r\n\r\n".encode())

        assert await client.status() == 200
        await client.skip(5_000_000)
