"""The eight figures of ``python -m bench --quick --json``, all measured in one run under 50 seconds."""

import sys
import time
from collections.abc import Callable
from typing import Final, TypeVar

import msgspec

from bench import peers
from bench.measures import ratio
from bench.peers import Absent, Server
from bench.programs import Failed
from bench.scenarios import ballots, fanout, joins, stalled

T = TypeVar("T")

_VIEWERS: Final = 5_000
_VOTERS: Final = 2_000
_FRAMES: Final = 6
_HERTZ: Final = 4.0
_VOTE_SECONDS: Final = 2.0
_JOIN_SECONDS: Final = 2.0
_STALLED_FRAMES: Final = 8


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


def run(seconds: float = 45.0) -> Quick:
    """Measure everything, the shortest way; what would begin after so many seconds is left out."""
    end = time.monotonic() + seconds
    told = Quick()
    frames = {name: _tried(name, end, _frame) for name in ("sawt", "c", "ws", "starlette")}
    ours = frames["sawt"]
    if ours is not None:
        cost = {name: one.frame_us if one else None for name, one in frames.items()}
        told.kb_per_viewer = ours.viewer_kb
        told.frame_cpu_vs_c = ratio(cost["sawt"], cost["c"])
        told.frame_cpu_vs_node_ws = ratio(cost["sawt"], cost["ws"])
        told.frame_cpu_vs_starlette = ratio(cost["sawt"], cost["starlette"])
    voted = _tried("sawt", end, lambda server: _vote_and_join(server, told))
    echoed = _tried("ws", end, _vote)
    if voted is not None:
        told.durable_ballots_per_s = voted.per_second
        told.durable_vs_node_ws = ratio(voted.per_second, echoed.per_second if echoed else None)
    sick = _tried("sawt", end, _stall)
    told.stalled_p99_ratio = sick.p99_ratio if sick else None
    return told


def _tried(name: str, end: float, work: Callable[[Server], T]) -> T | None:
    """What the work found on a fresh server of this name; None, and why, when it could not be done."""
    if time.monotonic() > end:
        print(f"{name}: not run: no time left", file=sys.stderr)
        return None
    try:
        with peers.PEERS[name]() as server:
            return work(server)
    except (Absent, Failed, OSError, msgspec.MsgspecError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return None


def _frame(server: Server) -> fanout.Fanout:
    return fanout.measure(server, _VIEWERS, frames=_FRAMES, hertz=_HERTZ)


def _vote(server: Server) -> ballots.Ballots:
    return ballots.steady(server, _VOTERS, _VOTE_SECONDS)


def _vote_and_join(server: Server, told: Quick) -> ballots.Ballots:
    told.joins_per_s = joins.measure(server, _JOIN_SECONDS).per_second
    return _vote(server)


def _stall(server: Server) -> stalled.Stalled:
    return stalled.measure(server, _VIEWERS, frames=_STALLED_FRAMES, hertz=_HERTZ)
