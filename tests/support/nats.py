"""NATS servers of one's own: one, or three in a cluster, each to be killed and started again."""

import contextlib
import itertools
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import pytest

from command.child import free_port

_READY_WITHIN_S: Final = 20.0
_MISSING: Final = "nats-server is not installed: `make test` sets it up as root; else apt-get install nats-server."
_numbers = itertools.count(1)


class NatsServer:
    """One server on a loopback port; the same port after each start."""

    def __init__(self, folder: Path, cluster: str = "") -> None:
        self.port = free_port()
        self.cluster_port = free_port() if cluster else 0
        self._name = f"n{next(_numbers)}"
        self._cluster = cluster
        self._log = folder / f"{self._name}.log"
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """As ``SAWT_NOTIFIER_URL`` has it."""
        return f"nats://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """The server's process."""
        assert self._server is not None
        return self._server.pid

    def start(self, routes: Sequence["NatsServer"] = ()) -> None:
        """Start the server and wait until it greets; ``routes`` are its fellows in the cluster."""
        program = shutil.which("nats-server")
        if program is None:
            pytest.fail(_MISSING, pytrace=False)
        command = [program, "-a", "127.0.0.1", "-p", str(self.port), "--name", self._name]
        if self._cluster:
            fellows = [f"nats://127.0.0.1:{one.cluster_port}" for one in routes if one is not self]
            own = f"nats://127.0.0.1:{self.cluster_port}"
            command += ["--cluster_name", self._cluster, "--cluster", own]
            command += ["--routes", ",".join(fellows)]
        with self._log.open("ab") as log:
            self._server = subprocess.Popen(
                [*_dying_with_us(), *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait()

    def stop(self) -> None:
        """Stop it in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill -9."""
        self._end(signal.SIGKILL)

    def _wait(self) -> None:
        end = time.monotonic() + _READY_WITHIN_S
        while True:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1) as greeted:
                    if greeted.recv(4) == b"INFO":
                        return
            except OSError:
                pass
            assert self._server is not None
            if self._server.poll() is not None or time.monotonic() > end:
                pytest.fail(f"nats-server did not start: {self._log.read_text()}", pytrace=False)
            time.sleep(0.02)  # another process: there is nothing to await

    def _end(self, how: signal.Signals) -> None:
        if self._server is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._server.send_signal(how)
        self._server.wait(_READY_WITHIN_S)
        self._server = None


class NatsCluster:
    """Three servers that pass on what any of them is told."""

    def __init__(self, folder: Path) -> None:
        self.servers = tuple(NatsServer(folder, "sawt") for _ in range(3))

    @property
    def url(self) -> str:
        """All of them, as ``SAWT_NOTIFIER_URL`` has it."""
        return ",".join(server.url for server in self.servers)

    def start(self) -> None:
        """Start those that do not run."""
        for server in self.servers:
            if server._server is None:
                server.start(self.servers)

    def stop(self) -> None:
        """Stop all of them."""
        for server in self.servers:
            server.stop()


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A server of this test alone."""
    server = NatsServer(tmp_path)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def nats_cluster() -> Iterator[NatsCluster]:
    """Three servers of this test alone."""
    with tempfile.TemporaryDirectory(prefix="sawt-nats-") as folder:
        cluster = NatsCluster(Path(folder))
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()


def _dying_with_us() -> list[str]:
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig=TERM"] if setpriv else []
