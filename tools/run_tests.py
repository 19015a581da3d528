"""Runs the whole test suite four groups at a time: most of them wait most of the time.

``python tools/run_tests.py [--coverage] [GROUP …]``: groups are folders of ``tests/`` or parts of one (all
by default). Each group's output is printed whole when it has ended. With ``--coverage``, as by night, groups
other than the browser's run under it, and with all of them the report and its gate follow. Exits with 1
when a group failed or the gate did.

By day without: tracing takes half as long again, and the tracer of greenlets can spin for ever over threads
that have ended (coverage.py with ``concurrency = greenlet``).
"""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
GROUPS: Final = (
    "browser p",
    "faults a-l",
    "integration q-z",
    "browser a-o",
    "integration a-h",
    "integration i-p",
    "browser q-z",
    "faults m-z",
    "property",
    "fleet",
    "contract",
    "unit",
    "browser-fleet",
)
"""Longest first, and what waits beside what computes, so that the cores end together."""


def _files(folder: str, letters: str) -> tuple[str, ...]:
    """The files of a folder that begin with these letters, e.g. ``a-h``."""
    found = sorted((ROOT / "tests" / folder).glob(f"test_[{letters}]*.py"))
    return tuple(path.relative_to(ROOT).as_posix() for path in found)


_OTHERWISE: Final = {
    "browser-fleet": ("tests/browser/test_casting.py", "--fleet"),
    **{name: _files(*name.split()) for name in GROUPS if " " in name},
}
"""Groups that are no folder: the browser's on several nodes, of which the nightly run takes all, and
parts of the largest folders, which would keep one core busy long after the others."""
# Real servers wait for real time: with fewer groups the cores of a small machine are idle now and then.
_AT_ONCE: Final = 3
# Playwright's loop is beside that of the server; nodes are processes of their own.
_UNCOVERED: Final = ("browser", "fleet")
_NOTHING_RAN: Final = 5  # pytest's word for a folder whose every test stepped aside
_PYTEST: Final = ("-m", "pytest", "-q", "--durations=12")
_COVERAGE: Final = ("-m", "coverage")


async def _run(*arguments: str) -> tuple[int, bytes]:
    """Exit code and output of one Python of ours."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        stdin=asyncio.subprocess.DEVNULL,
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output


def paths_of(name: str) -> tuple[str, ...]:
    """What pytest is given for a group: paths below the repository, and options."""
    return _OTHERWISE.get(name, (f"tests/{name}",))


async def _group(name: str, cores: asyncio.Semaphore, *, is_covered: bool) -> bool:
    is_covered = is_covered and not name.startswith(_UNCOVERED)
    covered = (*_COVERAGE, "run", "--parallel-mode") if is_covered else ()
    async with cores:
        began = time.monotonic()
        code, output = await _run(*covered, *_PYTEST, *paths_of(name))
    _say(f"--- {name} ({time.monotonic() - began:.0f} s)\n".encode() + output)
    return code in (0, _NOTHING_RAN)


def _say(text: bytes) -> None:
    sys.stdout.buffer.write(text)
    sys.stdout.flush()


async def main(groups: Sequence[str], *, is_covered: bool) -> int:
    """Run these groups; 0 when everything held."""
    os.environ.setdefault("COVERAGE_FILE", str(ROOT / ".coverage"))
    await _run(*_COVERAGE, "erase")
    cores = asyncio.Semaphore(_AT_ONCE)
    held = list(
        await asyncio.gather(*(_group(name, cores, is_covered=is_covered) for name in groups))
    )
    if is_covered and set(groups) == set(GROUPS):
        await _run(*_COVERAGE, "combine", "--quiet")
        code, report = await _run(*_COVERAGE, "report")
        _say(report)
        held.append(code == 0)
    return int(not all(held))


if __name__ == "__main__":
    wanted = [name for name in GROUPS if name in sys.argv[1:]] or GROUPS
    raise SystemExit(asyncio.run(main(wanted, is_covered="--coverage" in sys.argv)))
