"""What a figure means: fine, near the limit, over it. Pure; the words are in the page."""

from enum import StrEnum
from typing import Final

import msgspec

from expo.load.figures import NodeLoad


class Level(StrEnum):
    """How much room there is."""

    FINE = "fine"
    NEAR = "near"
    OVER = "over"


class Mark(msgspec.Struct, frozen=True):
    """From where on a figure is near its limit, and over it; rising."""

    near: float
    over: float

    def level(self, value: float) -> Level:
        """What this value means."""
        if value >= self.over:
            return Level.OVER
        return Level.NEAR if value >= self.near else Level.FINE


SHARES: Final = {
    "connections": Mark(0.8, 0.95),
    "waiting": Mark(0.2, 0.8),
    "memory": Mark(0.75, 0.9),
    "files": Mark(0.8, 0.95),
    "disk": Mark(0.8, 0.9),  # used; beyond it the node calls itself unready
}
"""Parts of a limit."""
ANSWER_SECONDS: Final = Mark(0.5, 2.0)  # people press again after about two seconds
LAG_SECONDS: Final = Mark(0.1, 0.5)  # what viewers begin to see; what they complain about
BUSY: Final = Mark(1, 50)  # ballots told to come back in a minute; each comes back by itself
BEHIND: Final = Mark(5_000, 50_000)  # lines; some seconds of folding
SEALING_SECONDS: Final = Mark(75, 90)  # few ballots wait 70 s; receipts promise a leaf within 90
SILENT_SECONDS: Final = Mark(12, 20)  # nodes tell of themselves every 5 s
CPU: Final = Mark(0.8, 1.5)  # cores; the loop has one, writing ballots a part of another
_RANKS: Final = {Level.FINE: 0, Level.NEAR: 1, Level.OVER: 2}


def worst(levels: dict[str, Level]) -> Level:
    """The worst of these; fine when there are none."""
    return max(levels.values(), key=_RANKS.__getitem__, default=Level.FINE)


def judged(load: NodeLoad) -> dict[str, Level]:
    """The level of everything the page shows, by name."""
    minute, machine = load.minute, load.machine
    used = machine.disk_total - machine.disk_free
    return {
        "node": SILENT_SECONDS.level(load.silent_seconds),
        "connections": _share("connections", load.connections, load.connections_most),
        "waiting": _share("waiting", load.waiting, load.waiting_most),
        "answers": ANSWER_SECONDS.level(minute.p95 or 0.0),
        "busy": BUSY.level(minute.busy),
        "count": _part(load, "count") or BEHIND.level(load.behind),
        "sealing": _part(load, "sealing") or SEALING_SECONDS.level(load.unsealed_seconds),
        "bundles": Level.OVER if load.no_bundle else Level.FINE,
        "lag": LAG_SECONDS.level(minute.lag_max),
        "cpu": CPU.level(minute.cpu),
        "memory": _share("memory", machine.memory, machine.memory_most),
        "files": _share("files", machine.files, machine.files_most),
        "disk": _share("disk", used, machine.disk_total),
        "database": _part(load, "database") or Level.FINE,
        "notifier": Level.NEAR if "notifier" in load.parts else Level.FINE,
        "followers": _part(load, "followers") or Level.FINE,
    }


def _share(name: str, value: float, most: float) -> Level:
    return SHARES[name].level(value / most) if most > 0 else Level.FINE


def _part(load: NodeLoad, name: str) -> Level | None:
    return Level.OVER if name in load.parts else None
