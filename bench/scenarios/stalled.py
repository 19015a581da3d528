"""One viewer in twenty never reads: what the others notice of it, and what is kept for each."""

import time
from typing import Final

import msgspec

from bench.crowd import Crowd
from bench.measures import ratio
from bench.peers import Server
from bench.scenarios.fanout import FRAME_BYTES, publish, window

_ONE_IN: Final = 20
_FILL_FRAMES: Final = 6
_FILL_BYTES: Final = (
    4_000  # fills a small receive window and the kernel's own buffer in a few frames
)
_FILL_HERTZ: Final = 5.0
_SETTLE_SECONDS: Final = 0.5


class Stalled(msgspec.Struct, frozen=True):
    """The others' p99 with over without, each the median over the frames of its window.

    ``held`` are whole frames kept in the process for the worst of the stalled, None where the server
    could not say; ``behind`` how many were noticed as stalled.
    """

    viewers: int
    p99_without: float
    p99_with: float
    p99_ratio: float
    held: float | None
    behind: int
    lost: int
    """Healthy viewers that lost their connection."""


def measure(server: Server, viewers: int, *, frames: int = 8, hertz: float = 4.0) -> Stalled:
    """So many viewers first among themselves, then again with one stalled for every nineteen."""
    with Crowd(server.port, viewers, *server.flags) as crowd:
        crowd.come()
        time.sleep(_SETTLE_SECONDS)
        return beside(server, crowd, viewers, frames=frames, hertz=hertz)


def beside(server: Server, crowd: Crowd, viewers: int, *, frames: int, hertz: float) -> Stalled:
    """As `measure`, with an audience that is here already."""
    publish(server, 2, hertz)
    without, _cpu = window(server, crowd, frames, hertz)
    stalled = max(1, viewers // (_ONE_IN - 1))
    with Crowd(server.port, stalled, *server.flags, "--stalled", "1") as sleepers:
        sleepers.come()
        publish(server, _FILL_FRAMES, _FILL_HERTZ, _FILL_BYTES)
        during, _cpu = window(server, crowd, frames, hertz)
        held = server.held() if server.stage else {"behind": 0, "measured": 0, "most_bytes": 0}
    p99, p99_with = without.age_p99_of_each or 0.0, during.age_p99_of_each or 0.0
    return Stalled(
        viewers=viewers,
        p99_without=p99,
        p99_with=p99_with,
        p99_ratio=ratio(p99_with, p99) or 0.0,
        held=held["most_bytes"] / _FILL_BYTES if held["measured"] else None,
        behind=held["behind"],
        lost=during.gone,
    )


__all__ = ["FRAME_BYTES", "Stalled", "beside", "measure"]
