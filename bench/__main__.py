"""``python -m bench [--quick] [--json]``: measures and writes ``docs/BENCHMARKS.md``."""

import argparse
import asyncio
import platform
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec

from bench.stalled_viewer import Pair, measure, median_ratio

_REPORT: Final = Path(__file__).resolve().parents[1] / "docs" / "BENCHMARKS.md"
_GOAL: Final = 1.1
_PARTS: Final = ("starlette", "uvicorn", "websockets", "msgspec")


def _page(pairs: list[Pair]) -> str:
    rows = "\n".join(
        f"| {n} | {pair.without.p50:.1f} | {pair.without.p99:.1f} | {pair.with_stalled.p50:.1f} "
        f"| {pair.with_stalled.p99:.1f} | {pair.ratio:.2f} | {pair.with_stalled.grown_kb} |"
        for n, pair in enumerate(pairs, 1)
    )
    versions = ", ".join(f"{part} {version(part)}" for part in _PARTS)
    return f"""# Benchmarks

Written by `make bench`. Ratios within one run are the figures to trust; absolute times are those of
the machine that ran it. Python {platform.python_version()}, {versions}, loopback, server and client
on a core each.

## One viewer that never reads, among 1,000

Frames of 4 KB four times a second; age of a frame from publish to parse in milliseconds. Goal: the
others' p99 at most {_GOAL} times the run without it (median of the pairs), memory flat.

| pair | p50 without | p99 without | p50 with | p99 with | ratio of p99 | server grew (KB) |
|---|---|---|---|---|---|---|
{rows}

**Median ratio {median_ratio(pairs):.2f}.**
"""


def main() -> int:
    """Measure, print, and write the page (not with ``--quick``)."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short pair; writes nothing")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the page")
    options = parser.parse_args()
    pairs = asyncio.run(measure(1, seconds=4) if options.quick else measure())
    if options.json:
        figures = {"ratio": median_ratio(pairs), "pairs": pairs}
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(figures)).decode() + "\n")
    else:
        sys.stdout.write(_page(pairs))
    if not options.quick:
        _REPORT.write_text(_page(pairs))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
