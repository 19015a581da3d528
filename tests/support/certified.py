"""The npm package ``oidc-provider`` at work on loopback: a certified implementation, not one of ours."""

import json
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import pytest

from tests.support.forger import CLIENT, SECRET
from tests.support.show import ROOT

_FOLDER: Final = ROOT / "tests/support/provider"
_WITHOUT: Final = "npm is not installed: nothing runs the certified OpenID provider"
Accounts = Mapping[str, Mapping[str, Any]]


def _is_installed() -> bool:
    """Whether the packages are there, of this very lock."""
    stamp, lock = _FOLDER / "node_modules/.package-lock.json", _FOLDER / "package-lock.json"
    return stamp.exists() and stamp.stat().st_mtime >= lock.stat().st_mtime


def prepared() -> None:
    """Nothing, once the provider can run; the test steps aside where npm is missing."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip(_WITHOUT)
    if not _is_installed():
        subprocess.run(["bash", "tools/setup.sh", "provider"], cwd=ROOT, check=True, timeout=300)


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def certified(port: int, site: str, accounts: Accounts, id_: str = "acme") -> Iterator[str]:
    """The issuer of a provider that knows these accounts by login, with any password.

    Args:
        port: Where it listens.
        site: Address of the expo that people come back to.
        accounts: Claims by login, which is the subject.
        id_: What the expo calls this provider.
    """
    about = {
        "port": port,
        "client_id": CLIENT,
        "client_secret": SECRET,
        "redirect_uri": f"{site}/sign-in/back/{id_}",
        "accounts": accounts,
    }
    program = subprocess.Popen(
        ["node", "provider.js", json.dumps(about)],
        cwd=_FOLDER,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        yield f"http://127.0.0.1:{port}"
    finally:
        program.terminate()
        program.wait(10)
        if program.stdout is not None:
            program.stdout.close()
