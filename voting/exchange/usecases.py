"""A published contest's result and ballots as files, each made when it is first asked for, and kept.

A file is written to a folder of this process, a slice of the ballots after the other and in a thread, so
a million of them stop nobody else's page. What is kept is of one version of the contest and one result;
with another it is made anew.
"""

import asyncio
import shutil
import tempfile
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from expo.db import Database
from expo.errors import NotFound
from voting import visibility
from voting.contests import Contest
from voting.downloads import contest_json, day_csv
from voting.eligibility import UnknownContest
from voting.exchange import blt_writing, preflib_writing, sawt_json_writing, store
from voting.exchange.ballot_file import BallotFile
from voting.exchange.opened import Asked, Opened, Piles
from voting.exchange.published import KINDS, RESULTS, SHEETS, Row, asked_of, lines_of, opened
from voting.results import PublicResult, public
from voting.usecases import Voting

_COMPLETE: Final = "soc"
_WRITERS: Final[dict[str, Callable[[Asked, BallotFile], str]]] = {
    "sawt.json": sawt_json_writing.write,
    "ballots.blt": blt_writing.write,
    "ballots.soi": lambda asked, file: preflib_writing.write(asked, file, kind="soi"),
    "ballots.soc": lambda asked, file: preflib_writing.write(asked, file, kind=_COMPLETE),
}


class Exchange:
    """One per process.

    Args:
        database: Has the record.
        voting: Has the contests and their results.
    """

    def __init__(self, database: Database, voting: Voting) -> None:
        self._database = database
        self._voting = voting
        self._folder: str | None = None
        self._one_at_a_time = asyncio.Lock()
        self._kept: dict[tuple[str, str], tuple[tuple[int, int], Path]] = {}

    async def file(self, contest_id: str, name: str) -> Path:
        """Where the file of this name is.

        Raises:
            UnknownContest: There is no such contest.
            NotPublishedYet: Its result is not public.
            NotFound: It has no file of this name.
        """
        contest = self._voting.contests.get(contest_id)
        if contest is None:
            raise UnknownContest
        visibility.check_shown(contest)
        result = self._voting.frozen(contest_id)
        if name not in KINDS or result is None:
            raise NotFound
        made_of = contest.version, result.position
        async with self._one_at_a_time:
            kept = self._kept.get((contest_id, name))
            if kept is not None and kept[0] == made_of:
                return kept[1]
            path = await self._made(contest, name, public(result))
            if kept is not None:
                kept[1].unlink(missing_ok=True)
            self._kept[contest_id, name] = made_of, path
            return path

    async def _made(self, contest: Contest, name: str, result: PublicResult) -> Path:
        path = await asyncio.to_thread(self._new_file)
        try:
            if name in RESULTS:
                await asyncio.to_thread(path.write_bytes, _of_result(name, contest, result))
            elif name in SHEETS:
                await self._write_sheet(path, name, contest)
            else:
                await self._write_piles(path, name, contest)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path

    def _new_file(self) -> Path:
        """An empty file in the folder, which is gone when the process ends."""
        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix="sawt-files-")
            weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
            return Path(file.name)

    async def _write_sheet(self, path: Path, name: str, contest: Contest) -> None:
        asked = asked_of(contest)
        sheet = SHEETS[name](asked)
        await asyncio.to_thread(_append, path, sheet.begin())
        await self._each(contest, asked, lambda some: _append(path, lines_of(sheet, some)))
        await asyncio.to_thread(_append, path, sheet.end())

    async def _write_piles(self, path: Path, name: str, contest: Contest) -> None:
        asked = asked_of(contest)
        piles = Piles(asked)

        def put(ballots: Sequence[Opened]) -> None:
            for ballot in ballots:
                piles.take(ballot)

        await self._each(contest, asked, put)
        await asyncio.to_thread(_write_election, path, name, asked, piles)

    async def _each(
        self, contest: Contest, asked: Asked, put: Callable[[Sequence[Opened]], None]
    ) -> None:
        """Every ballot, a slice after the other, in a thread."""
        async with self._database.read() as tx:
            async for rows in store.ballots(tx, contest.id):
                await asyncio.to_thread(_put, put, rows, asked)


def _put(put: Callable[[Sequence[Opened]], None], rows: list[Row], asked: Asked) -> None:
    put(opened(rows, asked))


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8", newline="") as file:
        file.write(text)


def _write_election(path: Path, name: str, asked: Asked, piles: Piles) -> None:
    """Write what the piles are.

    Raises:
        NotFound: The form has no place for these ballots.
    """
    file = piles.file()
    if name.endswith(_COMPLETE) and preflib_writing.kind_of(file) != _COMPLETE:
        raise NotFound
    path.write_text(_WRITERS[name](asked, file), encoding="utf-8", newline="")


def _of_result(name: str, contest: Contest, result: PublicResult) -> bytes:
    return day_csv([(contest, result)]) if name.endswith("csv") else contest_json(contest, result)
