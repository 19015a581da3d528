"""A million ballots counted again: from a file by the command line, and the fold of a log by itself.

``python -m bench.scenarios.recount LINES`` folds so many log lines and prints what it took.
"""

import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec

from bench import machine
from bench.prepare import FOLDER
from bench.programs import Failed, pinning
from voting.methods.tally import Line, Tally

OPTIONS: Final = 12
RANKED: Final = 5
"""Of more than six options a contest lets people rank five."""
_LIMIT_SECONDS: Final = 120
_DID_NOT_COUNT: Final = "the count failed"
_TOO_LONG: Final = "the count took too long"
_CHUNK: Final = 1_000
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
    return _timed([str(FOLDER.parent / "run.py"), "count", str(path), "--json"])


def fold_log(lines: int) -> Counted:
    """The closing recount's fold over so many lines, each of another voter.

    Raises:
        Failed: It did not count.
    """
    return _timed(["-m", "bench.scenarios.recount", str(lines)])


def _timed(arguments: list[str]) -> Counted:
    """A Python of ours run to its end; a program that times itself is believed."""
    command = [*pinning(machine.cores()[0]), sys.executable, *arguments]
    with tempfile.TemporaryFile() as out:
        began = time.monotonic()
        process = subprocess.Popen(
            command, stdout=out, stderr=subprocess.DEVNULL, cwd=FOLDER.parent
        )
        status, used = _ended(process, began + _LIMIT_SECONDS)
        seconds = time.monotonic() - began
        out.seek(0)
        told = _OWN_TIME.fullmatch(out.read())
    if status:
        raise Failed(_DID_NOT_COUNT)
    return Counted(float(told[1]) if told else seconds, used.ru_maxrss / 1024)


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


def _lines(chance: random.Random, options: list[str], first: int, count: int) -> list[Line]:
    return [
        Line(
            n,
            f"{chance.getrandbits(256):064x}",
            "customers",
            1,
            tuple(chance.sample(options, RANKED)),
        )
        for n in range(first, first + count)
    ]


def main(lines: int) -> None:
    """Fold so many lines, and print the seconds of the fold alone."""
    chance, options = random.Random(lines), [f"option-{n}" for n in range(OPTIONS)]
    tally, seconds = Tally(options, ["customers"]), 0.0
    for first in range(1, lines + 1, _CHUNK):
        chunk = _lines(chance, options, first, min(_CHUNK, lines + 1 - first))
        began = time.perf_counter()
        tally.apply_all(chunk)
        seconds += time.perf_counter() - began
    print(f"{seconds:.6f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]))
