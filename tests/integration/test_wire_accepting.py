"""Connections off the listening socket: in order, in spite of trouble, and none after the end."""

import asyncio
import errno
import socket

import pytest
from typing_extensions import override

from expo.wire.accepting import Acceptor, transports_of
from expo.wire.server import listen, port_of


class Echo(asyncio.Protocol):
    """Says what it hears, behind the address it came from."""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        peer = self._transport.get_extra_info("peername")
        self._transport.write(b"%d %b" % (peer[1], data))
        self._transport.close()


class Failing:
    """A listening socket that has run out of files the first time."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self.failed = 0

    def accept(self) -> tuple[socket.socket, object]:
        """As a socket's."""
        if not self.failed:
            self.failed += 1
            raise OSError(errno.EMFILE, "Too many open files")
        return self._sock.accept()

    def __getattr__(self, name: str) -> object:
        return getattr(self._sock, name)


async def said_by(port: int, word: bytes) -> tuple[int, bytes]:
    """The port we came from, and the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(word)
    async with asyncio.timeout(5):
        answer = await reader.read()
    ours = writer.get_extra_info("sockname")[1]
    writer.close()
    return ours, answer


async def test_everybody_of_a_crowd_is_served_under_their_own_address() -> None:
    make = transports_of(asyncio.get_running_loop())
    assert make is not None
    sock = listen("127.0.0.1", 0)
    port = port_of(sock)
    acceptor = Acceptor(sock, Echo, make)
    answers = await asyncio.gather(*(said_by(port, b"%d" % n) for n in range(300)))
    acceptor.close()
    await acceptor.wait_closed()

    assert [answer for _, answer in answers] == [
        b"%d %d" % (at, n) for n, (at, _) in enumerate(answers)
    ]
    with pytest.raises(ConnectionRefusedError):
        await said_by(port, b"late")


async def test_running_out_of_files_is_logged_and_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    make = transports_of(asyncio.get_running_loop())
    assert make is not None
    sock = listen("127.0.0.1", 0)
    failing = Failing(sock)
    acceptor = Acceptor(failing, Echo, make)  # type: ignore[arg-type]  # it has what is used
    at, answer = await said_by(port_of(sock), b"here")
    acceptor.close()

    assert answer == b"%d here" % at
    assert failing.failed == 1
    assert "Connections cannot be accepted: Too many open files" in caplog.text


async def test_acceptor_closed_while_it_waits_to_try_again_stays_closed() -> None:
    make = transports_of(asyncio.get_running_loop())
    assert make is not None
    sock = listen("127.0.0.1", 0)
    port, failing = port_of(sock), Failing(sock)
    acceptor = Acceptor(failing, Echo, make)  # type: ignore[arg-type]  # as above
    waiting = asyncio.create_task(said_by(port, b"here"))
    async with asyncio.timeout(5):
        while not failing.failed:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)
    acceptor.close()

    with pytest.raises((ConnectionError, TimeoutError)):
        await waiting
