"""An expo in a process of its own: started, asked to end, or killed, on one folder and one port."""

import asyncio
import contextlib
import signal
import socket
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx2

from command.common import ROOT

_LOOK_SECONDS: Final = 0.05
_START_SECONDS: Final = 60.0  # a cold disk and a busy machine; usually it takes one


class NotStarted(Exception):
    """The process ended, or did not answer in time; ``str()`` says which."""


class Child:
    """``run.py serve`` in another process. It can be started again after it has ended.

    Args:
        folder: Its data folder; ``server.log`` in it gets what it says.
        schedule: The programme at the first start.
        port: Where it listens, on loopback.
        now: The instant it begins at; its clock goes on while it is down.
    """

    def __init__(
        self,
        folder: Path,
        schedule: Path,
        port: int,
        now: datetime,
    ) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.starts = 0
        self._folder = folder
        self._schedule = schedule
        self._port = port
        self._ahead: timedelta = now - datetime.now(UTC)
        self.command: tuple[str, ...] = (str(ROOT / "run.py"), "serve")
        """What is started; tests of the fault tests put a faulty server here."""
        self._process: asyncio.subprocess.Process | None = None
        self._log = (folder / "server.log").open("ab")

    @property
    def pid(self) -> int:
        """Of the running process.

        Raises:
            NotStarted: There is none.
        """
        if self._process is None or self._process.returncode is not None:
            raise NotStarted("no process")  # noqa: EM101 - a mistake of ours, never shown
        return self._process.pid

    async def start(self) -> None:
        """Start the process and wait until it answers.

        Raises:
            NotStarted: It ended at once or does not answer.
        """
        now = datetime.now(UTC) + self._ahead
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *self.command,
            *("--data", str(self._folder), "--schedule", str(self._schedule)),
            *("--port", str(self._port), "--now", now.isoformat()),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=self._log,
        )
        self.starts += 1
        await self._answers(self._process)

    async def _answers(self, process: asyncio.subprocess.Process) -> None:
        async with httpx2.AsyncClient(base_url=self.url, trust_env=False) as http:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_START_SECONDS):
                    while process.returncode is None:
                        with contextlib.suppress(httpx2.TransportError):
                            if (await http.get("/healthz")).is_success:
                                return
                        await asyncio.sleep(_LOOK_SECONDS)
        raise NotStarted(f"exit status {process.returncode}")  # noqa: EM102 - for the log

    async def kill(self) -> None:
        """End it at once, as a power failure of the process would."""
        await self._end(signal.SIGKILL)

    async def terminate(self) -> int:
        """Ask it to end, as a service manager does; its exit status."""
        return await self._end(signal.SIGTERM)

    def close(self) -> None:
        """Give the log file back; the process has ended by then."""
        self._log.close()

    async def _end(self, how: signal.Signals) -> int:
        if self._process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(how)
        return await self._process.wait()


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
