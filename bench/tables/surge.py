"""A surge of joins, and viewers that do not read."""

from typing import Final

from bench.measures import at_least, at_most, spread
from bench.report import Detail, Part, Row, cell
from bench.runs import Results, repeat
from bench.scenarios import joins, stalled
from bench.scenarios.joins import Joins
from bench.scenarios.stalled import Stalled

_SECONDS: Final = 3.0
_VIEWERS: Final = 5_000
_HOW_JOINS: Final = """A hundred people at any time are on their way in; each fetches the page a join
code leads to (`/v/CODE` at Sawt, a Jinja2 template at plain Starlette; compressed if the server
compresses), opens the WebSocket on a second connection with the cookies it was given, waits for the
first frame, and goes. Nothing is in front of the server."""
_HOW_STALLED: Final = """5,000 viewers are sent frames four times a second beside 263 others (one in
twenty of all), which first read like everybody and in the second window never read, their buffers
filled before. Both windows have the same audience on purpose: the 263 belong to a second generator, and
beside them the p99 of the rest is higher than alone even while they read; "alone" shows it. A window's
p99 is the median over its frames of the 99th percentile among the 5,000. The frames held are what the
process itself keeps for the worst of the stalled, in whole frames."""


def joins_part(runs: int) -> tuple[Part, Results[Joins]]:
    """The part about joins, and what was found."""
    found = repeat(("sawt", "starlette"), runs, lambda server: joins.measure(server, _SECONDS))
    why = found.why("sawt", "starlette")
    rows = (
        Row("joins a second, one core", found.one("sawt", "per_second"), at_least(3_000), "", why),
        Row("failed among them", found.one("sawt", "failed"), at_most(0), "", why),
        Row(
            "over plain Starlette",
            found.over("sawt", "starlette", "per_second"),
            at_least(5),
            "×",
            why,
        ),
    )
    columns = ("server", "joins a second", "µs per join", "p50 ms", "p99 ms", "failed")
    figures = ("per_second", "join_us", "join_p50", "join_p99", "failed")
    lines = tuple(
        (name, *(cell(found.one(key, one)) for one in figures))
        for key, name in (("sawt", "Sawt"), ("starlette", "Starlette, plain"))
    )
    return Part(
        "A surge of joins", _HOW_JOINS, rows, (Detail("100 at a time", columns, lines),)
    ), found


def stalled_part(runs: int) -> Part:
    """The part about viewers that do not read."""
    found = repeat(("sawt",), runs, lambda server: stalled.measure(server, _VIEWERS))
    why = found.why("sawt")
    rows = (
        Row(
            "one in twenty stalled: the others' p99 over without",
            found.one("sawt", "p99_ratio"),
            at_most(1.1),
            "×",
            why,
        ),
        Row(
            "frames held for each stalled viewer",
            found.one("sawt", "held"),
            at_most(1),
            "",
            why or "not measured",
        ),
        Row("healthy viewers lost beside them", found.one("sawt", "lost"), at_most(0), "", why),
    )
    details = (
        Detail(
            "Each run",
            ("p99 alone ms", "p99 without ms", "p99 with ms", "noticed as stalled"),
            _lines(found),
        ),
    )
    return Part("One viewer in twenty never reads", _HOW_STALLED, rows, details)


def _lines(found: Results[Stalled]) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (
            cell(spread([one.p99_alone])),
            cell(spread([one.p99_without])),
            cell(spread([one.p99_with])),
            str(one.behind),
        )
        for one in found.found["sawt"]
        if one is not None
    )
