"""A million ballots counted again."""

import tempfile
from pathlib import Path
from typing import Final

from bench.measures import Spread, at_most, ratio, spread
from bench.programs import Failed
from bench.report import Detail, Part, Row, cell
from bench.scenarios import recount
from bench.scenarios.recount import Counted

_BALLOTS: Final = 1_000_000
_FEWER: Final = 100_000
_FLAT: Final = 1.1
_HOW: Final = f"""A PrefLib file with a line for each of {_BALLOTS:,} ballots, {recount.RANKED} of
{recount.OPTIONS} options ranked at random, is counted by `run.py count --json`, start of Python and
reading included. Beside it the fold by which a closed contest is counted from the first line of its
log, over as many lines, each of another voter, the database left out: it has to remember the
latest line of every voter, so its memory grows with them. The
memory of a count is its peak; flat is at most {_FLAT} times that of {_FEWER:,} ballots."""


def part(runs: int) -> Part:
    """The part."""
    try:
        with tempfile.TemporaryDirectory(prefix="sawt-bench-") as folder:
            many, few = Path(folder) / "many.soi", Path(folder) / "few.soi"
            recount.write_file(many, _BALLOTS)
            recount.write_file(few, _FEWER)
            counted = [recount.count_file(many) for _ in range(runs)]
            fewer = [recount.count_file(few) for _ in range(runs)]
        folded = [recount.fold_log(_BALLOTS) for _ in range(runs)]
        folded_fewer = [recount.fold_log(_FEWER) for _ in range(runs)]
    except Failed as failed:
        return Part(
            "A recount", _HOW, (Row("1,000,000 ballots", None, at_most(10), "s", str(failed)),)
        )
    rows = (
        Row("1,000,000 ballots, 12 options, from a file", _seconds(counted), at_most(10), "s"),
        Row(
            "its memory over that of 100,000 ballots", _memory(counted, fewer), at_most(_FLAT), "×"
        ),
        Row("the fold of a log of 1,000,000 lines", _seconds(folded), at_most(10), "s"),
        Row(
            "its memory over that of 100,000 lines",
            _memory(folded, folded_fewer),
            at_most(_FLAT),
            "×",
        ),
    )
    lines = (
        ("file, 1,000,000", *_cells(counted)),
        ("file, 100,000", *_cells(fewer)),
        ("log, 1,000,000", *_cells(folded)),
        ("log, 100,000", *_cells(folded_fewer)),
    )
    return Part(
        "A recount", _HOW, rows, (Detail("Time and memory", ("what", "seconds", "peak MB"), lines),)
    )


def _seconds(found: list[Counted]) -> Spread | None:
    return spread(one.seconds for one in found)


def _memory(many: list[Counted], few: list[Counted]) -> Spread | None:
    return spread(ratio(a.peak_mb, b.peak_mb) for a, b in zip(many, few, strict=True))


def _cells(found: list[Counted]) -> tuple[str, str]:
    return cell(_seconds(found)), cell(spread(one.peak_mb for one in found))
