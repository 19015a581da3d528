"""Fifty thousand viewers on one core."""

import sys
from typing import Final

from bench import machine
from bench.measures import Spread, at_least, at_most, ratio, spread
from bench.peers import Absent
from bench.programs import Failed
from bench.report import Detail, Part, Row, cell
from bench.scenarios import many
from bench.scenarios.many import Many

_VIEWERS: Final = 50_000
_FRAMES: Final = 6
_SERVERS: Final = {"c": "C, one `send` per viewer", "sawt": "Sawt"}


def part(runs: int) -> Part:
    """The part."""
    found: dict[str, list[Many | None]] = {name: [] for name in _SERVERS}
    reasons = []
    for _ in range(runs):
        for name, those in found.items():
            try:
                those.append(many.measure(name, _VIEWERS, frames=_FRAMES))
            except (Absent, Failed, OSError) as error:
                reasons.append(f"failed: {error}")
                those.append(None)
            print(f"  50k {name}: {those[-1]}", file=sys.stderr)
    why = reasons[0] if reasons else ""
    p99 = spread(
        ratio(ours.age_p99, theirs.age_p99)
        for ours, theirs in zip(found["sawt"], found["c"], strict=True)
        if ours and theirs
    )
    rows = (
        Row(
            "50,000 viewers on one core, 2 frames a second: delivered",
            _of(found["sawt"], "delivered"),
            at_least(0.999),
            "",
            why,
        ),
        Row("their p99 over the C writer's", p99, at_most(1.1), "×", why),
        Row(
            "their p99 with two cores for the server and others for the client",
            None,
            at_most(250),
            "ms",
            "not run: this takes more than two cores",
        ),
    )
    figures = ("processes", "delivered", "frame_us", "age_p50", "age_p99", "core", "memory_mb")
    columns = ("server", "processes", "delivered", "µs per frame", "p50 ms", "p99 ms", "core", "MB")
    lines = tuple(
        (label, *(cell(_of(found[name], one)) for one in figures))
        for name, label in _SERVERS.items()
    )
    how = f"""As many processes on the server's core as their descriptors demand (at most
{machine.most_sockets():,} viewers each here), each an expo of its own, all publishing at the same
instants; the generators share the other core. p99 is that of the worst process."""
    return Part("Fifty thousand viewers", how, rows, (Detail("50,000 viewers", columns, lines),))


def _of(found: list[Many | None], attribute: str) -> Spread | None:
    return spread(None if one is None else getattr(one, attribute) for one in found)
