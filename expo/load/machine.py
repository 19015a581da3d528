"""What this process takes of its machine: processor, memory, files, disk. Asked of the system, now."""

import os
import shutil
import sys
import time
from pathlib import Path
from typing import Final

from expo.load.figures import Machine

if sys.platform != "win32":
    import resource

_STATM: Final = Path("/proc/self/statm")
_OPEN_FILES: Final = Path("/proc/self/fd")
_GROUP_LIMIT: Final = Path("/sys/fs/cgroup/memory.max")  # of a container or a service, Linux only


def cpu_seconds() -> float:
    """Processor time of this process since its start, all threads, in seconds."""
    return time.process_time()


def machine(folder: Path | None = None) -> Machine:
    """What is taken now.

    Args:
        folder: On the disk to look at; None where the disk is somebody else's to watch.
    """
    disk = shutil.disk_usage(folder) if folder else None
    return Machine(
        memory=_memory(),
        memory_most=_memory_most(),
        files=_files(),
        files_most=_files_most(),
        disk_free=disk.free if disk else 0,
        disk_total=disk.total if disk else 0,
    )


def _memory() -> int:
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # no Linux; the largest so far, in bytes on a Mac
        return 0 if sys.platform == "win32" else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _memory_most() -> int:
    try:
        whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0
    try:
        return min(whole, int(_GROUP_LIMIT.read_text()))
    except (OSError, ValueError):  # no group, or "max"
        return whole


def _files() -> int:
    try:
        return len(os.listdir(_OPEN_FILES))  # noqa: PTH208 - thousands of names, no paths needed
    except OSError:
        return 0


def _files_most() -> int:
    if sys.platform == "win32":
        return 0
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return 0 if soft == resource.RLIM_INFINITY else soft
