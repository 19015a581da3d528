"""Viewers: what a frame costs, what a viewer weighs, how an audience of each size is served."""

from typing import Final

from bench.measures import at_least, at_most
from bench.report import Detail, Part, Row, cell
from bench.runs import Results, repeat
from bench.scenarios import fanout
from bench.scenarios.fanout import Fanout

_ALL: Final = ("c", "sawt", "ws", "socketio", "starlette")
_SERVERS: Final = {1_000: _ALL[:3], 5_000: _ALL, 19_000: _ALL[:3]}
"""By number of viewers; the two slow peers are compared at one size, so that the whole stays short."""
_HERTZ: Final = 4.0
_FRAMES: Final = {1_000: 8, 5_000: 8, 19_000: 6}
_MOST_RUNS: Final = {1_000: 2}  # where no goal is set
_NAMES: Final = {
    "c": "C, one `send` per viewer",
    "sawt": "Sawt",
    "ws": "Node `ws`",
    "socketio": "Socket.IO",
    "starlette": "Starlette, plain",
}
_HOW: Final = """Every server gets the same audience from one epoll generator and is told to publish
540 bytes four times a second. Sawt is the whole expo as `run.py serve` composes it, its first session on
the stage with its contest open; viewers hold `/live/{session}` without a visit and the frame goes to
a room all of them are in, put there by the benchmark. The C writer has no rules and no rooms: it is
what the machine allows. Plain Starlette is `await ws.send_text` in a loop, uvicorn with its
defaults; nobody offers compression, so nobody pays for it. Cost is the processor time of all threads
of the server (`schedstat`) per frame that arrived, handshakes likewise per viewer; memory is the
growth of its PSS by an idle audience. Ages run from publication to parse."""


def part(runs: int) -> tuple[Part, dict[int, Results[Fanout]]]:
    """The part, and what was found by number of viewers."""
    found = {
        viewers: repeat(
            _SERVERS[viewers],
            min(runs, _MOST_RUNS.get(viewers, runs)),
            lambda server, n=viewers, f=frames: fanout.measure(server, n, frames=f, hertz=_HERTZ),  # type: ignore[misc]  # defaults only bind the loop's values
        )
        for viewers, frames in _FRAMES.items()
    }
    details = tuple(_detail(viewers, results) for viewers, results in found.items())
    return Part("One frame to everybody", _HOW, _rows(found), details), found


def _rows(found: dict[int, Results[Fanout]]) -> tuple[Row, ...]:
    five, most = found[5_000], found[19_000]
    rows = [
        _ratio("CPU per frame, 5,000 viewers, over C", five, "c", 1.2),
        _ratio("CPU per frame, 19,000 viewers, over C", most, "c", 1.2),
        _ratio("CPU per frame, 5,000 viewers, over Node `ws`", five, "ws", 0.6),
        _ratio("CPU per frame, 19,000 viewers, over Node `ws`", most, "ws", 0.85),
        _ratio("CPU per frame, 5,000 viewers, over Socket.IO", five, "socketio", 0.33),
        _ratio("CPU per frame, 5,000 viewers, over plain Starlette", five, "starlette", 0.3),
        Row("memory per idle viewer", five.one("sawt", "viewer_kb"), at_most(2.5), "KB"),
        _ratio("memory per viewer over Node `ws`, 5,000", five, "ws", 0.3, "viewer_kb"),
        _ratio(
            "memory per viewer over plain Starlette, 5,000", five, "starlette", 0.08, "viewer_kb"
        ),
        _ratio("CPU per handshake over Node `ws`, 5,000", five, "ws", 1.0, "handshake_us"),
        Row("one frame to 5,000 viewers, p95", five.one("sawt", "age_p95"), at_most(60), "ms"),
        Row("frames delivered, 19,000 viewers", most.one("sawt", "delivered"), at_least(1.0)),
    ]
    return tuple(rows)


def _ratio(
    what: str, results: Results[Fanout], other: str, bound: float, figure: str = "frame_us"
) -> Row:
    value = results.over("sawt", other, figure)
    return Row(what, value, at_most(bound), "×", results.why("sawt", other))


def _detail(viewers: int, results: Results[Fanout]) -> Detail:
    columns = (
        "server",
        "µs per frame",
        "p50 ms",
        "p99 ms",
        "core",
        "µs per handshake",
        "KB per viewer",
    )
    figures = ("frame_us", "age_p50", "age_p99", "core", "handshake_us", "viewer_kb")
    rows = tuple(
        (_NAMES[name], *(cell(results.one(name, one)) for one in figures))
        for name in _SERVERS[viewers]
    )
    return Detail(f"{viewers:,} viewers, 4 frames a second", columns, rows)
