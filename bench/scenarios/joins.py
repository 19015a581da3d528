"""People who come in: the page, then the WebSocket, then its first frame; then they leave."""

import time
from typing import Final

import msgspec

from bench.crowd import Crowd
from bench.peers import Server

_AT_ONCE: Final = 100
_WARM_SECONDS: Final = 0.5


class Joins(msgspec.Struct, frozen=True):
    """Whole joins a second, the server's microseconds for each, how long one takes in ms."""

    per_second: float
    join_us: float
    failed: int
    join_p50: float | None
    join_p99: float | None


def measure(server: Server, seconds: float, at_once: int = _AT_ONCE) -> Joins:
    """So many people at any time are on their way in."""
    flags = ("--page", server.page, "--surge", "1", "--greeted", "1", "--at-once", str(at_once))
    with Crowd(server.port, at_once, *server.flags, *flags) as crowd:
        time.sleep(_WARM_SECONDS)
        crowd.begin()
        before = server.cpu()
        time.sleep(seconds)
        figures = crowd.end()
        cpu = server.cpu() - before
    return Joins(
        per_second=figures.joins / figures.seconds,
        join_us=cpu / max(1, figures.joins) * 1e6,
        failed=figures.gone,
        join_p50=figures.join_p50,
        join_p99=figures.join_p99,
    )
