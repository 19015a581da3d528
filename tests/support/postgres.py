"""A private PostgreSQL for one test session, and a fresh migrated database for each test.

The cluster lives in a temporary folder and listens on a socket in it and on a random loopback port.
It commits as in production (fsync and synchronous_commit on), so that what tests show of durability
holds. PostgreSQL refuses to run as root: there the server runs as the user ``postgres``.
"""

import contextlib
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psycopg
import pytest

from command.child import free_port
from migrations.upgrade import migrate

USER: Final = "sawt"
PASSWORD: Final = "sawt-test"
_UNPRIVILEGED: Final = "postgres"
_READY_WITHIN_S: Final = 60.0
_MISSING: Final = (
    "PostgreSQL is not installed: `make test` sets it up as root; else apt-get install postgresql."
)
_SETTINGS: Final = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "max_wal_size": "256MB",
    "autovacuum_naptime": "60",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "warning",
}


class Cluster:
    """One PostgreSQL server of our own; `crash` and `start` again for what must outlive it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.log = folder / "log"
        self.port = free_port()
        self._programs = _programs()
        self._names = itertools.count(1)
        self._server: subprocess.Popen[bytes] | None = None
        self._has_template = False

    def make(self) -> None:
        """Create the empty cluster; it is not started."""
        if os.geteuid() == 0:
            owner = pwd.getpwnam(_UNPRIVILEGED)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        options = ["--encoding=UTF8", "--locale=C", "--no-sync", f"--username={USER}"]
        login = ["--auth=scram-sha-256", f"--pwfile={secret}"]
        command = [str(self._programs / "initdb"), "-D", str(self.data), *options, *login]
        done = subprocess.run(
            [*_as_somebody(), *command],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.fail(f"initdb failed: {done.stdout}{done.stderr}", pytrace=False)

    def start(self) -> None:
        """Start the server and wait until it answers, recovery included."""
        settings = {
            **_SETTINGS,
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command = [str(self._programs / "postgres"), "-D", str(self.data), *options]
        with self.log.open("ab") as log:
            self._server = subprocess.Popen(
                [*_as_somebody(), *command],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait()

    def stop(self) -> None:
        """Stop it at once but in order: open transactions are rolled back."""
        self._end(signal.SIGINT)

    def abort(self) -> None:
        """As ``pg_ctl stop -m immediate``: no checkpoint, no goodbye, recovery at the next start."""
        self._end(signal.SIGQUIT)

    def crash(self) -> None:
        """Kill -9 of the server and all its processes, as when the machine loses power."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop all its processes where they are: connections stay, nothing answers."""
        for pid in (self.pid, *_children(self.pid)):
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        for pid in (*_children(self.pid), self.pid):
            os.kill(pid, signal.SIGCONT)

    def restart(self) -> None:
        """Every connection breaks; the server comes back on the same port."""
        self.stop()
        self.start()

    @property
    def pid(self) -> int:
        """The postmaster's process."""
        assert self._server is not None
        return self._server.pid

    def url(self, database: str) -> str:
        """The address of a database as ``SAWT_DATABASE_URL`` has it."""
        return f"postgresql+psycopg://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def dsn(self, database: str = "postgres") -> str:
        """The same for psycopg itself."""
        return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres", *, patience: str = "0") -> None:
        """One statement as the superuser, outside of a transaction, given up after its patience."""
        options = f"-c statement_timeout={patience}"
        with psycopg.connect(self.dsn(database), autocommit=True, options=options) as connection:
            connection.execute(statement.encode())

    def empty(self) -> str:
        """The URL of a new database without any table."""
        name = f"empty_{next(self._names)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.url(name)

    def fresh(self) -> str:
        """The URL of a new database at the newest revision; a copy of one migrated once."""
        if not self._has_template:
            self.execute("CREATE DATABASE migrated TEMPLATE template0")
            migrate(self.url("migrated"))
            self._has_template = True
        name = f"fresh_{next(self._names)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE migrated")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is still connected."""
        statement = f"DROP DATABASE IF EXISTS {url.rpartition('/')[2]} WITH (FORCE)"
        # PostgreSQL 15 can wait for ever for a process that ended at this very moment
        # (ProcSignalBarrier). Then the database goes with its cluster.
        with contextlib.suppress(psycopg.errors.QueryCanceled):
            self.execute(statement, patience="5s")

    def _wait(self) -> None:
        end = time.monotonic() + _READY_WITHIN_S
        while True:
            try:
                psycopg.connect(self.dsn(), connect_timeout=2).close()
            except psycopg.OperationalError as error:
                assert self._server is not None
                if self._server.poll() is not None or time.monotonic() > end:
                    pytest.fail(f"PostgreSQL did not start: {error}\n{self.log.read_text()}")
                time.sleep(0.05)  # another process: there is nothing to await
            else:
                return

    def _end(self, how: signal.Signals) -> None:
        if self._server is None:
            return
        with contextlib.suppress(ProcessLookupError):
            if how is signal.SIGKILL:
                # each backend leads a session of its own
                for pid in (self._server.pid, *_children(self._server.pid)):
                    os.kill(pid, how)
            else:
                self._server.send_signal(how)
        self._server.wait(_READY_WITHIN_S)
        self._server = None


@contextlib.contextmanager
def running_cluster() -> Iterator[Cluster]:
    """A cluster of one's own, for tests that stop or kill it."""
    with tempfile.TemporaryDirectory(prefix="sawt-pg-", ignore_cleanup_errors=True) as folder:
        cluster = Cluster(Path(folder))
        cluster.make()
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """The cluster this session shares; never stop it in a test, take `own_cluster` for that."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture
def own_cluster() -> Iterator[Cluster]:
    """A cluster of this test alone, to be stopped, killed and started again."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture
def postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """A fresh database at the newest revision."""
    url = postgres_cluster.fresh()
    yield url
    postgres_cluster.drop(url)


@pytest.fixture
def empty_postgres_url(postgres_cluster: Cluster) -> Iterator[str]:
    """A database without any table."""
    url = postgres_cluster.empty()
    yield url
    postgres_cluster.drop(url)


def _programs() -> Path:
    """The folder with initdb and postgres: of the newest version installed."""
    found = [Path(path).resolve().parent for path in [shutil.which("initdb")] if path]
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    found += [path.parent for path in sorted(versions, key=_major, reverse=True)]
    for folder in found:
        if (folder / "postgres").exists():
            return folder
    pytest.fail(_MISSING, pytrace=False)


def _major(program: Path) -> int:
    name = program.parts[-3]
    return int(name) if name.isdigit() else 0


def _as_somebody() -> list[str]:
    """The start of a command that must not run as root; the server ends with the test session."""
    setpriv = shutil.which("setpriv")
    if os.geteuid() != 0:
        return [setpriv, "--pdeathsig=INT"] if setpriv else []
    return [
        setpriv or "setpriv",
        f"--reuid={_UNPRIVILEGED}",
        f"--regid={_UNPRIVILEGED}",
        "--clear-groups",
        "--pdeathsig=INT",
    ]


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]
