"""nginx with the configuration of `deploy/`, for tests: unprivileged, in a folder of its own, on a free port."""

import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pytest

from command.child import free_port
from deploy import front

_UNPRIVILEGED: Final = "nobody"
_READY_WITHIN_S: Final = 20.0
_LOOK_S: Final = 0.02
_MISSING: Final = (
    "nginx is not installed: `make test` sets it up as root; else apt-get install nginx-light."
)


def dying_with_us(how: str = "TERM", user: str | None = None) -> list[str]:
    """The start of a command whose process ends with the test session; as root, also as who."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return []
    if user is None or os.geteuid() != 0:
        return [setpriv, f"--pdeathsig={how}"]
    ids = pwd.getpwnam(user)
    return [
        setpriv,
        f"--reuid={ids.pw_uid}",
        f"--regid={ids.pw_gid}",
        "--clear-groups",
        f"--pdeathsig={how}",
    ]


class Nginx:
    """One nginx in front of nodes; `start` and `stop` it as often as need be.

    Args:
        folder: Gets the configuration, the cache, the log and the static files.
        nodes: Ports of the nodes on loopback; may be given later, before `start`.
        is_https: Whether it ends TLS, with a certificate of its own for 127.0.0.1.
    """

    def __init__(self, folder: Path, nodes: Sequence[int] = (), *, is_https: bool = False) -> None:
        self.folder = folder
        self.port = free_port()
        self.is_https = is_https
        self.mistakes: dict[str, str] = {}
        """Texts of the configuration and what stands there instead; for tests of tests."""
        self.nodes = tuple(nodes)
        self.log = folder / "access.log"
        self.said = folder / "nginx.stderr"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """What people type."""
        return f"{'https' if self.is_https else 'http'}://127.0.0.1:{self.port}"

    @property
    def certificate(self) -> Path:
        """Whom to trust."""
        return self.folder / "fullchain.pem"

    def values(self) -> dict[str, str]:
        """What is put into the template."""
        nodes = (f"server 127.0.0.1:{port} max_fails=2 fail_timeout=1s;" for port in self.nodes)
        return {
            "FRONT_RUN": str(self.folder),
            "FRONT_STATICS": str(self.folder / "statics"),
            "FRONT_PAGES": str(self.folder / "pages-of-ours"),
            "FRONT_DOOR": str(self.folder / "door.conf"),
            "FRONT_NODES": " ".join(nodes),
            "FRONT_WORKERS": "1",
            "FRONT_LOG": str(self.log),
        }

    def write(self) -> Path:
        """Everything it reads; gives the configuration's file."""
        pages = self.folder / "pages-of-ours"
        shutil.copytree(front.NGINX, pages, dirs_exist_ok=True)
        (self.folder / "door.conf").write_text(self._door())
        (self.folder / "statics").mkdir(exist_ok=True)
        front.publish(self.folder / "statics")
        target = self.folder / "nginx.conf"
        text = front.configuration(self.values())
        for right, wrong in self.mistakes.items():
            assert right in text, right
            text = text.replace(right, wrong)
        target.write_text(text)
        if os.geteuid() == 0:
            owner = pwd.getpwnam(_UNPRIVILEGED)
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, owner.pw_uid, owner.pw_gid)
        return target

    def check(self) -> str:
        """What `nginx -t` has to complain about; empty when nothing."""
        done = subprocess.run(
            [*self._command(self.write()), "-t", "-q"], capture_output=True, text=True, check=False
        )
        return "" if done.returncode == 0 else done.stderr

    def start(self) -> None:
        """Start it and wait until it listens."""
        command = [*self._command(self.write()), "-g", "daemon off;"]
        with self.said.open("ab") as said:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
            )
        end = time.monotonic() + _READY_WITHIN_S
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            if self._process.poll() is not None or time.monotonic() > end:
                pytest.fail(f"nginx did not start: {self.said.read_text()}", pytrace=False)
            time.sleep(_LOOK_S)  # another process: there is nothing to await

    def stop(self) -> None:
        """Stop it at once; connections break."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_READY_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _exc: BaseException | None,
        _tb: TracebackType | None,
    ) -> None:
        self.stop()

    def _door(self) -> str:
        """The shipped door, on our port."""
        if not self.is_https:
            door = (front.NGINX / "door-plain.conf").read_text()
            return door.replace("listen 80 ", f"listen 127.0.0.1:{self.port} ")
        key = self.folder / "privkey.pem"
        if not key.exists():
            _make_certificate(self.certificate, key)
        door = (front.NGINX / "door-tls.conf").read_text()
        door = re.sub(r"(?m)^listen \[::\].*\n", "", door)
        door = door.replace("listen 443 ", f"listen 127.0.0.1:{self.port} ")
        return door.replace("/etc/sawt/tls", str(self.folder))

    def _command(self, configuration: Path) -> list[str]:
        program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
        if program is None:
            pytest.fail(_MISSING, pytrace=False)
        # Its own log of errors is opened before the configuration is read: it must be ours too.
        own = ["-p", str(self.folder), "-c", str(configuration), "-e", "stderr"]
        return [*dying_with_us("QUIT", _UNPRIVILEGED), program, *own]


def _make_certificate(certificate: Path, key: Path) -> None:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed")
    subprocess.run(
        [
            *(program, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=sawt tests", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        capture_output=True,
        check=True,
    )
