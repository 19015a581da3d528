"""A million ballots counted again: from a file by the command line, and from a log as at the close.

``python -m bench.scenarios.recount write FOLDER LINES`` makes a log; then ``fold FOLDER`` folds it as a
start does, ``recount FOLDER`` counts it again and freezes the result as the closing follower does, and
each prints what that took.
"""

import asyncio
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import text

from bench import machine
from bench.prepare import FOLDER
from bench.programs import Failed, pinning
from expo.db import Database, sqlite_url
from expo.identity.people import Assurance, PersonId
from expo.wire.hub import Hub
from expo.wire.notifier import LocalNotifier
from expo.words import Text
from migrations.upgrade import migrate
from voting import moves, recount_store
from voting.ballots import Ballot
from voting.contests import Contest, ContestId, Electorate, Option, Rules
from voting.fold_follower import nothing
from voting.results import freeze
from voting.sqlite_store import SqliteRecord
from voting.usecases import Voting

OPTIONS: Final = 12
RANKED: Final = 5
"""Of more than six options a contest lets people rank five."""
_LIMIT_SECONDS: Final = 120
_DID_NOT_COUNT: Final = "the count failed"
_TOO_LONG: Final = "the count took too long"
_CHUNK: Final = 5_000
_SELF: Final = "bench.scenarios.recount"
_OPENED: Final = datetime(2017, 4, 17, tzinfo=UTC)
_LATER: Final = timedelta(days=1)
_LOOK_SECONDS: Final = 0.01
_OWN_TIME: Final = re.compile(rb"(\S+) s\n")


class Counted(msgspec.Struct, frozen=True):
    """Wall seconds, and the most memory the process ever had, in megabytes."""

    seconds: float
    peak_mb: float


def write_file(path: Path, ballots: int) -> None:
    """A PrefLib file with a line for each ballot; the same number gives the same file."""
    chance = random.Random(ballots)
    options = [str(number) for number in range(1, OPTIONS + 1)]
    with path.open("w", encoding="ascii") as file:
        file.write(f"# NUMBER ALTERNATIVES: {OPTIONS}\n# NUMBER VOTERS: {ballots}\n")
        for _ in range(ballots):
            file.write(f"1: {','.join(chance.sample(options, RANKED))}\n")


def count_file(path: Path) -> Counted:
    """``run.py count`` on the file, in a process of its own on the server's core.

    Raises:
        Failed: It did not count.
    """
    return timed([str(FOLDER.parent / "run.py"), "count", str(path), "--json"])


class Log:
    """A database with a contest's log of so many lines, all of them written by the record itself.

    Raises:
        Failed: It could not be written.
    """

    def __init__(self, folder: Path, lines: int) -> None:
        self._folder = folder
        timed(["-m", _SELF, "write", str(folder), str(lines)])

    def fold(self) -> Counted:
        """The running count folded from the first line, as by a start without a snapshot.

        Raises:
            Failed: It did not count.
        """
        return timed(["-m", _SELF, "fold", str(self._folder)])

    def recount(self) -> Counted:
        """The recount at the close, and its result frozen; after a fold.

        Raises:
            Failed: It did not count, or came to something else than the running count.
        """
        return timed(["-m", _SELF, "recount", str(self._folder)])


def timed(arguments: list[str], *, seconds: float = _LIMIT_SECONDS) -> Counted:
    """A Python of ours run to its end; a program that times itself is believed.

    Raises:
        Failed: It failed, or took more than so many seconds.
    """
    command = [*pinning(machine.cores()[0]), sys.executable, *arguments]
    with tempfile.TemporaryFile() as out:
        began = time.monotonic()
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.DEVNULL, cwd=FOLDER.parent
        )
        status, used = _ended(process, began + seconds)
        took = time.monotonic() - began
        out.seek(0)
        told = _OWN_TIME.fullmatch(out.read())
    if status:
        raise Failed(_DID_NOT_COUNT)
    return Counted(float(told[1]) if told else took, used.ru_maxrss / 1024)


def _ended(process: subprocess.Popen[bytes], end: float) -> tuple[int, resource.struct_rusage]:
    """Exit status and what this one process used; killed when it takes too long."""
    while time.monotonic() < end:
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)  # it is gone: nobody waits again
            return process.returncode, used
        time.sleep(_LOOK_SECONDS)
    process.kill()
    process.wait()
    raise Failed(_TOO_LONG)


# --- in a process of its own ---


def write(folder: Path, lines: int) -> None:
    """A log of so many lines, each of another voter, closed."""
    url = sqlite_url(folder)
    migrate(url)
    database = Database(url)
    contest = asyncio.run(_opened(database))
    record, chance = SqliteRecord(database), random.Random(lines)
    for first in range(0, lines, _CHUNK):
        record.record(_ballots(contest, chance, first, min(_CHUNK, lines - first)))
    record.close()
    asyncio.run(_closed(database, contest))


async def _opened(database: Database) -> Contest:
    name = Text(ar="سباق", en="Contest")
    options = tuple(
        Option(f"option-{n}", name, name, name, f"entity-{n}", name, "/") for n in range(OPTIONS)
    )
    voters = (Electorate("customers", name, 1, 1, 0, Assurance.DEVICE),)
    about = Contest(
        ContestId("bench"), "bench", "/", name, 1, options, voters, Rules(max_ranked=RANKED)
    )
    async with database.write() as tx:
        made = await moves.create(tx, about)
        made = await moves.ready(tx, made.id, made.version)
        made = await moves.open(tx, made.id, made.version, _OPENED)
    await database.close()
    return made


async def _closed(database: Database, contest: Contest) -> None:
    async with database.write() as tx:
        await moves.close(tx, contest.id, contest.version, _OPENED + timedelta(seconds=1))
        await moves.hard_close(tx, contest.id, _OPENED + timedelta(hours=1))
    await database.close()


def _ballots(contest: Contest, chance: random.Random, first: int, count: int) -> list[Ballot]:
    options = [option.id for option in contest.options]
    return [
        Ballot(
            id=f"01960000-0000-7000-8000-{n:012x}",
            contest=contest.id,
            person=PersonId(f"person-{n}"),
            electorate="customers",
            ranking=tuple(chance.sample(options, RANKED)),
            own=(),
            arrived_at=_OPENED,
        )
        for n in range(first, first + count)
    ]


async def fold(database: Database) -> float:
    """The seconds of the running count from the first line; ends with a snapshot kept."""
    async with database.write() as tx:
        await tx.execute(text("DELETE FROM tally_snapshot"))
    voting = _voting(database)
    began = time.perf_counter()
    await voting.refresh()
    seconds = time.perf_counter() - began
    await voting.follower.folds.keep()
    return seconds


async def recount(database: Database) -> float:
    """The seconds of the recount and of freezing its result, as the closing follower does both.

    Raises:
        SystemExit: The recount differs from the running count.
    """
    voting = _voting(database)
    await voting.refresh()  # goes on from the snapshot
    contest = voting.contests.all()[0]
    began = time.perf_counter()
    tally = nothing(contest, ballots=True)
    async with database.read() as tx:
        position = await recount_store.length(tx, contest.id)
        async for pile in recount_store.piles(tx, contest.id, position):
            tally.add(pile)
    await asyncio.to_thread(freeze, contest, tally, position=position, at=_OPENED)
    seconds = time.perf_counter() - began
    if tally != voting.tally(contest.id):
        raise SystemExit(1)
    return seconds


def _voting(database: Database) -> Voting:
    return Voting(
        database=database, notifier=LocalNotifier(), hub=Hub(), now=lambda: _OPENED + _LATER
    )


async def main(what: str, folder: Path) -> None:
    """Count, and print the seconds of the counting alone."""
    database = Database(sqlite_url(folder))
    seconds = await (fold(database) if what == "fold" else recount(database))
    await database.close()
    print(f"{seconds:.6f} s")


if __name__ == "__main__":
    _what, _folder, *_lines = sys.argv[1:]
    if _what == "write":
        write(Path(_folder), int(_lines[0]))
    else:
        asyncio.run(main(_what, Path(_folder)))
