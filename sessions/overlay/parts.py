"""Which parts an overlay shows, and while which scenes; as its address says. Pure.

Source: experience page S2.
"""

from enum import StrEnum
from typing import Final, TypeVar

import msgspec

from expo.errors import BadRequest
from sessions.cues import Scene

_Name = TypeVar("_Name", bound=StrEnum)
_MOST_NAMES: Final = 16  # in a list of an address; there are fewer parts and scenes than that


class Part(StrEnum):
    """A panel of the overlay; each is shown only in scenes that have something to say in it."""

    LOWER = "lt"
    """Lower third: the session and whose it is, or what comes next in a break."""
    CODE = "qr"
    """QR code and join code."""
    BARS = "bars"
    """The first of the running order, only where that is public; else the turnout."""
    COUNTDOWN = "countdown"
    REVEAL = "reveal"
    """The place that was revealed last."""
    WINNER = "winner"
    QUESTION = "question"
    """The audience's question the desk has put on the screens."""


class Wanted(msgspec.Struct, frozen=True):
    """What an address asks for: ``scenes`` empty means all of them."""

    parts: tuple[Part, ...]
    scenes: tuple[Scene, ...]
    motion: bool


def wanted(parts: str | None, scenes: str | None, motion: str | None) -> Wanted:
    """What the query of an address asks for.

    Args:
        parts: Names with commas between them, e.g. ``lt,qr,bars``; absent: all.
        scenes: The scenes in which the overlay is there, e.g. ``turnout,live``; absent: all.
        motion: ``off`` keeps everything still.

    Raises:
        BadRequest: A name is none of ours; whoever typed it sees so in the picture.
    """
    if motion not in {None, "", "on", "off"}:
        raise BadRequest(what="motion")
    return Wanted(
        parts=tuple(_names(Part, "parts", parts)) or tuple(Part),
        scenes=tuple(_names(Scene, "scene", scenes)),
        motion=motion != "off",
    )


def _names(kind: type[_Name], what: str, text: str | None) -> list[_Name]:
    names = [name.strip() for name in (text or "").split(",", _MOST_NAMES) if name.strip()]
    try:
        return [kind(name) for name in names]
    except ValueError as error:
        raise BadRequest(what=what) from error
