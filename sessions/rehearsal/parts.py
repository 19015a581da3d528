"""Who does what in a rehearsed session: delays, drop-outs, late ballots, doubles, absentees. Pure."""

from datetime import timedelta
from typing import Final

import msgspec

from sessions.rehearsal.crowd import Dice, habit

FAR: Final = 40
"""Seconds: the furthest behind the hall anybody watches."""
_NEAR: Final = 12  # seconds: where most are while a stream runs well
_FAR_ONES: Final = 25  # one in so many is far behind even then


class Part(msgspec.Struct, frozen=True):
    """What one person does in one session.

    ``delay`` is how far the picture is behind the hall. Whoever ``comes`` decides ``decides_after`` the
    opening was seen; ``drops`` means that the connection is lost then, for a minute; ``doubles`` that the
    same person votes on a second device too; ``late`` that one more ballot is sent after the hard close.
    ``silent`` people watch, and vote not at all.
    """

    delay: timedelta
    decides_after: timedelta
    comes: bool
    silent: bool
    drops: bool
    doubles: bool
    late: bool

    @property
    def votes(self) -> bool:
        """Whether this person says anything."""
        return self.comes and not self.silent


def part(seed: int, session: int, number: int, size: int) -> Part:
    """The part of one person: the same seed gives the same parts.

    Even a small crowd has somebody of each kind; the first is in the hall, the last is the furthest
    behind.

    Args:
        seed: Of the whole rehearsal.
        session: Number of the session, from 0; every other one is watched over a bad stream.
        number: Of the person, from 0.
        size: How many there are.
    """
    share = Dice(seed, "delay", session, number).share()
    is_far = session % 2 == 0 or number % _FAR_ONES == 0
    behind = round(share * (FAR if is_far else _NEAR) * 2) / 2
    if number == 0:
        behind = 0.0
    elif number == size - 1:
        behind = float(FAR)
    return Part(
        delay=timedelta(seconds=behind),
        decides_after=timedelta(seconds=round(habit(seed, number).decides_after)),
        comes=number % 12 != 11,
        silent=number % 12 == 10,
        drops=number % 6 == 2,
        doubles=number % 10 == 3,
        late=number % 4 == 1,
    )
