"""A WebSocket client that may break every rule: it writes bytes and reads only when told to."""

import asyncio
import contextlib
import socket
import struct
from types import TracebackType
from typing import Final, Self

TEXT, BINARY, CONT, CLOSE, PING, PONG = 1, 2, 0, 8, 9, 10
_KEY: Final = "dGhlIHNhbXBsZSBub25jZQ=="
_SECONDS: Final = 30.0


def client_frame(
    opcode: int,
    data: bytes = b"",
    *,
    fin: bool = True,
    reserved: int = 0,
    masked: bool = True,
    claimed: int | None = None,
) -> bytes:
    """A client frame; ``claimed`` lies about the length, the mask is all zeros."""
    size = len(data) if claimed is None else claimed
    head = bytes([(0x80 if fin else 0) | reserved | opcode])
    flag = 0x80 if masked else 0
    if size < 126:
        head += bytes([flag | size])
    elif size < 65_536:
        head += bytes([flag | 126]) + struct.pack("!H", size)
    else:
        head += bytes([flag | 127]) + struct.pack("!Q", size)
    return head + (b"\0\0\0\0" if masked else b"") + data


def upgrade_request(host: str, path: str, headers: dict[str, str] | None = None) -> bytes:
    """A correct handshake; ``headers`` replace or (with an empty value) remove the usual ones."""
    usual = {
        "Host": host,
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": _KEY,
        "Sec-WebSocket-Version": "13",
        **(headers or {}),
    }
    lines = [f"{name}: {value}" for name, value in usual.items() if value]
    return "\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode("latin-1")


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    """Both ends of one TCP connection; ``socketpair`` would give another kind."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        far = socket.create_connection(door.getsockname())
        near, _ = door.accept()
    near.setblocking(False)
    far.setblocking(False)
    return near, far


class RawSocket:
    """One TCP connection with a helper or two for frames.

    Args:
        base_url: As given by `running`.
        receive_buffer: Kernel buffer in bytes; a small one makes a stalled reader show early.
    """

    def __init__(self, base_url: str, receive_buffer: int | None = None) -> None:
        self.host = base_url.removeprefix("http://")
        self._sock = socket.socket()
        self._sock.setblocking(False)
        if receive_buffer:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self._data = b""
        self.received = 0
        """Bytes read so far."""

    async def __aenter__(self) -> Self:
        address, _, port = self.host.rpartition(":")
        await asyncio.get_running_loop().sock_connect(self._sock, (address, int(port)))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None:
        self._sock.close()

    async def upgrade(
        self, path: str, headers: dict[str, str] | None = None, *, behind: bytes = b""
    ) -> int:
        """The status of the answer; ``behind`` travels in the same segment as the request."""
        await self.send(upgrade_request(self.host, path, headers) + behind)
        return await self.status()

    async def send(self, data: bytes) -> None:
        """Write everything, waiting for the server to read."""
        async with asyncio.timeout(_SECONDS):
            await asyncio.get_running_loop().sock_sendall(self._sock, data)

    def finish(self) -> None:
        """Say that no more will be written, and keep reading."""
        self._sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Leave without a goodbye."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._sock.close()

    async def status(self) -> int:
        """Status of an HTTP answer; 0 when the server just hangs up."""
        head = await self.head()
        return int(head[0].split()[1]) if head else 0

    async def head(self) -> list[str]:
        """The lines of the head of an HTTP answer; none when the server just hangs up."""
        try:
            while b"\r\n\r\n" not in self._data:
                if not await self._more():
                    return []
        except ConnectionError:
            return []
        head, _, self._data = self._data.partition(b"\r\n\r\n")
        return head.decode("latin-1").split("\r\n")

    async def frame(self) -> tuple[int, bytes]:
        """Opcode and payload of the next server frame.

        Raises:
            EOFError: The server closed the connection.
        """
        head = await self._exactly(2)
        size = head[1] & 127
        if size == 126:
            size = int.from_bytes(await self._exactly(2), "big")
        elif size == 127:
            size = int.from_bytes(await self._exactly(8), "big")
        return head[0] & 15, await self._exactly(size)

    async def text(self) -> bytes:
        """The next text, past pings and pongs."""
        opcode, payload = await self.frame()
        while opcode in (PING, PONG):
            opcode, payload = await self.frame()
        assert opcode == TEXT, (opcode, payload)
        return payload

    async def close_code(self) -> int:
        """Read on until the server's close frame; 0 when it hung up without one."""
        try:
            while True:
                opcode, payload = await self.frame()
                if opcode == CLOSE:
                    return int.from_bytes(payload[:2], "big")
        except (EOFError, ConnectionError):
            return 0

    async def skip(self, size: int) -> None:
        """Read and throw away that many bytes."""
        await self._exactly(size)

    def nibble(self) -> None:
        """Take one byte, if there is one."""
        with contextlib.suppress(BlockingIOError, ConnectionError):
            self._sock.recv(1)

    async def ended(self) -> bool:
        """Wait until the server has let go of the connection."""
        try:
            while await self._more():
                self._data = b""
        except ConnectionError:
            pass
        return True

    async def _exactly(self, size: int) -> bytes:
        while len(self._data) < size:
            if not await self._more():
                raise EOFError
        taken, self._data = self._data[:size], self._data[size:]
        return taken

    async def _more(self) -> bool:
        async with asyncio.timeout(_SECONDS):
            chunk = await asyncio.get_running_loop().sock_recv(self._sock, 65_536)
        self._data += chunk
        self.received += len(chunk)
        return bool(chunk)
