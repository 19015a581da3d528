"""Taking connections off the listening socket: a transport for each, and nothing else.

asyncio's own server makes a task and a future besides, to wait for handshakes of TLS, which end before
us. Leans on ``_make_socket_transport`` of asyncio's selector loops, which is unwritten and has been the
same since Python 3.8; any other loop accepts by itself.
"""

import asyncio
import logging
import socket
from collections.abc import Callable
from typing import Final

logger = logging.getLogger(__name__)

_AT_ONCE: Final = 128  # before those who are in get their turn
_AGAIN_SECONDS: Final = 1.0  # after running out of files, or of memory for a connection


def transports_of(loop: asyncio.AbstractEventLoop) -> Callable[..., object] | None:
    """What makes this loop's transports of accepted sockets; None: let it accept by itself."""
    is_selecting = isinstance(loop, asyncio.SelectorEventLoop)
    return getattr(loop, "_make_socket_transport", None) if is_selecting else None


class Acceptor:
    """One listening socket at work; its names are those of asyncio's server.

    Args:
        sock: Listening.
        factory: Makes the protocol of a connection.
        transports: Of the running loop.
    """

    def __init__(
        self,
        sock: socket.socket,
        factory: Callable[[], asyncio.Protocol],
        transports: Callable[..., object],
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._sock, self._factory, self._transports = sock, factory, transports
        self._later: asyncio.TimerHandle | None = None
        sock.setblocking(False)
        self._begin()

    def _begin(self) -> None:
        self._later = None
        self._loop.add_reader(self._sock.fileno(), self._take)

    def _take(self) -> None:
        for _ in range(_AT_ONCE):
            try:
                connection, peer = self._sock.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                logger.error("Connections cannot be accepted: %s", error.strerror)  # noqa: TRY400 - no bug of ours
                self._loop.remove_reader(self._sock.fileno())
                self._later = self._loop.call_later(_AGAIN_SECONDS, self._begin)
                return
            connection.setblocking(False)
            # the protocol hears of it in the next turn, as with asyncio's own server
            self._transports(connection, self._factory(), extra={"peername": peer})

    def close(self) -> None:
        """Accept nobody any more."""
        if self._later is not None:
            self._later.cancel()
            self._later = None
        elif self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock.fileno())
        self._sock.close()

    async def wait_closed(self) -> None:
        """Nothing is left to wait for."""
