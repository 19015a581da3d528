"""Several nodes as an operator runs them: `run.py serve` processes, nginx in front, a record, NATS.

Everything is a real process on a loopback port of its own, and everything has ended when the block
ends, whatever happened inside.
"""

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx2

from command.child import NotStarted, free_port
from command.common import ROOT
from expo.clock import Now
from expo.db import Database
from expo.identity.usecases import Passes
from sessions.rehearsal.entertainment import organiser
from tests.support.nats import NatsCluster
from tests.support.services import Nginx, dying_with_us

SECRET: Final = "fleet-of-tests: wq83hf-zmv0pl-7719xkcd-ubnt"
_READY_WITHIN_S: Final = 60.0
_LOOK_S: Final = 0.05
_ENDS_WITHIN_S: Final = 30.0


class Node:
    """One `run.py serve`; it can be started again after it has ended.

    Args:
        name: As the others know it.
        folder: Its data folder and its log.
        environ: Its settings.
        schedule: The programme at the first start.
        ahead: Its clock before ours.
    """

    def __init__(
        self, name: str, folder: Path, environ: dict[str, str], schedule: Path, ahead: timedelta
    ) -> None:
        self.name = name
        self.port = free_port()
        self.folder = folder
        self._environ = {**environ, "SAWT_NODE": name}
        self._schedule = schedule
        self._ahead = ahead
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """The node itself, past nginx."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the running process."""
        assert self._process is not None
        return self._process.pid

    @property
    def said(self) -> str:
        """What it has written to its log."""
        return (self.folder / "server.log").read_text()

    async def start(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            NotStarted: It ended, or is not ready in time.
        """
        self.folder.mkdir(exist_ok=True)
        now = datetime.now(UTC) + self._ahead
        with (self.folder / "server.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *dying_with_us("KILL"),
                *(sys.executable, str(ROOT / "run.py"), "serve", "--now", now.isoformat()),
                *("--data", str(self.folder), "--schedule", str(self._schedule)),
                *("--port", str(self.port)),
                env=self._environ,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        await self._gets_ready(self._process)

    async def kill(self) -> None:
        """Kill -9."""
        await self._end(signal.SIGKILL)

    async def terminate(self) -> int:
        """Ask it to end, as a service manager does; its exit status."""
        return await self._end(signal.SIGTERM)

    async def restart(self) -> None:
        """As `systemctl restart`: returns once it is ready again."""
        await self.terminate()
        await self.start()

    async def _gets_ready(self, process: asyncio.subprocess.Process) -> None:
        host = urlsplit(self._environ["SAWT_PUBLIC_URL"]).netloc
        async with httpx2.AsyncClient(
            base_url=self.url, headers={"host": host}, trust_env=False
        ) as http:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_READY_WITHIN_S):
                    while process.returncode is None:
                        with contextlib.suppress(httpx2.TransportError):
                            if (await http.get("/readyz")).is_success:
                                return
                        await asyncio.sleep(_LOOK_S)
        told = f"{self.name}: exit status {process.returncode}\n{self.said}"
        raise NotStarted(told)

    async def _end(self, how: signal.Signals) -> int:
        if self._process is None or self._process.returncode is not None:
            return 0
        self._process.send_signal(how)
        try:
            async with asyncio.timeout(_ENDS_WITHIN_S):
                return await self._process.wait()
        except TimeoutError:
            self._process.kill()
            await self._process.wait()
            told = f"{self.name} did not end:\n{self.said}"
            raise AssertionError(told) from None


class Fleet:
    """Nodes with nginx in front of them.

    Args:
        nginx: In front; not started.
        nodes: Behind; not started.
        nats: What carries word between them; None where PostgreSQL or nobody does.
        database_url: Of the record; None on a file in the only node's folder.
        ahead: The expo's clock before ours.
    """

    def __init__(
        self,
        nginx: Nginx,
        nodes: tuple[Node, ...],
        nats: NatsCluster | None,
        database_url: str,
        ahead: timedelta,
    ) -> None:
        self.nginx = nginx
        self.nodes = nodes
        self.nats = nats
        self.database_url = database_url
        self._ahead = ahead

    @property
    def address(self) -> str:
        """What people type, e.g. ``http://127.0.0.1:40123``."""
        return self.nginx.url

    @property
    def now(self) -> Now:
        """The expo's clock."""
        return lambda: datetime.now(UTC) + self._ahead

    async def rolling_restart(self) -> None:
        """Every node in turn, each when the one before is ready again."""
        for node in self.nodes:
            await node.restart()

    @contextlib.asynccontextmanager
    async def passes(self) -> AsyncIterator[Passes]:
        """Passes, made in the record as `run.py invite` makes them."""
        database = Database(self.database_url)
        try:
            yield Passes(database, self.now, (SECRET,), lambda _visits, _code: None)
        finally:
            await database.close()

    async def organiser(self) -> str:
        """The path of an organiser's pass."""
        async with self.passes() as passes:
            return await organiser(passes, self.now)


@contextlib.asynccontextmanager
async def fleet(
    *,
    at: datetime,
    database_url: str | None = None,
    size: int = 2,
    has_nats: bool = True,
    schedule: Path = ROOT / "schedule.yaml",
    is_https: bool = False,
) -> AsyncIterator[Fleet]:
    """A started fleet; one node alone on a file where no database is named.

    Args:
        at: What the expo's clock shows at the start.
        database_url: PostgreSQL at the newest revision, or empty.
        size: How many nodes.
        has_nats: Whether NATS carries word between them; else PostgreSQL does.
        schedule: The programme.
        is_https: As in production: over https, and nodes that insist on it.
    """
    with _folder() as folder, _nats(folder if has_nats and database_url else None) as nats:
        nginx = Nginx(folder / "front", is_https=is_https)
        environ = _environ(nginx.url, database_url, nats)
        environ["SAWT_MEDIA_FOLDER"] = str(folder / "media")
        ahead = at - datetime.now(UTC)
        names = [f"node-{n}" for n in range(1, size + 1)]
        nodes = tuple(Node(one, folder / one, environ, schedule, ahead) for one in names)
        nginx.nodes = tuple(node.port for node in nodes)
        url = database_url or f"sqlite+aiosqlite:///{folder / 'node-1' / 'sawt.sqlite3'}"
        try:
            for node in nodes:
                await node.start()
            nginx.start()
            yield Fleet(nginx, nodes, nats, url, ahead)
        finally:
            nginx.stop()
            await asyncio.gather(*(node.kill() for node in nodes))


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """Thrown away afterwards; whoever nginx runs as may look into it."""
    with tempfile.TemporaryDirectory(prefix="sawt-fleet-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        folder.chmod(0o755)
        (folder / "front").mkdir(mode=0o755)
        yield folder


def _environ(url: str, database_url: str | None, nats: NatsCluster | None) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TZ") if name in os.environ}
    kept |= {"SAWT_PUBLIC_URL": url, "SAWT_SECRET_KEY": SECRET, "PYTHONWARNINGS": "default"}
    if url.startswith("https:"):
        kept["SAWT_MODE"] = "production"
    if database_url:
        kept["SAWT_DATABASE_URL"] = database_url
    if nats is not None:
        kept["SAWT_NOTIFIER_URL"] = nats.url
    return kept


@contextlib.contextmanager
def _nats(folder: Path | None) -> Iterator[NatsCluster | None]:
    if folder is None:
        yield None
        return
    cluster = NatsCluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
