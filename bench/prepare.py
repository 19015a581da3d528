"""Set-up the benchmark does itself: the C programs compiled, the Node peers installed.

What is missing afterwards is told once; a peer that cannot run is left out of the tables, and says
why.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).resolve().parent
BUILD: Final = FOLDER / "build"
_C: Final = FOLDER / "c"
_NODE: Final = FOLDER / "node"
_PROGRAMS: Final = {
    "load": ("common.c", "samples.c", "frames.c", "ballots.c", "people.c", "load.c"),
    "writer": ("common.c", "frames.c", "writer.c"),
}
_NO_COMPILER: Final = "The benchmark needs a C compiler: sudo apt-get install gcc libc6-dev"
_SET_UP_SECONDS: Final = 300
_NPM: Final = ("ci", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel", "error")


class Unprepared(Exception):
    """The generator itself cannot be built; ``str()`` says what is missing."""


def prepare() -> None:
    """Make everything ready that is not; a second time this does nothing.

    Raises:
        Unprepared: There is no generator, so nothing can be measured.
    """
    if not _is_ready():
        setup = FOLDER.parent / "tools" / "setup.sh"
        if problem := _run(["bash", str(setup), "bench"], "tools/setup.sh bench"):
            print(problem, file=sys.stderr)
    for name, sources in _PROGRAMS.items():
        _compile(name, [_C / source for source in sources])
    npm = shutil.which("npm")
    problem = _run([npm, *_NPM], "npm ci", cwd=_NODE) if npm and not has_node_peers() else ""
    if problem:
        print(problem, file=sys.stderr)


def has_node_peers() -> bool:
    """Whether the packages of the Node servers are there, of this very lock."""
    stamp = _NODE / "node_modules" / ".package-lock.json"
    lock = _NODE / "package-lock.json"
    return stamp.exists() and stamp.stat().st_mtime >= lock.stat().st_mtime


def _is_ready() -> bool:
    return all(map(shutil.which, ("gcc", "node", "npm", "taskset")))


def _compile(name: str, sources: list[Path]) -> None:
    target = BUILD / name
    newest = max(path.stat().st_mtime for path in [*sources, *_C.glob("*.h")])
    if target.exists() and target.stat().st_mtime >= newest:
        return
    compiler = shutil.which("gcc") or shutil.which("cc") or shutil.which("clang")
    if compiler is None:
        raise Unprepared(_NO_COMPILER)
    BUILD.mkdir(exist_ok=True)
    fresh = BUILD / f"{name}.new"
    command = [compiler, "-O2", "-Wall", "-Wextra", "-o", str(fresh), *map(str, sources)]
    if problem := _run(command, f"compiling {name}"):
        raise Unprepared(problem)
    fresh.replace(target)


def _run(command: list[str], what: str, cwd: Path | None = None) -> str:
    """Nothing, or why it did not work."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd=cwd,
            timeout=_SET_UP_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{what}: {error}"
    return f"{what}: {done.stderr.strip() or done.stdout.strip()}" if done.returncode else ""
