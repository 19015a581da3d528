"""More viewers than one process may have sockets: several processes on one core, each with a share."""

import contextlib
import math
import time
from typing import Final

import msgspec

from bench import machine, peers
from bench.crowd import Crowd
from bench.peers import Server
from bench.scenarios.fanout import FRAME_BYTES

_SETTLE_SECONDS: Final = 1.0
_WARM_FRAMES: Final = 3


class Many(msgspec.Struct, frozen=True):
    """All processes together; ``p99`` is that of the worst process."""

    viewers: int
    processes: int
    delivered: float
    core: float
    frame_us: float
    age_p50: float
    age_p99: float
    memory_mb: float


def measure(name: str, viewers: int, *, frames: int, hertz: float = 2.0) -> Many:
    """So many viewers on as many servers of this name as their descriptors demand.

    Raises:
        Absent: This peer cannot run here.
        Failed: A server or generator did not do its part.
    """
    processes = math.ceil(viewers / machine.most_sockets())
    share = math.ceil(viewers / processes)
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(peers.PEERS[name]()) for _ in range(processes)]
        empty_kb = sum(server.memory_kb() for server in servers)
        crowds = []
        for server in servers:
            crowds.append(stack.enter_context(Crowd(server.port, share, *server.flags)))
            crowds[-1].come()
        time.sleep(_SETTLE_SECONDS)
        grown = sum(server.memory_kb() for server in servers) - empty_kb
        _publish(servers, _WARM_FRAMES, hertz)
        for crowd in crowds:
            crowd.begin()
        before = sum(server.cpu() for server in servers)
        _publish(servers, frames, hertz)
        cpu = sum(server.cpu() for server in servers) - before
        found = [crowd.end() for crowd in crowds]
    delivered = sum(one.frames for one in found)
    return Many(
        viewers=share * processes,
        processes=processes,
        delivered=delivered / (share * processes * frames),
        core=cpu / (frames / hertz),
        frame_us=cpu / max(1, delivered) * 1e6,
        age_p50=max(one.age_p50 or 0.0 for one in found),
        age_p99=max(one.age_p99 or 0.0 for one in found),
        memory_mb=grown / 1024,
    )


def _publish(servers: list[Server], frames: int, hertz: float) -> None:
    """Every server publishes at the same instants."""
    due = time.monotonic()
    for _ in range(frames):
        for server in servers:
            server.publish(FRAME_BYTES)
        due += 1 / hertz
        time.sleep(max(0.0, due - time.monotonic()))
