"""The power is cut at any write: what was acknowledged is in every state the disk may be in (D2).

A desk casts ballots under a recorder that sees each write and each sync. Every state a cut may have
left is built again and opened by SQLite alone; the checker knows the file and the receipts, nothing
of the code that wrote them. What a disk swallows in its own cache cannot be shown here.
"""

import asyncio
import os
import random
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.contests import house
from tests.support.databases import url_in
from tests.support.killing import ROOT
from tests.support.powercut import STYLES, Disk, Entry, journal, recorder

pytestmark = pytest.mark.sqlite_only

BALLOTS = 200
STATES = 500
MUTANT_STATES = 80
CHECKPOINTS = 3  # at least so many have to happen meanwhile


class Recording:
    """What was there before, and what the desk did to it."""

    def __init__(self, folder: Path, ballots: int, mutant: str = "none") -> None:
        self.folder = folder / "data"
        self.folder.mkdir()
        url_in(self.folder)
        asyncio.run(_opened(self.folder))
        self.before = {path.name: path.read_bytes() for path in self.folder.glob("sawt.sqlite3*")}
        log = folder / "journal"
        subprocess.run(
            [
                sys.executable,
                "-m",
                "tests.support.recorded_desk",
                self.folder,
                str(ballots),
                mutant,
            ],
            env=os.environ
            | {
                "LD_PRELOAD": str(recorder()),
                "POWERCUT_FOLDER": str(self.folder),
                "POWERCUT_LOG": str(log),
            },
            cwd=ROOT,
            check=True,
        )
        self.entries = journal(log)

    def states(self, count: int, seed: int = 1) -> Iterator[tuple[dict[str, bytes], list[str]]]:
        """So many states after cuts spread over the whole journal, each with what was promised."""
        dice = random.Random(seed)
        cuts = Counter(dice.randrange(len(self.entries) + 1) for _ in range(count))
        disk = Disk(self.folder, self.before)
        for place in range(len(self.entries) + 1):
            for _ in range(cuts[place]):
                style = dice.choice(STYLES)
                yield dict(disk.after_cut(style, dice)), list(disk.promised)
            if place < len(self.entries):
                disk.apply(self.entries[place])

    def check(self, count: int, seed: int = 1) -> Counter[str]:
        """How many states are good, and how many bad in which way."""
        target = self.folder.parent / "after"
        target.mkdir(exist_ok=True)
        found: Counter[str] = Counter()
        for files, promised in self.states(count, seed):
            for old in target.iterdir():
                old.unlink()
            for name, content in files.items():
                (target / name).write_bytes(content)
            found[verdict(target / "sawt.sqlite3", promised)] += 1
        return found


async def _opened(folder: Path) -> None:
    async with house(folder) as there:
        await there.open()


def verdict(database: Path, promised: list[str]) -> str:
    """``good``, or what is wrong with this state."""
    try:
        with closing(sqlite3.connect(database)) as opened:
            return _verdict(opened, promised)
    except sqlite3.DatabaseError:
        return "unreadable"


def _verdict(opened: sqlite3.Connection, promised: list[str]) -> str:
    if opened.execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
        return "corrupt"
    lines = opened.execute(
        "SELECT position, ballot_id, voter, tracker, revision FROM contest_line ORDER BY position"
    ).fetchall()
    there = Counter(f"{ballot} {tracker} {revision}" for _, ballot, _, tracker, revision in lines)
    if any(there[line] != 1 for line in promised):
        return "lost"
    latest = {voter: (position, revision) for position, _, voter, _, revision in lines}
    current = {
        voter: (position, revision)
        for voter, position, revision in opened.execute(
            "SELECT voter, position, revision FROM ballot"
        )
    }
    ((head,),) = opened.execute("SELECT position FROM contest").fetchall()
    if [line[0] for line in lines] != list(range(1, head + 1)) or latest != current:
        return "half a transaction"
    return "good"


def syncs(entries: list[Entry], end: str) -> int:
    return sum(entry.kind == "S" and entry.path.endswith(end) for entry in entries)


def test_acknowledged_ballots_are_in_every_state_a_power_cut_leaves(tmp_path: Path) -> None:
    recording = Recording(tmp_path, BALLOTS)

    assert sum(entry.kind == "A" for entry in recording.entries) == BALLOTS
    assert syncs(recording.entries, "sawt.sqlite3") >= CHECKPOINTS
    assert recording.check(STATES) == {"good": STATES}


@pytest.mark.parametrize("mutant", ["normal", "off", "hasty"])
def test_record_that_syncs_too_little_or_promises_too_soon_is_found_out(
    tmp_path: Path, mutant: str
) -> None:
    found = Recording(tmp_path, BALLOTS // 2, mutant).check(MUTANT_STATES)

    assert found["lost"] + found["unreadable"] + found["corrupt"] > 0


@pytest.mark.nightly
@pytest.mark.timeout(1_800)
def test_acknowledged_ballots_are_in_ten_thousand_states_after_a_power_cut(tmp_path: Path) -> None:
    recording = Recording(tmp_path, 400)

    assert recording.check(10_000, seed=2) == {"good": 10_000}
