"""All parts of the page in turn, or one of them; and the growth sheet made of what they found."""

import sys
import time
from collections.abc import Callable, Mapping
from typing import Final

from bench import machine
from bench.growth import Costs, sheet
from bench.measures import Spread
from bench.report import Part, page
from bench.scenarios.fanout import FRAME_BYTES
from bench.tables import audience, ballots, checking, fifty, nodes, recount, sealing, surge

RUNS: Final = 5


class Suite:
    """One run of the benchmark.

    Args:
        runs: How often everything is measured.
    """

    def __init__(self, runs: int = RUNS) -> None:
        self._runs = runs
        self._frame: Spread | None = None
        self._viewer: Spread | None = None
        self._join: Spread | None = None
        self._ballot: tuple[Spread | None, Spread | None] = (None, None)
        self.parts: Mapping[str, Callable[[], Part]] = {
            "audience": self._audience,
            "fifty": lambda: fifty.part(runs),
            "ballots": self._ballots,
            "joins": self._joins,
            "stalled": lambda: surge.stalled_part(runs),
            "sealing": lambda: sealing.part(runs),
            "recount": lambda: recount.part(runs),
            "checking": lambda: checking.part(runs),
            "nodes": lambda: nodes.part(runs),
        }
        """What can be asked for by name."""

    def run(self, only: str | None = None) -> list[Part]:
        """Measure these parts; what goes on is told on standard error."""
        found = []
        for name, work in self.parts.items():
            if only in (None, name):
                began = time.monotonic()
                print(f"{name} …", file=sys.stderr)
                found.append(work())
                print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)
        return found

    def page(self, parts: list[Part], day: str) -> str:
        """The whole page."""
        return page(parts, self._growth(), machine.versions(), day)

    def _growth(self) -> str:
        per_second, ballot_us = self._ballot
        figures = (self._frame, self._viewer, self._join, ballot_us, per_second)
        if any(figure is None for figure in figures):
            return "## Growth\n\nNot worked out: not everything it is made of was measured.\n"
        frame, viewer, join, ballot, rate = (figure.median for figure in figures if figure)
        costs = Costs(
            frame_us=frame,
            viewer_kb=viewer,
            join_us=join,
            ballot_us=ballot,
            ballots_per_second=rate,
            sockets=machine.most_sockets(),
            frame_bytes=FRAME_BYTES,
        )
        return sheet(costs)

    def _audience(self) -> Part:
        part, found = audience.part(self._runs)
        most = found[max(found)]
        self._frame, self._viewer = most.one("sawt", "frame_us"), most.one("sawt", "viewer_kb")
        return part

    def _ballots(self) -> Part:
        part, found = ballots.part(self._runs)
        self._ballot = found.one("eager", "per_second"), found.one("eager", "ballot_us")
        return part

    def _joins(self) -> Part:
        part, found = surge.joins_part(self._runs)
        self._join = found.one("sawt", "join_us")
        return part
