"""What is read from Linux: cores, the processor time and memory of a process, who is being measured."""

import os
import platform
import resource
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Final

_PARTS: Final = ("starlette", "uvicorn", "websockets", "msgspec", "SQLAlchemy")
_SPARE_FILES: Final = 512  # of a server beside its viewers
_LOOK_SECONDS: Final = 10


def cores() -> tuple[int, int]:
    """The core of the server under measurement, and the core of whoever loads it."""
    found = sorted(os.sched_getaffinity(0))
    return found[0], found[min(1, len(found) - 1)]


def most_sockets() -> int:
    """Viewers that fit one process beside its own files."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 1_000_000 if hard == resource.RLIM_INFINITY else hard - _SPARE_FILES


def cpu_seconds(pids: tuple[int, ...]) -> float:
    """Processor time all threads of these processes have had, in seconds (nanosecond grain)."""
    total = 0
    for pid in pids:
        for path in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                total += int(path.read_text().split()[0])
            except OSError:  # the thread has just ended
                continue
    return total / 1e9


def memory_kb(pids: tuple[int, ...]) -> int:
    """Memory of these processes, shared pages divided among their users (PSS), in kilobytes."""
    return sum(_pss(Path(f"/proc/{pid}/smaps_rollup").read_text()) for pid in pids)


def _pss(rollup: str) -> int:
    return next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))


def versions() -> dict[str, str]:
    """Everything whose version matters for a figure, by name."""
    found = {"Python": platform.python_version()}
    found |= {part: version(part) for part in _PARTS}
    found["kernel"] = platform.release()
    found["processor"] = f"{_processor()} × {os.cpu_count()}"
    for name, command in (("Node", ("node", "--version")), ("C compiler", ("gcc", "--version"))):
        if (told := _told(command)) is not None:
            found[name] = told
    return found


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _told(command: tuple[str, ...]) -> str | None:
    program = shutil.which(command[0])
    if program is None:
        return None
    done = subprocess.run(
        [program, *command[1:]], capture_output=True, text=True, check=False, timeout=_LOOK_SECONDS
    )
    return done.stdout.splitlines()[0].strip() if done.stdout else None
