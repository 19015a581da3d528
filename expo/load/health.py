"""Whether a node is fit to serve, part by part, and why not. Pure."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

import msgspec


class State(StrEnum):
    """How a part is; a balancer sends nobody to a node of which one is unready."""

    OK = "ok"
    DEGRADED = "degraded"
    """Something is worse than it should be; visitors are better off here than nowhere."""
    UNREADY = "unready"


_RANKS: Final = {State.OK: 0, State.DEGRADED: 1, State.UNREADY: 2}


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part's state and a kebab-case word for why, empty when it is well."""

    state: State
    why: str = ""


WELL: Final = Part(State.OK)


def degraded(why: str) -> Part:
    """A part that is worse than it should be."""
    return Part(State.DEGRADED, why)


def unready(why: str) -> Part:
    """A part without which nobody should be sent here."""
    return Part(State.UNREADY, why)


def whole(parts: Iterable[Part]) -> State:
    """The state of all of them together: the worst."""
    return max((part.state for part in parts), key=_RANKS.__getitem__, default=State.OK)
