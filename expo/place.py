"""Where an expo lives: its data folder with the secret in it, and the address people type.

An edge of its own: the entry point and the command line stand on it, nothing else.
"""

import contextlib
import os
import re
import secrets
import socket
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from expo import settings as configuration
from expo.db import Database, sqlite_url
from expo.passes import key_id
from expo.secrecy import store

_KEPT_IN: Final = "secret.key"  # the file's name in the data folder
_OTHER_SECRET: Final = configuration.Mistake(
    "SAWT_SECRET_KEY",
    "a secret that no node of this expo has used",
    "the same on every node; to change it, the new one and after a comma the old one",
)


class Place:
    """Where an expo keeps what it knows, and where it can be reached: its settings, secret and addresses.

    Args:
        folder: The data folder.
        environ: The settings' source.
        host: Address to listen on; a wildcard is reached by this machine's own address.
        port: Port to listen on.
    """

    def __init__(self, folder: Path, environ: Mapping[str, str], host: str, port: int) -> None:
        shown = lan_address() if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared only
        self.loopback = f"http://127.0.0.1:{port}"
        read = configuration.read(environ, public_url=f"http://{shown}:{port}")
        if not read.secret_keys:
            read = configuration.with_secret(read, secret_in(folder))
        if not read.media_folder:
            read = msgspec.structs.replace(read, media_folder=str(folder / "media"))
        if not read.node:
            read = msgspec.structs.replace(read, node=_this_process())
        if read.mode is configuration.Mode.DEMO:
            own = (self.loopback, f"http://localhost:{port}")
            origins = (*read.allowed_origins, *own)
            read = msgspec.structs.replace(read, allowed_origins=origins)
        self.settings = read
        self.database_url = read.database_url or sqlite_url(folder)


async def share_secret(database: Database, settings: configuration.Settings) -> None:
    """Make sure that this node signs with a secret the other nodes know.

    A new secret in front of an old one is a change of secret; one that nobody knows is a slip, after
    which passes of one node would be refused by the others.

    Raises:
        WrongSettings: No node has used any of these secrets, and others were used.
    """
    if not settings.is_shared:
        return
    ours = {key_id(secret) for secret in settings.secret_keys}
    async with database.write() as tx:
        known = await store.known(tx)
        if known and not known & ours:
            raise configuration.WrongSettings((_OTHER_SECRET,))
        await store.remember(tx, sorted(ours))


def secret_in(folder: Path) -> str:
    """The secret kept in a data folder, made at the first call; readable by its owner alone.

    Raises:
        WrongSettings: The file is there and spoiled.
    """
    path = folder / _KEPT_IN
    if not path.exists():
        _make_secret(path)
    path.chmod(0o600)
    secret = path.read_text().strip()
    if len(secret) < configuration.SECRET_BYTES:
        allowed = "a file with one secret; delete it to have a new one made (issued passes end)"
        raise configuration.WrongSettings(
            (configuration.Mistake("SAWT_SECRET_KEY", f"a spoiled file {path}", allowed),)
        )
    return secret


def _make_secret(path: Path) -> None:
    """Appears whole or not at all; of two processes at once one wins and both read the same."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(48) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass  # another process was faster
    finally:
        draft.unlink()


@contextlib.contextmanager
def data_folder(given: str | None) -> Iterator[Path]:
    """The data folder: the given one, made if need be, or one that is thrown away afterwards."""
    if given:
        path = Path(given)
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="sawt-") as temporary:
        yield Path(temporary)


def _this_process() -> str:
    machine = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:40] or "node"
    return f"{machine}-{os.getpid()}"


def lan_address() -> str:
    """This machine's address in its network; nothing is sent."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe,
        contextlib.suppress(OSError),
    ):
        probe.connect(("192.0.2.1", 9))  # documentation network (RFC 5737): picks the interface
        return str(probe.getsockname()[0])
    return "127.0.0.1"
