"""Ballots over WebSocket: everybody has one on its way, for a while, or casts once at a given time."""

import time
from typing import Final

import msgspec

from bench.crowd import Crowd, Figures
from bench.peers import Server

_WARM_SECONDS: Final = 0.3
_SETTLE_SECONDS: Final = 0.3
_LOOK_SECONDS: Final = 0.02
_ANSWERED_WITHIN: Final = 30.0


class Ballots(msgspec.Struct, frozen=True):
    """Acknowledged ballots a second, the server's microseconds for each, answer times in ms."""

    voters: int
    receipts: int
    per_second: float
    ballot_us: float
    refused: int
    answer_p50: float | None
    answer_p95: float | None
    answer_p99: float | None
    client_core: float
    """Share of its core the generator used; near 1 it was the bottleneck."""


def voters(server: Server, people: int) -> Crowd:
    """So many voters on their way in: with Sawt each joins first, over HTTP, as anybody does."""
    joining = ("--page", "/en/join", "--method", "POST") if server.stage else ()
    return Crowd(server.port, people, *server.flags, *server.ballots.flags(), *joining)


def steady(server: Server, people: int, seconds: float) -> Ballots:
    """Each voter always has one ballot on its way.

    A voter that is refused casts no more, so a server that refuses shows few ballots; ``refused``
    counts the moment before the window as well.
    """
    with voters(server, people) as crowd:
        crowd.come()
        time.sleep(_SETTLE_SECONDS)
        crowd.begin()
        crowd.vote()
        time.sleep(_WARM_SECONDS)
        refused = crowd.end().refused
        crowd.begin()
        before = server.cpu()
        time.sleep(seconds)
        figures = crowd.end()
        cpu = server.cpu() - before
        crowd.hush()
    return _ballots(people, figures, cpu, refused)


def once(server: Server, crowd: Crowd, people: int, spread_seconds: float) -> Ballots:
    """Everybody who is here casts once; measured until the last answer."""
    crowd.begin()
    before = server.cpu()
    crowd.cast(spread_seconds)
    time.sleep(spread_seconds)
    return finished(server, crowd, people, before)


def finished(server: Server, crowd: Crowd, people: int, cpu_before: float) -> Ballots:
    """The window's figures once every ballot on its way has its answer."""
    end = time.monotonic() + _ANSWERED_WITHIN
    while crowd.waiting() and time.monotonic() < end:
        time.sleep(_LOOK_SECONDS)
    figures = crowd.end()
    return _ballots(people, figures, server.cpu() - cpu_before)


def _ballots(people: int, figures: Figures, cpu: float, refused: int = 0) -> Ballots:
    return Ballots(
        voters=people,
        receipts=figures.receipts,
        per_second=figures.receipts / figures.seconds,
        ballot_us=cpu / max(1, figures.receipts) * 1e6,
        refused=figures.refused + refused,
        answer_p50=figures.answer_p50,
        answer_p95=figures.answer_p95,
        answer_p99=figures.answer_p99,
        client_core=figures.cpu / figures.seconds,
    )
