"""Compiles `expo/wire/burst.c` for this environment; without a compiler says what that costs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from expo.wire.burst import LIBRARY, SOURCE

_FLAGS: Final = ("-O2", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror")
_SECONDS: Final = 60


def compiled(library: Path = LIBRARY, compiler: str | None = None) -> str:
    """Compile, unless that has been done; empty, or why it could not be."""
    compiler = compiler or shutil.which("cc") or shutil.which("gcc")
    if library.exists():
        return ""
    if compiler is None:
        return "no C compiler"
    part = library.with_suffix(f".{os.getpid()}")
    done = subprocess.run(  # noqa: S603 - our own source and words
        [compiler, *_FLAGS, str(SOURCE), "-o", str(part)],
        capture_output=True,
        text=True,
        check=False,
        timeout=_SECONDS,
    )
    if done.returncode != 0:
        part.unlink(missing_ok=True)
        return done.stderr.strip() or "the compiler failed"
    part.replace(library)  # in one step: nobody can load half of it
    return ""


if __name__ == "__main__":
    if problem := compiled():
        print(f"Frames go out one by one, a little dearer: {problem}", file=sys.stderr)
