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
_FOLDS: Final = 1  # of what has no goal in time; its memory is the same each time
_RECOUNTS: Final = 3  # each also takes up the running count it is compared with
_HOW: Final = f"""A PrefLib file with a line for each of {_BALLOTS:,} ballots, {recount.RANKED} of
{recount.OPTIONS} options ranked at random, is counted by `run.py count --json`, start of Python and
reading included. Beside it a contest's log of as many lines in SQLite, each of another voter, written by
the record itself: recounted and frozen as the closing follower does it, and folded from its first line as
a start without a snapshot does. The memory of a count is the peak of its process; flat is at most {_FLAT}
times that of {_FEWER:,} ballots. What grows is what is said: {_FEWER:,} such ballots say 62,000 different
things, {_BALLOTS:,} nearly all 95,040 there are, and instant runoff, one of the methods that are
compared in every result, needs them all."""


def part(runs: int) -> Part:
    """The part."""
    try:
        with tempfile.TemporaryDirectory(prefix="sawt-bench-") as folder:
            many, few = Path(folder) / "many.soi", Path(folder) / "few.soi"
            recount.write_file(many, _BALLOTS)
            recount.write_file(few, _FEWER)
            counted = [recount.count_file(many) for _ in range(runs)]
            fewer = [recount.count_file(few) for _ in range(runs)]
            folded, recounted = _log(Path(folder) / "many", _BALLOTS, runs)
            folded_fewer, recounted_fewer = _log(Path(folder) / "few", _FEWER, runs)
    except Failed as failed:
        return Part(
            "A recount", _HOW, (Row("1,000,000 ballots", None, at_most(10), "s", str(failed)),)
        )
    rows = (
        Row("1,000,000 ballots, 12 options, from a file", _seconds(counted), at_most(10), "s"),
        Row(
            "its memory over that of 100,000 ballots", _memory(counted, fewer), at_most(_FLAT), "×"
        ),
        Row("the recount of a log of 1,000,000 lines", _seconds(recounted), at_most(10), "s"),
        Row(
            "its memory over that of 100,000 lines",
            _memory(recounted, recounted_fewer),
            at_most(_FLAT),
            "×",
        ),
        Row(
            "memory of the running count of 1,000,000 lines over that of 100,000",
            _memory(folded, folded_fewer),
            at_most(_FLAT),
            "×",
        ),
    )
    lines = (
        ("file, 1,000,000", *_cells(counted)),
        ("file, 100,000", *_cells(fewer)),
        ("recount, 1,000,000", *_cells(recounted)),
        ("recount, 100,000", *_cells(recounted_fewer)),
        ("running count, 1,000,000", *_cells(folded)),
        ("running count, 100,000", *_cells(folded_fewer)),
    )
    return Part(
        "A recount", _HOW, rows, (Detail("Time and memory", ("what", "seconds", "peak MB"), lines),)
    )


def _log(folder: Path, lines: int, runs: int) -> tuple[list[Counted], list[Counted]]:
    """Folding and recounting a log of so many lines."""
    folder.mkdir()
    log = recount.Log(folder, lines)
    folded = [log.fold() for _ in range(min(runs, _FOLDS))]
    return folded, [log.recount() for _ in range(min(runs, _RECOUNTS))]


def _seconds(found: list[Counted]) -> Spread | None:
    return spread(one.seconds for one in found)


def _memory(many: list[Counted], few: list[Counted]) -> Spread | None:
    return spread(ratio(a.peak_mb, b.peak_mb) for a, b in zip(many, few, strict=True))


def _cells(found: list[Counted]) -> tuple[str, str]:
    return cell(_seconds(found)), cell(spread(one.peak_mb for one in found))
