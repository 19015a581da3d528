"""Where the server's time goes: ``python -m bench.where``; needs ``perf`` and the right to use it.

Microseconds of Sawt's own process for a frame, a handshake and a join, by the library they were spent
in, and its milliseconds a second while nobody does anything. Sampling costs a few per cent; the figures
that count are those of `make bench`. Decision 0024 shows a run.
"""

import contextlib
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from bench import machine, peers, prepare
from bench.crowd import Crowd
from bench.peers import Server
from bench.programs import pinning
from bench.scenarios import fanout, joins

_PEOPLE: Final = 5_000
_FRAMES, _HERTZ = 16, 4.0
_SECONDS: Final = 4.0
_SHARE: Final = re.compile(r"^\s*([0-9.]+)%\s+(\S+)", re.MULTILINE)
_NO_PERF: Final = "perf is not installed"
_LEAST: Final = 1.0  # per cent; what is less is left out


@contextlib.contextmanager
def _sampled(server: Server, shares: dict[str, float]) -> Iterator[None]:
    """Fill in the per cents of the server's time by library."""
    pids = ",".join(map(str, server.pids))
    with tempfile.TemporaryDirectory() as name:
        samples = str(Path(name) / "samples")
        command = ["perf", "record", "-q", "-F", "999", "-p", pids, "-o", samples]
        with subprocess.Popen([*pinning(machine.cores()[1]), *command]) as recording:
            time.sleep(0.5)
            try:
                yield
            finally:
                recording.terminate()
        report = ["perf", "report", "-i", samples, "--stdio", "--no-children", "--sort", "dso"]
        found = subprocess.run(report, capture_output=True, text=True, check=True).stdout
    shares |= {library: float(share) for share, library in _SHARE.findall(found)}


def _tell(what: str, unit: str, whole: float, shares: dict[str, float]) -> None:
    parts = sorted(shares.items(), key=lambda part: -part[1])
    words = [f"{name} {whole * share / 100:.2f}" for name, share in parts if share >= _LEAST]
    print(f"{what}: {whole:.2f} {unit} = " + ", ".join(words), flush=True)


def _of(what: str, unit: str, measure: Callable[[Server], float]) -> None:
    shares: dict[str, float] = {}
    with peers.PEERS["sawt"]() as server, _sampled(server, shares):
        whole = measure(server)
    _tell(what, unit, whole, shares)


def _idle(server: Server) -> float:
    time.sleep(1.0)
    before = server.cpu()
    time.sleep(_SECONDS)
    return (server.cpu() - before) / _SECONDS * 1e3


def _handshakes(server: Server) -> float:
    before = server.cpu()
    with Crowd(server.port, _PEOPLE, *server.flags) as crowd:
        here = crowd.come().open
        return (server.cpu() - before) / here * 1e6


def _frames() -> None:
    """The crowd comes before the sampling begins."""
    shares: dict[str, float] = {}
    with (
        peers.PEERS["sawt"]() as server,
        Crowd(server.port, _PEOPLE, *server.flags) as crowd,
    ):
        crowd.come()
        with _sampled(server, shares):
            _, costs = fanout.window(server, crowd, _FRAMES, _HERTZ)
    _tell("a frame", "µs", sorted(costs)[len(costs) // 2] / _PEOPLE * 1e6, shares)


if __name__ == "__main__":
    if shutil.which("perf") is None:
        raise SystemExit(_NO_PERF)
    prepare.prepare()
    _of("idle", "ms a second", _idle)
    _frames()
    _of("a handshake", "µs", _handshakes)
    _of("a join", "µs", lambda server: joins.measure(server, _SECONDS).join_us)
