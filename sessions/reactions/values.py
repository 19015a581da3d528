"""What an audience can let the presenter feel, as counts of the last minute. Pure."""

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from expo.errors import N_, Refusal

EVERY_SECONDS: Final = 10
"""Counts are put together and told no more often: nobody's single tap can be seen."""
WINDOW_SECONDS: Final = 60
"""What the presenter is told is about so long."""


class Kind(StrEnum):
    """One reaction."""

    CLEAR = "clear"
    SLOWER = "slower"
    LOUDER = "louder"
    APPLAUSE = "applause"


class Felt(msgspec.Struct, frozen=True):
    """How often each reaction came in the last minute, in a fixed order; ``at`` is its end."""

    counts: tuple[tuple[Kind, int], ...] = tuple((one, 0) for one in Kind)
    at: datetime | None = None


class NothingOnStage(Refusal):
    """There is nobody on the stage who could feel it."""

    code = N_("nothing-on-stage")
    status = 409


def tick_of(at: datetime) -> int:
    """The ten seconds an instant belongs to, counted from 1970."""
    return int(at.timestamp()) // EVERY_SECONDS
