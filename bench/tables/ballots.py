"""Ballots: with and without a record, in the last moments of a contest, and all at once."""

import time
from typing import Final

from bench.measures import at_least, at_most, spread
from bench.peers import Server
from bench.report import Detail, Part, Row, cell
from bench.runs import Results, repeat
from bench.scenarios import ballots, closing
from bench.scenarios.ballots import Ballots
from bench.scenarios.closing import Closing

_VOTERS: Final = 2_000
_SECONDS: Final = 2.5
_LATE_VOTERS: Final = 500
_LATE_SECONDS: Final = 1.5
_AT_ONCE: Final = 600
_PAUSE_SECONDS: Final = 1.0
_NAMES: Final = {
    "c": "C, acknowledges without reading; no record",
    "ws": "Node `ws`, checks and echoes; no record",
    "socketio": "Socket.IO, checks and echoes; no record",
    "eager": "Sawt, SQLite with synchronous FULL",
}
_HOW: Final = f"""{_VOTERS:,} voters with one ballot each on its way; all of Sawt is on one core, its
database included, the generator on another. Each voter of Sawt has joined over `POST /en/join` as
anybody does, opens `/live/…` with its own cookies, and casts as the ballot page does. For the steady
figure one bound is lifted: a socket may send 100 texts a second instead of 5, because 2,000 people who
obey it cannot cast 20,000 ballots a second for long; it is still counted. Elsewhere every limit is in
force. A ballot counts when its receipt has come, which Sawt sends after the commit; the echoing
servers record nothing. At the end of a contest {_LATE_VOTERS} voters cast once each in its last
{_LATE_SECONDS} s, and an organiser closes it over HTTP and watches `/live/staff`. The full result is
the recounted, frozen one, from the hard close, after which nothing is accepted (the grace is set to
2 s for the run), until the organiser may review it."""


def part(runs: int) -> tuple[Part, Results[Ballots]]:
    """The part, and the steady ballots by server."""
    steady = repeat(
        ("c", "ws", "socketio", "eager"),
        runs,
        lambda server: ballots.steady(server, _VOTERS, _SECONDS),
    )
    late = repeat(
        ("sawt",), runs, lambda server: closing.measure(server, _LATE_VOTERS, _LATE_SECONDS)
    )
    at_once = repeat(("sawt",), 1, lambda server: _bursts(server, runs))
    bursts = next((one for one in at_once.found["sawt"] if one), [])
    rows = (*_steady_rows(steady), *_late_rows(late), *_burst_rows(bursts))
    return Part("Ballots", _HOW, rows, (_detail(steady),)), steady


def _bursts(server: Server, runs: int) -> list[Ballots]:
    with ballots.voters(server, _AT_ONCE) as crowd:
        crowd.come()
        found = []
        for _ in range(runs):
            time.sleep(_PAUSE_SECONDS)
            found.append(ballots.once(server, crowd, _AT_ONCE, 0))
    return found


def _steady_rows(steady: Results[Ballots]) -> tuple[Row, ...]:
    mine = steady.one("eager", "per_second")
    beside = steady.over("eager", "ws", "per_second")
    return (
        Row("durable ballots a second, 2,000 voters, one core", mine, at_least(20_000)),
        Row("their p99", steady.one("eager", "answer_p99"), at_most(250), "ms"),
        Row("over Node `ws` without a record", beside, at_least(0.6), "×", steady.why("ws")),
        Row("refused among them", steady.one("eager", "refused"), at_most(0)),
    )


def _late_rows(late: Results[Closing]) -> tuple[Row, ...]:
    found = [one for one in late.found["sawt"] if one is not None]
    last = f"{_LATE_VOTERS} ballots in the last {_LATE_SECONDS} s"
    p95 = spread(one.ballots.answer_p95 for one in found)
    refused = spread(one.ballots.refused + one.missing for one in found)
    why = late.why("sawt")
    return (
        Row(f"{last}: acknowledged, p95", p95, at_most(100), "ms", why),
        Row(f"{last}: refused or missing", refused, at_most(0), "", why),
        Row(
            "all of them on the organiser's screen after closing",
            late.one("sawt", "shown_ms"),
            None,
            "ms",
        ),
        Row(
            "full result after the hard close",
            late.one("sawt", "result_ms"),
            at_most(500),
            "ms",
            why,
        ),
    )


def _burst_rows(bursts: list[Ballots]) -> tuple[Row, ...]:
    accepted = spread(float(one.receipts) for one in bursts)
    p95 = spread(one.answer_p95 for one in bursts)
    return (
        Row(f"{_AT_ONCE} casts in one instant: accepted", accepted, at_least(_AT_ONCE)),
        Row(f"{_AT_ONCE} casts in one instant: p95", p95, at_most(150), "ms"),
    )


def _detail(steady: Results[Ballots]) -> Detail:
    columns = (
        "server",
        "ballots a second",
        "µs per ballot",
        "p50 ms",
        "p99 ms",
        "generator's core",
    )
    figures = ("per_second", "ballot_us", "answer_p50", "answer_p99", "client_core")
    rows = tuple(
        (name, *(cell(steady.one(key, one)) for one in figures)) for key, name in _NAMES.items()
    )
    return Detail(f"{_VOTERS:,} voters, one ballot each on its way", columns, rows)
