"""One viewer in twenty never reads: what the others notice of it, and what is kept for each.

Both windows have the same audience: 5,000 viewers of one generator and 263 of a second one, which
read in the first window and do not in the second. (Against 5,000 alone even 263 more healthy viewers
cost the others a quarter of their p99 on the machine this was written on, most of it the second
generator's; such a comparison would say nothing about stalled viewers. It is kept as a figure.)
"""

import time
from typing import Final

import msgspec

from bench.crowd import Crowd
from bench.measures import ratio
from bench.peers import Server
from bench.scenarios.fanout import publish, window

_ONE_IN: Final = 20
_FILL_FRAMES: Final = 6
_FILL_BYTES: Final = (
    4_000  # fills a small receive window and the kernel's own buffer in a few frames
)
_FILL_HERTZ: Final = 5.0
_SETTLE_SECONDS: Final = 0.5


class Stalled(msgspec.Struct, frozen=True):
    """The others' p99 with over without, each the median over the frames of its window.

    ``p99_alone`` is theirs without the twentieth at all. ``held`` are whole frames kept in the process
    for the worst of the stalled, None where the server could not say; ``behind`` how many it noticed;
    ``lost`` healthy viewers that lost their connection.
    """

    viewers: int
    p99_alone: float
    p99_without: float
    p99_with: float
    p99_ratio: float
    held: float | None
    behind: int
    lost: int


def measure(server: Server, viewers: int, *, frames: int = 8, hertz: float = 4.0) -> Stalled:
    """So many viewers beside a twentieth that reads, and beside one that does not."""
    twentieth = max(1, viewers // (_ONE_IN - 1))
    with Crowd(server.port, viewers, *server.flags) as crowd:
        crowd.come()
        time.sleep(_SETTLE_SECONDS)
        publish(server, 1, hertz)
        alone, _costs = window(server, crowd, max(2, frames // 2), hertz)
        with Crowd(server.port, twentieth, *server.flags) as readers:
            readers.come()
            publish(server, _FILL_FRAMES, _FILL_HERTZ, _FILL_BYTES)
            without, _costs = window(server, crowd, frames, hertz)
        with Crowd(server.port, twentieth, *server.flags, "--stalled", "1") as sleepers:
            sleepers.come()
            publish(server, _FILL_FRAMES, _FILL_HERTZ, _FILL_BYTES)
            during, _costs = window(server, crowd, frames, hertz)
            held = server.held()
    p99, p99_with = without.age_p99_of_each or 0.0, during.age_p99_of_each or 0.0
    return Stalled(
        viewers=viewers,
        p99_alone=alone.age_p99_of_each or 0.0,
        p99_without=p99,
        p99_with=p99_with,
        p99_ratio=ratio(p99_with, p99) or 0.0,
        held=held["most_bytes"] / _FILL_BYTES if held["measured"] else None,
        behind=held["behind"],
        lost=during.gone,
    )
