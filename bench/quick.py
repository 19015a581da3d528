"""The eight figures of ``python -m bench --quick --json``, all measured in one run under 50 seconds."""

import contextlib
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

import msgspec

from bench import peers
from bench.measures import ratio
from bench.peers import Absent, Server
from bench.programs import Failed
from bench.scenarios import ballots, fanout, joins, stalled

T = TypeVar("T")

_SECONDS: Final = 44.0  # a server may take a few more to end
_VIEWERS: Final = 5_000
_VOTERS: Final = 2_000
_FRAMES: Final = 6
_HERTZ: Final = 4.0
_VOTE_SECONDS: Final = 2.0
_JOIN_SECONDS: Final = 2.0
_STALLED_FRAMES: Final = 6


class Quick(msgspec.Struct):
    """The figures; None for one whose server could not run, with the reason on standard error."""

    frame_cpu_vs_c: float | None = None
    frame_cpu_vs_node_ws: float | None = None
    frame_cpu_vs_starlette: float | None = None
    kb_per_viewer: float | None = None
    durable_ballots_per_s: float | None = None
    durable_vs_node_ws: float | None = None
    joins_per_s: float | None = None
    stalled_p99_ratio: float | None = None


def run(seconds: float = _SECONDS) -> Quick:
    """Measure everything, the shortest way; what is not done after so many seconds is left out."""
    told = Quick()
    with _until(seconds):
        _tried("eager", lambda server: _join_and_vote(server, told))
        echoed = _tried("ws", _vote_and_frame)
        ours = _tried("sawt", lambda server: _frame_and_stall(server, told))
        if echoed is not None:
            rate, frame = echoed
            told.durable_vs_node_ws = ratio(told.durable_ballots_per_s, rate)
            told.frame_cpu_vs_node_ws = ratio(_cost(ours), frame.frame_us)
        told.frame_cpu_vs_c = ratio(_cost(ours), _cost(_tried("c", _frame)))
        told.frame_cpu_vs_starlette = ratio(_cost(ours), _cost(_tried("starlette", _frame)))
    return told


class _Late(Exception):
    """The time is up."""


@contextlib.contextmanager
def _until(seconds: float) -> Iterator[None]:
    """Whatever is under way after so many seconds is given up; what was found by then stays."""

    def late(_number: int, _frame: object) -> None:
        raise _Late

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except _Late:
        print("the time was up: the figures that are null were not measured", file=sys.stderr)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _tried(name: str, work: Callable[[Server], T]) -> T | None:
    """What the work found on a fresh server of this name; None, and why, when it could not be done."""
    try:
        with peers.PEERS[name]() as server:
            return work(server)
    except (Absent, Failed, OSError, msgspec.MsgspecError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return None


def _cost(found: fanout.Fanout | None) -> float | None:
    return found.frame_us if found else None


def _frame(server: Server) -> fanout.Fanout:
    return fanout.measure(server, _VIEWERS, frames=_FRAMES, hertz=_HERTZ)


def _frame_and_stall(server: Server, told: Quick) -> fanout.Fanout:
    frames = _frame(server)
    told.kb_per_viewer = frames.viewer_kb
    told.stalled_p99_ratio = stalled.measure(
        server, _VIEWERS, frames=_STALLED_FRAMES, hertz=_HERTZ
    ).p99_ratio
    return frames


def _vote_and_frame(server: Server) -> tuple[float, fanout.Fanout]:
    return _vote(server).per_second, _frame(server)


def _vote(server: Server) -> ballots.Ballots:
    return ballots.steady(server, _VOTERS, _VOTE_SECONDS)


def _join_and_vote(server: Server, told: Quick) -> None:
    told.joins_per_s = joins.measure(server, _JOIN_SECONDS).per_second
    told.durable_ballots_per_s = _vote(server).per_second
