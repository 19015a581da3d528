"""The servers that are measured side by side, each started on the server's core."""

import contextlib
import random
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from bench import machine
from bench.crowd import Ballots
from bench.prepare import BUILD, FOLDER, has_node_peers
from bench.programs import Failed, Program

_ROOT: Final = FOLDER.parent
_START_SECONDS: Final = 60.0
_STAGE_SECONDS: Final = 30.0
_PORTS: Final = range(10_000, 32_000)  # below the ports that clients are given
_ANY_BALLOTS: Final = Ballots("bench", ("a", "b", "c", "d", "e", "f"), 5)
_NOT_READY: Final = " said something else than ready"
_NO_NODE: Final = "not run: Node is not installed"
_NO_PACKAGES: Final = "not run: npm could not install the peers"
_EAGER_TEXTS: Final = 100  # a second that a socket may send where people vote without a pause
_GRACE: Final = ("grace_seconds: 10", "grace_seconds: 2")
"""How long late ballots are waited for: shortened so that a run need not wait; it changes no rule."""


class Stage(msgspec.Struct, frozen=True):
    """What is on in a Sawt under measurement: its first session with its contest open."""

    session: str
    contest: str
    options: tuple[str, ...]
    longest: int
    code: str
    organiser: str
    """Path of an organiser's pass."""

    @property
    def ballots(self) -> Ballots:
        """What its people vote about."""
        return Ballots(self.contest, self.options, self.longest)


class Server:
    """A running server.

    ``path`` is its WebSocket, ``flags`` is how the generator speaks to it, ``page`` where people join.
    """

    def __init__(
        self,
        program: Program,
        port: int,
        *,
        path: str = "/ws",
        flags: tuple[str, ...] = (),
        page: str = "/",
        stage: Stage | None = None,
    ) -> None:
        self._program = program
        self.port = port
        self.path = path
        self.flags = ("--path", path, *flags)
        self.page = page
        self.stage = stage
        self.ballots = stage.ballots if stage else _ANY_BALLOTS
        self._pids = program.pids

    def publish(self, size: int) -> None:
        """One frame of this many bytes to everybody."""
        self._program.tell(f"once {size}")

    @property
    def pids(self) -> tuple[int, ...]:
        """Its processes."""
        return tuple(self._pids)

    def cpu(self) -> float:
        """Processor seconds so far."""
        return machine.cpu_seconds(self._pids)

    def memory_kb(self) -> int:
        """Memory now, in kilobytes."""
        return machine.memory_kb(self._pids)

    def held(self) -> Mapping[str, int]:
        """Sawt only: viewers that are behind, and the most bytes kept for one of them."""
        self._program.tell("held")
        return self._program.hear(_START_SECONDS)


class Absent(Exception):
    """This peer cannot run here; ``str()`` says why."""


@contextlib.contextmanager
def c_writer() -> Iterator[Server]:
    """The physical limit."""
    port = free_port()
    with _started([str(BUILD / "writer"), str(port)]) as program:
        yield Server(program, port)


@contextlib.contextmanager
def node_ws() -> Iterator[Server]:
    """Node ``ws``.

    Raises:
        Absent: Node or the package is not here.
    """
    port = free_port()
    with _started(_node("ws_server.js", port)) as program:
        yield Server(program, port)


@contextlib.contextmanager
def socket_io() -> Iterator[Server]:
    """Socket.IO over its WebSocket transport.

    Raises:
        Absent: Node or the package is not here.
    """
    port = free_port()
    path = "/socket.io/?EIO=4&transport=websocket"
    with _started(_node("socketio_server.js", port)) as program:
        yield Server(program, port, path=path, flags=("--socketio", "1"))


@contextlib.contextmanager
def starlette() -> Iterator[Server]:
    """Plain Starlette on uvicorn."""
    port = free_port()
    with _started([sys.executable, "-m", "bench.servers.plain", str(port)]) as program:
        yield Server(program, port)


def sawt(*more: str) -> contextlib.AbstractContextManager[Server]:
    """The whole expo of ``run.py serve``, its first session on the stage, its contest open.

    Args:
        more: Further arguments of `bench.servers.sawt`.
    """
    return _expo(more, {}, None)


def node(
    environ: Mapping[str, str], stage: Stage | None, stations: int = 1
) -> contextlib.AbstractContextManager[Server]:
    """One of several nodes, where people may vote without a pause.

    Args:
        environ: Its settings: the database it shares with the others, its name.
        stage: What another node has opened already; None for the first, which does.
        stations: Polling stations of its contests.
    """
    return _expo((str(_EAGER_TEXTS),), environ, stage, ("stations: 1", f"stations: {stations}"))


@contextlib.contextmanager
def _expo(
    more: tuple[str, ...],
    environ: Mapping[str, str],
    stage: Stage | None,
    written: tuple[str, str] = ("", ""),
) -> Iterator[Server]:
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="sawt-bench-") as name:
        folder = Path(name)
        schedule = folder / "schedule.yaml"
        text = (_ROOT / "schedule.yaml").read_text(encoding="utf-8")
        schedule.write_text(text.replace(*_GRACE).replace(*written, 1), encoding="utf-8")
        command = [sys.executable, "-m", "bench.servers.sawt", str(port), name, str(schedule)]
        command += more
        with _started(command, environ) as program:
            if stage is None:
                program.tell("stage")
                stage = msgspec.convert(program.hear(_STAGE_SECONDS), Stage)
            yield Server(
                program,
                port,
                path=f"/live/{stage.session}",
                page=f"/v/{stage.code}",
                stage=stage,
            )


PEERS: Final[Mapping[str, Any]] = {
    "c": c_writer,
    "sawt": sawt,
    "eager": lambda: sawt(str(_EAGER_TEXTS)),
    "ws": node_ws,
    "socketio": socket_io,
    "starlette": starlette,
}
"""Every server by its short name; each is a context manager that gives a `Server`."""


@contextlib.contextmanager
def _started(command: list[str], environ: Mapping[str, str] | None = None) -> Iterator[Program]:
    with Program(command, core=machine.cores()[0], cwd=_ROOT, environ=environ) as program:
        if "ready" not in program.hear(_START_SECONDS):
            raise Failed(program.name + _NOT_READY)
        yield program


def _node(script: str, port: int) -> list[str]:
    program = shutil.which("node")
    if program is None:
        raise Absent(_NO_NODE)
    if not has_node_peers():
        raise Absent(_NO_PACKAGES)
    return [program, str(FOLDER / "node" / script), str(port)]


def free_port() -> int:
    """A port nobody listens on now, from a range no client's own port is taken from."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
