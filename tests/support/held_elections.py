"""A whole election on a server in a process of its own, and a look at its record by other code.

What is checked reads the database with plain SQL and counts the ballots with ``run.py count``:
it shares nothing with the code that recorded and counted them but the record.
"""

import asyncio
import json
import random
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from typing_extensions import override

from command.child import Child
from command.common import ROOT
from command.rehearse import attended, come, throwaway
from sessions.programme import Programme
from sessions.rehearsal.audience import Audience
from sessions.rehearsal.crowd import ranking
from sessions.rehearsal.election import SESSION, programme_for, strict_ballots
from sessions.rehearsal.election_day import Held
from sessions.schedule_file import parse
from voting.exchange import files
from voting.exchange.ballot_file import BallotFile

Trouble = Callable[[Child, Audience], Coroutine[Any, Any, None]]
"""What happens to the server while the audience votes; ends by itself."""

BURLINGTON = ROOT.parent / "shared" / "elections" / "burlington_2009_mayor.json"


class Election(msgspec.Struct, frozen=True):
    """An election to be held: its file, and the ballot each member casts in the end."""

    file: BallotFile
    ballots: tuple[tuple[str, ...], ...]


def real_election(size: int | None = None) -> Election:
    """The strict ballots of a real election, all or a sample of them."""
    file = files.read(BURLINGTON.name, BURLINGTON.read_bytes())
    ballots = strict_ballots(file)
    random.Random(2009).shuffle(ballots)
    return Election(file, tuple(ballots[:size]))


def made_up_election(size: int) -> Election:
    """An election of our own: common opinion plus own taste, short ballots too."""
    options = [f"o{number}" for number in range(5)]
    rankings = [ranking(9, number, options, 5) for number in range(size)]
    data = {"candidates": options, "ballots": [{"count": 1, "ranking": one} for one in rankings]}
    file = files.read("made-up.json", json.dumps(data).encode())
    return Election(file, tuple(strict_ballots(file)))


class Evidence(msgspec.Struct, frozen=True):
    """What there is to look at afterwards."""

    held: Held
    audience: Audience
    programme: Programme
    database: Path | str
    """A SQLite file, or the address of a PostgreSQL database."""
    folder: Path
    """For what is written to look closer."""


async def held(
    folder: Path,
    election: Election,
    trouble: Trouble | None = None,
    *,
    pace: float,
    command: tuple[str, ...] | None = None,
    most_seconds: float = 600,
) -> Evidence:
    """The election, held from the first ballot to the published result.

    Args:
        folder: Becomes the server's data folder.
        election: What is asked, and the ballots.
        trouble: Goes on beside the voting.
        pace: How much faster than people.
        command: Another server than ``run.py serve``.
        most_seconds: How long the voting may take.
    """
    electorates = parse((ROOT / "schedule.yaml").read_bytes()).electorates
    programme = programme_for(election.file, electorates)
    async with throwaway(folder, programme) as (child, organiser):
        if command:
            child.command = command
        await child.start()
        audience, room = await come(
            child.url, organiser, len(election.ballots), pace=pace, ballots=election.ballots
        )
        async with audience.door, asyncio.TaskGroup() as tasks:
            making = tasks.create_task(trouble(child, audience)) if trouble else None
            result = await attended(audience, room, SESSION, most_seconds=most_seconds)
            if making is not None:
                await making
        return Evidence(result, audience, programme, folder / "sawt.sqlite3", folder)


def look(there: Evidence) -> None:
    """Everything that was promised is so.

    Raises:
        AssertionError: A ballot is missing, doubled or changed, or a count differs.
    """
    report = there.audience.report
    assert there.held.everybody_answered
    assert report.refused == {}
    if isinstance(there.database, Path):
        with closing(sqlite3.connect(there.database)) as opened:
            assert opened.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            lines, current, (disputed, value) = _recorded(opened, "?")
    else:
        with psycopg.connect(there.database.replace("+psycopg", "")) as connected:
            lines, current, (disputed, value) = _recorded(connected, "%s")
    _look_at_lines(lines, current)
    _look_for_promises(lines, there.audience)
    assert not disputed  # the recount from line 1 equals the running tally
    _count_again(there, json.loads(value))


_QUERIES = (
    """SELECT position, kind, ballot_id, voter, electorate, revision, ranking, tracker, status
    FROM contest_line WHERE contest = ? ORDER BY position""",
    "SELECT voter, position, revision, tracker FROM ballot WHERE contest = ?",
    "SELECT disputed, value FROM contest_result WHERE contest = ?",
)


def _recorded(database: Any, mark: str) -> tuple[list[Any], list[Any], Any]:
    """Lines, current ballots and the result in the record; ``mark`` stands for a value in its SQL."""
    lines, current, results = (
        database.execute(query.replace("?", mark), [SESSION]).fetchall() for query in _QUERIES
    )
    return lines, current, results[0]


def _look_at_lines(lines: list[Any], current: list[Any]) -> None:
    assert [line[0] for line in lines] == list(range(1, len(lines) + 1))
    assert [line[1] for line in lines] == ["cast"] * (len(lines) - 1) + ["closed"]
    casts = lines[:-1]
    by_voter = groupby(sorted(casts, key=lambda line: (line[3], line[0])), lambda line: line[3])
    latest = []
    for voter, own in by_voter:
        all_own = list(own)
        assert [line[5] for line in all_own] == list(range(1, len(all_own) + 1))
        assert len({(line[4], line[7]) for line in all_own}) == 1  # one electorate, one tracker
        latest.append((voter, all_own[-1][0], all_own[-1][5], all_own[-1][7]))
    assert sorted(current) == latest


def _look_for_promises(lines: list[Any], audience: Audience) -> None:
    """Every acknowledged ballot is there once as it was acknowledged, and nothing else is."""
    recorded = sorted(
        (line[2], tuple(json.loads(line[6])), line[7], line[5]) for line in lines[:-1]
    )
    acknowledged = sorted(
        (one.ballot, one.ranking, one.tracker, one.revision) for one in audience.report.acknowledged
    )
    missing = set(acknowledged) - set(recorded)
    assert missing == set()
    assert recorded == acknowledged


def _count_again(there: Evidence, frozen: dict[str, Any]) -> None:
    """The frozen result has the integers and the ranking of the same ballots in a file."""
    electorate_of = there.audience.electorates
    cast: dict[str, list[tuple[str, ...]]] = {}
    for (member, _), one in sorted(there.audience.report.latest().items()):
        cast.setdefault(electorate_of[member], []).append(one.ranking)
    groups = [
        {
            "id": one.id,
            "weight": one.weight,
            "full_weight_at": one.full_weight_at,
            "min": one.min,
            "ballots": [{"count": 1, "ranking": said} for said in cast.get(one.id, [])],
        }
        for one in there.programme.electorates
    ]
    options = list(there.programme.sessions[0].initiatives)
    file = there.folder / "cast.json"
    file.write_text(json.dumps({"candidates": options, "groups": groups}))
    done = subprocess.run(
        [sys.executable, str(ROOT / "run.py"), "count", str(file), "--json"],
        capture_output=True,
        check=True,
    )
    counted = json.loads(done.stdout)
    assert frozen["ballots"] == counted["ballots"]
    assert frozen["ids"] == counted["candidates"]
    assert frozen["support"] == counted["pairwise"]
    assert frozen["ranks"] == counted["ranking"]
    assert [list(rank) for rank in there.held.ranking] == counted["ranking"]


class Killing:
    """``kill -9`` a random moment after the first new receipt, and start again; so many times.

    Args:
        times: How often.
        seed: Of the moments.
    """

    def __init__(self, times: int, seed: int) -> None:
        self.times = times
        self.done = 0
        self.back_after: list[float] = []
        """Seconds from each kill to the next receipt."""
        self._chance = random.Random(seed)

    async def __call__(self, child: Child, audience: Audience) -> None:
        """Go on until it has been done often enough or the voting is over."""
        await _new_receipt(audience)
        while self.done < self.times and not audience.finished.is_set():
            await asyncio.sleep(self._chance.uniform(0.0, 0.4))
            killed = time.monotonic()
            await child.kill()
            self.done += 1
            await child.start()
            await _new_receipt(audience)
            self.back_after.append(time.monotonic() - killed)

    @override
    def __str__(self) -> str:
        if not self.back_after:
            return f"{self.done} kills"
        median, longest = statistics.median(self.back_after), max(self.back_after)
        return f"{self.done} kills; receipts back after {median:.1f} s (median), {longest:.1f} s (longest)"


async def _new_receipt(audience: Audience) -> None:
    seen = len(audience.report.acknowledged)
    while len(audience.report.acknowledged) == seen:
        if audience.finished.is_set():
            return
        await asyncio.sleep(0.005)
