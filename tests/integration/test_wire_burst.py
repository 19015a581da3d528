"""One frame to many sockets, compiled and not: no byte is lost, doubled or given to somebody else."""

import asyncio
import contextlib
import os
import shutil
import socket
import ssl
import subprocess
from array import array
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from expo.wire import burst
from expo.wire.hub import Hub
from expo.wire.viewer import Viewer
from expo.wire.wired import WiredViewer, descriptor_of
from tests.support.live import Place, each, until
from tests.support.rawsocket import RawSocket, tcp_pair
from tests.support.serving import running
from tools.burst import compiled

BIG = b"x" * 60_000


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The loop, compiled from the source as it is."""
    if shutil.which("cc") is None and shutil.which("gcc") is None:
        pytest.skip("no C compiler")
    found = tmp_path_factory.mktemp("burst") / "burst.so"
    assert compiled(found) == ""
    return found


@pytest.fixture(params=["compiled", "plain"])
def hub(request: pytest.FixtureRequest) -> Hub:
    if request.param == "plain":
        return Hub(burst=None)
    return Hub(burst=burst.load(request.getfixturevalue("library")))


@pytest.fixture
def place(hub: Hub) -> Place:
    return Place(hub)


@pytest.fixture
async def here(place: Place) -> AsyncIterator[str]:
    async with running(place.app) as base_url:
        yield base_url


async def audience(
    stack: contextlib.AsyncExitStack, base_url: str, size: int, receive_buffer: int | None = None
) -> list[RawSocket]:
    clients = [
        await stack.enter_async_context(RawSocket(base_url, receive_buffer)) for _ in range(size)
    ]
    for client in clients:
        assert await client.upgrade("/live") == 101
        assert await client.text() == b"hello"
    return clients


def socket_of(viewer: Viewer) -> socket.socket:
    assert isinstance(viewer, WiredViewer)
    found: socket.socket = viewer._transport.get_extra_info("socket")
    return found


async def test_everybody_gets_every_frame_in_its_order(place: Place, here: str) -> None:
    async with contextlib.AsyncExitStack() as stack:
        clients = await audience(stack, here, 40)
        for number in range(20):
            place.hub.publish("board", b"%d" % number)
            next(iter(place.hub.viewers())).reply(b"mine %d" % number)
        first = [await clients[0].text() for _ in range(40)]
        others = await each(*(client.text() for client in clients[1:]))

    assert first == [t % n for n in range(20) for t in (b"%d", b"mine %d")]
    assert others == [b"0"] * 39
    assert place.hub.counters.sent == 20 * 40


async def test_frame_that_fits_no_buffer_arrives_whole_and_the_latest_follows(
    place: Place, here: str
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        clients = await audience(stack, here, 5, receive_buffer=4_096)
        for viewer in place.hub.viewers():
            socket_of(viewer).setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
        for number in range(10):
            place.hub.publish("board", b"%d" % number + BIG)
        assert all(viewer.is_behind for viewer in place.hub.viewers())

        got = [await each(*(client.text() for client in clients)) for _ in range(2)]

    assert got == [[b"0" + BIG] * 5, [b"9" + BIG] * 5]


async def test_descriptor_of_somebody_who_left_is_never_written_to(place: Place, here: str) -> None:
    async with contextlib.AsyncExitStack() as stack:
        (leaving,) = await audience(stack, here, 1)
        (viewer,) = place.hub.viewers()
        number = socket_of(viewer).fileno()
        place.hub.publish("board", b"in line")
        leaving.reset()
        await until(lambda: place.hub.connected == 0)

        stranger = await stack.enter_async_context(RawSocket(here))
        await stranger.send(f"GET /ok HTTP/1.1\r\nHost: {stranger.host}\r\n\r\n".encode())
        assert await stranger.status() == 200
        assert await stranger._exactly(2) == b"ok"
        os.fstat(number)  # it is somebody's again
        place.hub.publish("board", b"not for strangers")
        place.hub.publish("turnout", b"nor this")
        await stranger.send(f"GET /ok HTTP/1.1\r\nHost: {stranger.host}\r\n\r\n".encode())

        assert await stranger.status() == 200


async def test_viewer_dropped_a_moment_ago_is_out_of_line_at_once(place: Place, here: str) -> None:
    async with contextlib.AsyncExitStack() as stack:
        gone, staying = await audience(stack, here, 2)
        first, second = place.hub.viewers()
        place.hub.publish("board", b"both")
        place.hub.cut(first)
        place.hub.publish("board", b"one")

        assert [await staying.text(), await staying.text()] == [b"both", b"one"]
        assert list(place.hub.viewers()) == [second]
        assert place.hub._room("board").line.descriptors == array("i", [socket_of(second).fileno()])
        with contextlib.suppress(EOFError, ConnectionError):
            while True:
                assert await gone.text() == b"both"


async def test_peers_that_reset_in_the_middle_disturb_nobody(
    place: Place, here: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        clients = await audience(stack, here, 30)
        for client in clients[::3]:
            client.reset()
        for number in range(4):  # the loop has not run: nobody has heard of the resets
            place.hub.publish("board", b"%d" % number)
        staying = [client for at, client in enumerate(clients) if at % 3]
        for number in range(4):
            assert await each(*(one.text() for one in staying)) == [b"%d" % number] * 20
        await until(lambda: place.hub.connected == 20)

    assert caplog.records == []


async def test_viewers_that_never_read_are_skipped_and_get_the_latest(
    place: Place, here: str
) -> None:
    async with contextlib.AsyncExitStack() as stack:
        slow = await audience(stack, here, 3, receive_buffer=4_096)
        quick = await audience(stack, here, 3)
        for number in range(40):
            place.hub.publish("board", b"%02d" % number + BIG)
            assert {t[:2] for t in await each(*(one.text() for one in quick))} == {b"%02d" % number}
        for client in slow:
            seen = [(await client.text())[:2]]
            while seen[-1] != b"39":
                seen.append((await client.text())[:2])
            assert seen == sorted(set(seen))


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's context and a client's that trusts it."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    key, certificate = tmp_path / "key", tmp_path / "certificate"
    words = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost"
    subprocess.run(
        [*words.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True
    )
    ours, theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    ours.load_cert_chain(certificate, key)
    theirs.load_verify_locations(certificate)
    return ours, theirs


async def test_connection_with_tls_is_never_written_to_directly(
    tls: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    ours, theirs = tls
    near, far = tcp_pair()
    loop = asyncio.get_running_loop()
    serving = asyncio.create_task(
        loop.connect_accepted_socket(asyncio.Protocol, near, ssl=ours, ssl_handshake_timeout=5)
    )
    _, writer = await asyncio.open_connection(sock=far, ssl=theirs, server_hostname="localhost")
    transport, _ = await serving

    assert near.fileno() >= 0
    assert descriptor_of(transport) == -1
    transport.abort()
    writer.close()
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        await writer.wait_closed()


def test_library_that_is_missing_or_broken_is_done_without(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    broken = tmp_path / "broken.so"
    broken.write_bytes(b"no library")

    assert burst.load(tmp_path / "missing.so") is None
    assert caplog.records == []
    assert burst.load(broken) is None
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_compiler_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    assert compiled(tmp_path / "burst.so", compiler="false") == "the compiler failed"
    assert list(tmp_path.iterdir()) == []


def test_descriptors_that_are_closed_or_full_are_told(library: Path) -> None:
    send = burst.load(library)
    assert send is not None
    with contextlib.ExitStack() as stack:
        pairs = [socket.socketpair() for _ in range(3)]
        for one in (one for pair in pairs for one in pair):
            stack.enter_context(one)
        pairs[1][0].close()
        fds = array("i", [pairs[0][0].fileno(), 1_000_000, pairs[2][0].fileno()])

        assert list(send(fds, b"frame")) == [(1, 0)]
        assert [pairs[at][1].recv(100) for at in (0, 2)] == [b"frame", b"frame"]
        full = list(send(fds[:1], b"y" * 10_000_000))
    assert full[0][0] == 0
    assert 0 < full[0][1] < 10_000_000
