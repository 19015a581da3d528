"""What several commands share: saying things, reading the schedule, opening the database."""

import argparse
import asyncio
import contextlib
import errno
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Final, NoReturn

from expo.db import Busy, Database
from expo.place import Place, share_secret
from expo.web.translations import filled, sentence
from expo.web.translations import gettext as _
from expo.wire.server import listen
from expo.words import clean
from migrations.upgrade import migrate
from sessions import schedule_file
from sessions.exchange import importing
from sessions.programme import Programme
from sessions.schedule_nodes import ScheduleProblems
from sessions.schedule_words import message_of

ROOT: Final = Path(__file__).resolve().parents[1]
"""The checkout."""
_PAUSES: Final = (0.5, 1.0, 2.0, 4.0)  # s; a server that was restarted is back within seconds
_TAKEN: Final = frozenset({errno.EADDRINUSE, errno.EACCES})
_NOT_OURS: Final = frozenset({errno.EADDRNOTAVAIL, socket.EAI_NONAME})


def say(text: str = "") -> None:
    """One line to the terminal, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def stop(message: str) -> NoReturn:
    """End the command with 1 and this message.

    Raises:
        SystemExit: Always.
    """
    raise SystemExit(message)


def programme_in(path: Path) -> Programme:
    """The programme in a file; every mistake is told with file, line and path.

    Raises:
        SystemExit: It cannot be read or has mistakes.
    """
    return _told(path, lambda: schedule_file.parse(path.read_bytes()))


def imported_from(path: Path, hall: str) -> Programme:
    """The programme in a file of ours, or one of other software laid over the shipped schedule.

    Args:
        path: YAML of ours, or frab or pretalx JSON or XML, or CSV; told by what is in it.
        hall: Whose sessions are taken of a foreign file; empty for all.

    Raises:
        SystemExit: It cannot be read or has mistakes.
    """

    def read() -> Programme:
        content = path.read_bytes()
        if not importing.kind_of(content):
            return schedule_file.parse(content)
        return importing.imported(content, programme_in(ROOT / "schedule.yaml"), hall=hall)

    return _told(path, read)


def _told(path: Path, read: Callable[[], Programme]) -> Programme:
    try:
        return read()
    except OSError as error:
        stop(f"{path}: {error.strerror}")
    except ScheduleProblems as found:
        for one in found.problems:
            where = f"{path}:{one.line}: {one.path}: " if one.path else f"{path}:{one.line}: "
            say(where + sentence(message_of(one.code), one.facts))
        raise SystemExit(1) from None


def listening(options: argparse.Namespace) -> socket.socket:
    """A socket on the address of these arguments.

    Raises:
        SystemExit: It is taken, not allowed, or not this machine's.
    """
    where: dict[str, str | int] = {"host": options.host, "port": options.port}
    try:
        return listen(options.host, options.port)
    except OSError as error:
        if error.errno in _TAKEN:
            stop(filled(_("Port {port} is taken or not allowed: choose another."), where))
        if error.errno in _NOT_OURS:
            stop(filled(_("This machine has no address {host}."), where))
        raise


def kept_at(folder: str) -> Path:
    """The data folder of an expo that exists already.

    Raises:
        SystemExit: There is no such folder.
    """
    path = Path(folder)
    if not path.is_dir():
        stop(filled(_("There is no folder {folder}."), {"folder": folder}))
    return path


@contextlib.asynccontextmanager
async def opened(
    options: argparse.Namespace, folder: Path, port: int | None = None
) -> AsyncIterator[tuple[Place, Database]]:
    """The place of these arguments and its database at the newest revision."""
    place = Place(folder, os.environ, options.host, options.port if port is None else port)
    await asyncio.to_thread(brought_up, place.database_url)
    database = Database(place.database_url)
    try:
        await database.check()
        await share_secret(database, place.settings)
        yield place, database
    finally:
        await database.close()


def brought_up(database_url: str) -> None:
    """Bring a database to the newest revision; one that is starting itself is waited for a while.

    Raises:
        SystemExit: It cannot be reached.
        Newer: It belongs to a newer version of the code.
    """
    for pause in (*_PAUSES, None):
        try:
            migrate(database_url)
        except Busy as busy:
            why = clean(_first_line(busy.__cause__))  # the driver never tells a password
            told = filled(_("The database cannot be reached: {why}"), {"why": why})
            if pause is None:
                stop(told)
            sys.stderr.write(told + "\n")
            time.sleep(pause)
        else:
            return


def _first_line(error: BaseException | None) -> str:
    """What the driver said itself, without what the layers above put around it."""
    said = getattr(error, "orig", None) or error
    return str(said).partition("\n")[0]
