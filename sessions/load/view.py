"""What the load page shows of one node: its figures, what they mean, and the last minute drawn. Pure."""

from collections.abc import Sequence
from typing import Final

import msgspec

from expo.load.figures import NodeLoad
from expo.load.levels import Level, judged, worst

_SLOT: Final = 10  # seconds in a row of the table; sixty rows nobody reads
_HEIGHT: Final = 24.0  # of a drawing whose width is 100


class Slot(msgspec.Struct, frozen=True):
    """Some seconds of the last minute; ``ago`` is how long ago they began."""

    ago: int
    connections: int
    """The most."""
    ballots: int
    """All of them."""


class NodeView(msgspec.Struct, frozen=True):
    """One node on the page."""

    load: NodeLoad
    levels: dict[str, Level]
    worst: Level
    ailing: tuple[str, ...]
    """What is not fine, the worst first."""
    slots: tuple[Slot, ...]
    connections_line: str
    """SVG path of the last minute, 100 wide and 24 high; empty when there is nothing to draw."""
    ballots_line: str


def node_view(load: NodeLoad) -> NodeView:
    """A node as the page shows it."""
    levels, minute = judged(load), load.minute
    bad = [name for level in (Level.OVER, Level.NEAR) for name in levels if levels[name] is level]
    return NodeView(
        load,
        levels,
        worst(levels),
        tuple(bad),
        slots(minute.connections, minute.ballots),
        line(minute.connections),
        line(minute.ballots),
    )


def slots(connections: Sequence[int], ballots: Sequence[int]) -> tuple[Slot, ...]:
    """The last minute in rows, the latest first."""
    found = []
    for end in range(len(connections), 0, -_SLOT):
        start = max(0, end - _SLOT)
        some = connections[start:end]
        ago = len(connections) - start
        found.append(Slot(ago, max(some), sum(ballots[start:end])))
    return tuple(found)


def line(values: Sequence[int]) -> str:
    """A path through these values, the first at 0 and the last at 100, the largest at the top."""
    if len(values) < 2 or not any(values):
        return ""
    most, step = max(values), 100 / (len(values) - 1)
    points = (
        f"{n * step:.1f} {_HEIGHT - value / most * _HEIGHT:.1f}" for n, value in enumerate(values)
    )
    return "M" + "L".join(points)
