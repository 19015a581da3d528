"""``python -m bench``: measures Sawt beside other servers and writes ``docs/BENCHMARKS.md``.

``--quick --json`` prints eight figures in under 50 seconds and writes nothing; ``--only NAME``
measures one part and prints it.
"""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from bench import prepare, quick
from bench.report import goals, section
from bench.suite import RUNS, Suite

_REPORT: Final = Path(__file__).resolve().parents[1] / "docs" / "BENCHMARKS.md"


def main() -> int:
    """Measure, print, and write the page after a whole run."""
    options = _options()
    try:
        prepare.prepare()
    except prepare.Unprepared as missing:
        print(missing, file=sys.stderr)
        return 1
    if options.quick:
        print(_quick(quick.run(), as_json=options.json))
        return 0
    suite = Suite(options.runs)
    parts = suite.run(options.only)
    if options.only:
        print(goals(row for part in parts for row in part.rows), "\n")
        print("\n".join(section(part) for part in parts))
        return 0
    page = suite.page(parts, datetime.now(UTC).date().isoformat())
    _REPORT.write_text(page, encoding="utf-8")
    print(page)
    return 0


def _quick(figures: quick.Quick, *, as_json: bool) -> str:
    if as_json:
        return msgspec.json.encode(figures).decode()
    return "\n".join(f"{name}: {value}" for name, value in msgspec.structs.asdict(figures).items())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="eight figures, in under 50 seconds")
    parser.add_argument("--json", action="store_true", help="with --quick: one JSON object")
    parser.add_argument("--only", choices=list(Suite().parts), help="one part; writes nothing")
    parser.add_argument("--runs", type=int, default=RUNS, help="how often everything is measured")
    return parser.parse_args()


if __name__ == "__main__":
    raise SystemExit(main())
