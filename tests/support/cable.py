"""A cable between a browser and a server that can be cut, or that swallows one direction."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from enum import StrEnum


class Fault(StrEnum):
    """What is wrong with the cable."""

    NONE = "none"
    CUT = "cut"
    """Connections are refused, and those that were up are torn down."""
    NO_ANSWERS = "no-answers"
    """What the browser says arrives; what the server answers is lost."""
    NO_QUESTIONS = "no-questions"
    """What the browser says is lost on its way."""


class Cable:
    """Forwards TCP from a port of its own to a server's; may be bent from any thread."""

    def __init__(self) -> None:
        self.port = 0
        self.fault = Fault.NONE
        self.heard = 0
        """Bytes from the browser that went through."""
        self._target = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._open: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        """Where the browser is to go, e.g. ``http://127.0.0.1:40124``."""
        return f"http://127.0.0.1:{self.port}"

    @contextlib.asynccontextmanager
    async def to(self, port: int) -> AsyncIterator[str]:
        """Forward to this port while inside; gives the address of the cable's own end."""
        self._target, self._loop = port, asyncio.get_running_loop()
        server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        self.port = int(server.sockets[0].getsockname()[1])
        try:
            yield self.url
        finally:
            server.close()
            self._tear()
            self._loop = None

    def bend(self, fault: Fault) -> None:
        """Break the cable in this way, or mend it; a broken connection does not come back by itself."""
        self.fault = fault
        if fault is Fault.CUT and self._loop is not None:
            self._loop.call_soon_threadsafe(self._tear)

    def tear(self) -> None:
        """Tear down what is connected; new connections are taken."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._tear)

    def _tear(self) -> None:
        for writer in tuple(self._open):
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.fault is Fault.CUT:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, back}
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(reader, back, self._asks))
                both.create_task(self._pump(there, writer, self._answers))
        finally:
            self._open -= {writer, back}
            for one in (writer, back):
                one.transport.abort()

    def _asks(self, chunk: bytes) -> bool:
        if self.fault is Fault.NO_QUESTIONS:
            return False
        self.heard += len(chunk)
        return True

    def _answers(self, _chunk: bytes) -> bool:
        return self.fault is not Fault.NO_ANSWERS

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        passes: Callable[[bytes], bool],
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(65_536):
                if passes(chunk):
                    writer.write(chunk)
                    await writer.drain()
        writer.transport.abort()
