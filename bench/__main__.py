"""``python -m bench``: measures. ``--quick --json`` prints eight figures in under 50 seconds."""

import argparse
import sys

import msgspec

from bench import prepare, quick


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="eight figures in under 50 seconds")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    try:
        prepare.prepare()
    except prepare.Unprepared as missing:
        print(missing, file=sys.stderr)
        return 1
    del options
    print(msgspec.json.encode(quick.run()).decode())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
