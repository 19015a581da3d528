"""One frame to everybody, again and again: its cost, its age, what joining and idling cost."""

import gc
import statistics
import time
from typing import Final

import msgspec

from bench.crowd import Crowd, Figures
from bench.peers import Server

FRAME_BYTES: Final = 540
"""About the size of a running order of eight options."""
_SETTLE_SECONDS: Final = 0.5
_WARM_FRAMES: Final = 2


class Fanout(msgspec.Struct, frozen=True):
    """What one server needed for one audience.

    ``frame_us`` and ``handshake_us`` are the server's processor time in microseconds, ``viewer_kb``
    its memory for each idle viewer, ``core`` the share of a core it used while publishing. Ages are
    milliseconds from publication to parse. ``delivered`` is the share of the frames that arrived.
    """

    viewers: int
    frame_us: float
    handshake_us: float
    viewer_kb: float
    core: float
    delivered: float
    age_p50: float
    age_p95: float
    age_p99: float
    age_p99_of_each: float


def measure(server: Server, viewers: int, *, frames: int = 10, hertz: float = 2.0) -> Fanout:
    """Everybody comes, idles for a moment, and is sent so many frames.

    Raises:
        Failed: The server or the generator did not do its part.
    """
    empty_kb, empty_cpu = server.memory_kb(), server.cpu()
    with Crowd(server.port, viewers, *server.flags) as crowd:
        here = crowd.come()
        joined_cpu = server.cpu() - empty_cpu
        time.sleep(_SETTLE_SECONDS)
        idle_kb = server.memory_kb() - empty_kb
        publish(server, _WARM_FRAMES, hertz)
        figures, costs = window(server, crowd, frames, hertz)
    present = max(1, here.open)
    delivered = figures.frames / (viewers * frames)
    return Fanout(
        viewers=viewers,
        frame_us=statistics.median(costs) / max(1.0, viewers * delivered) * 1e6,
        handshake_us=joined_cpu / present * 1e6,
        viewer_kb=idle_kb / present,
        core=sum(costs) / figures.seconds,
        delivered=delivered,
        age_p50=figures.age_p50 or 0.0,
        age_p95=figures.age_p95 or 0.0,
        age_p99=figures.age_p99 or 0.0,
        age_p99_of_each=figures.age_p99_of_each or 0.0,
    )


def window(
    server: Server, crowd: Crowd, frames: int, hertz: float, size: int = FRAME_BYTES
) -> tuple[Figures, list[float]]:
    """A measured window of so many frames: the crowd's figures, and the server's seconds for each.

    The median of those tells what a frame costs even when the machine was busy with something else
    for a moment.
    """
    gc.collect()
    crowd.begin()
    costs = []
    for _ in range(frames):
        before = server.cpu()
        publish(server, 1, hertz, size)
        costs.append(server.cpu() - before)
    return crowd.end(), costs


def publish(server: Server, frames: int, hertz: float, size: int = FRAME_BYTES) -> None:
    """So many frames at this rate; returns one interval after the last."""
    due = time.monotonic()
    for _ in range(frames):
        server.publish(size)
        due += 1 / hertz
        time.sleep(max(0.0, due - time.monotonic()))
