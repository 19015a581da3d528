"""A program on a core of its own that is spoken to line by line and never outlives us.

Every program of the benchmark ends when its standard input ends, so nothing is left over even when
we are killed; and nothing is waited for without a deadline.
"""

import contextlib
import os
import selectors
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from io import FileIO
from pathlib import Path
from typing import Any, Final, Self, cast

import msgspec

_END_SECONDS: Final = 10.0
_BLOCK: Final = 1 << 16
_ENDED: Final = "has ended"
_SILENT: Final = "did not answer in time"
_TAIL: Final = 2_000  # bytes of what a failed program said last


class Failed(Exception):
    """A program did not do what was asked in time; ``str()`` says which and what it said last."""


class Program:
    """One program. Its answers are lines of JSON; other lines are passed over.

    Args:
        command: What to start.
        core: Where it runs; None anywhere.
        environ: Added to our own environment.
        cwd: Where it starts.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        core: int | None = None,
        environ: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self.name = Path(command[0]).name
        self._said = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        self._process = subprocess.Popen(
            [*pinning(core), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            env={**os.environ, **(environ or {})},
            cwd=cwd,
            bufsize=0,
            start_new_session=True,
        )
        pipes = self._process.stdin, self._process.stdout
        self._in, self._out = (cast("FileIO", pipe) for pipe in pipes)
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.end()

    @property
    def pids(self) -> tuple[int, ...]:
        """The process with its children."""
        found, seen = [self._process.pid], 0
        while seen < len(found):
            for path in Path(f"/proc/{found[seen]}/task").glob("*/children"):
                with contextlib.suppress(OSError):
                    found += map(int, path.read_text().split())
            seen += 1
        return tuple(found)

    def tell(self, line: str) -> None:
        """Send a command.

        Raises:
            Failed: It has ended.
        """
        try:
            self._in.write(line.encode() + b"\n")
        except OSError as error:
            raise self._failed(_ENDED) from error

    def hear(self, seconds: float) -> dict[str, Any]:
        """The next answer.

        Raises:
            Failed: None came in time, or the program has ended.
        """
        end = time.monotonic() + seconds
        while True:
            line, found, rest = self._rest.partition(b"\n")
            if not found:
                self._rest += self._more(end)
                continue
            self._rest = rest
            if line.startswith(b"{"):
                answer: dict[str, Any] = msgspec.json.decode(line)
                return answer

    def end(self) -> None:
        """End it: first by closing its input, then without asking."""
        with contextlib.suppress(OSError):
            self._in.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(_END_SECONDS)
        self._out.close()
        self._said.close()

    def _more(self, end: float) -> bytes:
        with selectors.DefaultSelector() as selector:
            selector.register(self._out, selectors.EVENT_READ)
            if not selector.select(max(0.0, end - time.monotonic())):
                raise self._failed(_SILENT)
        block = os.read(self._out.fileno(), _BLOCK)
        if not block:
            raise self._failed(_ENDED)
        return block

    def _failed(self, how: str) -> Failed:
        self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, self._said.tell() - _TAIL))
        said = self._said.read().decode(errors="replace").strip()
        return Failed(f"{self.name} {how}: {said or 'it said nothing'}")


def pinning(core: int | None) -> list[str]:
    """The start of a command that runs on this core; nothing where that cannot be had."""
    program = shutil.which("taskset")
    return [] if core is None or program is None else [program, "-c", str(core)]
