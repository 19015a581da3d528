"""How fast letters leave for mailboxes that nobody has proved to read. Pure.

Whoever throws cookies away is a new device each time, and every mailbox is a new one: nothing that
hangs on either stops somebody from having us write to a hundred thousand strangers. So such letters keep
a pace, together and for each network they are asked for from. What comes faster is not refused: it leaves
a little later. Only where that would be too late to be of use is somebody asked to come again.
"""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from expo.errors import N_, Refusal

MOST_NETWORKS: Final = 10_000  # remembered; beyond it the longest unused is forgotten
_ALL: Final = ""


class LettersWait(Refusal):
    """So many letters wait that another would come too late; none was written."""

    code = N_("letters-wait")
    status = 429


class Pace(msgspec.Struct, frozen=True):
    """So many letters at once, and one more each so many seconds."""

    burst: int
    seconds: float

    def turn(self, free: datetime | None, now: datetime) -> tuple[datetime, datetime]:
        """When the next letter leaves, and what to remember: until when all that was asked for is paid.

        Args:
            free: What was remembered; None: nothing.
            now: The present instant.
        """
        each = timedelta(seconds=self.seconds)
        paid = max(free or now, now) + each
        return max(now, paid - self.burst * each), paid


class LetterPace:
    """The pace of one kind of letters in one process.

    Args:
        one: Of those asked for from one network.
        together: Of all of them.
        longest: What is told to wait no longer than this; more is refused.
    """

    def __init__(self, *, one: Pace, together: Pace, longest: timedelta) -> None:
        self._one = one
        self._together = together
        self._longest = longest
        self._paid: dict[str, datetime] = {}  # by network, the longest unused first

    def turn(self, network: str, now: datetime) -> datetime:
        """When a letter leaves that is asked for now.

        Args:
            network: It is asked for from; empty: nobody knows.
            now: The present instant.

        Raises:
            LettersWait: Too late to be of use; nothing is remembered of it.
        """
        paces = {_ALL: self._together, **({network: self._one} if network else {})}
        turns = {key: pace.turn(self._paid.get(key), now) for key, pace in paces.items()}
        at = max(leaves for leaves, _ in turns.values())
        if at - now > self._longest:
            wait = at - now - self._longest
            raise LettersWait(retry_after_ms=max(1_000, round(wait.total_seconds() * 1_000)))
        for key, (_, paid) in turns.items():
            self._paid.pop(key, None)
            self._paid[key] = paid
        if len(self._paid) > MOST_NETWORKS:
            del self._paid[next(iter(self._paid))]
        return at
