"""A published result checked from outside by the one-file verifier."""

import tempfile
from pathlib import Path
from typing import Final

from bench.measures import Spread, at_most, ratio, spread
from bench.programs import Failed
from bench.report import Detail, Part, Row, cell
from bench.scenarios import checking, recount
from bench.scenarios.recount import Counted

_BALLOTS: Final = 1_000_000
_MOST_RUNS: Final = 1  # of what takes most of a minute
_MOST_SECONDS: Final = 120
_TITLE: Final = "A result checked from outside"
_WHAT: Final = f"a published result of {_BALLOTS:,} ballots, {recount.OPTIONS} options, checked"
_HOW: Final = f"""A bundle of {_BALLOTS:,} ballots of as many voters, {recount.RANKED} of {recount.OPTIONS}
options ranked at random, with a checkpoint after every 2,000 records, is checked by the `verify.py` inside it
as anybody starts it: every file, every signature, every record in the tree, every opening against its
commitment, and the recount by all methods, byte for byte. Beside it a program reads the same files and makes
as many hashes, and nothing else: no check in Python can be faster than that."""


def part(runs: int) -> Part:
    """The part."""
    times = min(runs, _MOST_RUNS)
    try:
        with tempfile.TemporaryDirectory(prefix="sawt-bench-") as folder:
            bundle = checking.Bundle(Path(folder), _BALLOTS)
            pairs = [(bundle.check(), bundle.hash()) for _ in range(times)]
            megabytes = sum(one.stat().st_size for one in Path(folder).glob("*/*")) / 1e6
    except Failed as failed:
        return Part(_TITLE, _HOW, (Row(_WHAT, None, at_most(_MOST_SECONDS), "s", str(failed)),))
    checked, hashed = [one for one, _ in pairs], [other for _, other in pairs]
    rows = (
        Row(_WHAT, _seconds(checked), at_most(_MOST_SECONDS), "s"),
        Row("its memory", spread(one.peak_mb for one in checked), None, "MB"),
        Row(
            "its time over that of reading and hashing alone",
            spread(ratio(one.seconds, other.seconds) for one, other in pairs),
            None,
            "×",
        ),
    )
    lines = (("the verifier", *_cells(checked)), ("reading and hashing alone", *_cells(hashed)))
    title = f"{_BALLOTS:,} ballots, {megabytes:.0f} MB of files"
    return Part(_TITLE, _HOW, rows, (Detail(title, ("what", "seconds", "peak MB"), lines),))


def _seconds(found: list[Counted]) -> Spread | None:
    return spread(one.seconds for one in found)


def _cells(found: list[Counted]) -> tuple[str, str]:
    return cell(_seconds(found)), cell(spread(one.peak_mb for one in found))
