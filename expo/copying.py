"""A copy of an expo's database from which nobody can be reached: what a rehearsal stands on.

The source is only read. While it is in use, SQLite's own online backup takes the copy between two
transactions; where nobody has it open, its bytes are read as they lie and looked at again afterwards.
"""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

_TRIES: Final = 3  # of reading it as it lies; then somebody has it open
_UNREACHABLE: Final = (
    # Who is in: a cookie of the real expo opens nothing here. Passes and screens' keys need no line:
    # they are signed with the expo's secret, which the copy has not.
    "DELETE FROM visits",
    "DELETE FROM held_devices",
    "UPDATE device SET key = NULL",
    # Where letters would go, and letters that wait.
    "DELETE FROM letters",
    "DELETE FROM asked_letters",
    "DELETE FROM bulletin_subscriber",
    "UPDATE identities SET contact = NULL",
    "UPDATE invitations SET email = id || '@rehearsal.invalid', mailbox = id || '@rehearsal.invalid'",
    # What belongs to the processes of the real expo.
    "DELETE FROM lease",
    "DELETE FROM node_load",
    "DELETE FROM known_secret",
    "DELETE FROM stream_delay",
)


class NotCopied(Exception):
    """The database cannot be read; ``str()`` says why."""


def copied(source: Path, target: Path) -> None:
    """Copy a database file whole; the source's bytes stay as they are.

    Args:
        source: May be in use by a running expo.
        target: Not there yet.

    Raises:
        NotCopied: It cannot be read, or is no database.
    """
    try:
        if not any(_copied_at_rest(source, target) for _ in range(_TRIES)):
            _back_up(f"{source.resolve().as_uri()}?mode=ro", target)
    except (sqlite3.Error, OSError) as error:
        raise NotCopied(str(error)) from error


def _copied_at_rest(source: Path, target: Path) -> bool:
    """Copy a file that nobody has open; whether nobody opened it meanwhile.

    Even a reader makes two files beside a database with a write-ahead log; this one does not.
    """
    before = _mark(source)
    if before is None:
        return False
    _back_up(f"{source.resolve().as_uri()}?mode=ro&immutable=1", target)
    return _mark(source) == before


def _mark(source: Path) -> tuple[int, int] | None:
    """Size and time of a file at rest; None while it has a log beside it."""
    log = source.with_name(f"{source.name}-wal")
    state = source.stat()
    return None if log.exists() else (state.st_size, state.st_mtime_ns)


def _back_up(uri: str, target: Path) -> None:
    target.unlink(missing_ok=True)
    with closing(sqlite3.connect(uri, uri=True)) as old, closing(sqlite3.connect(target)) as new:
        target.chmod(0o600)
        old.backup(new)


def made_unreachable(file: Path) -> None:
    """Take everything out of a copy by which a person could be reached, or could come in.

    Args:
        file: A copy at the newest revision; never the original.
    """
    with closing(sqlite3.connect(file)) as copy, copy:
        copy.execute("PRAGMA secure_delete=ON")  # nor in pages that are free now
        for statement in _UNREACHABLE:
            copy.execute(statement)
