"""What this process's viewers say of their delay: a minute in six parts, each voter once in each.

Kept are counts by seconds; who said what is forgotten with its part, ten seconds later. Pure: the
clock is an argument.
"""

from collections import deque
from collections.abc import Hashable
from datetime import datetime
from typing import Final

from sessions.streams.grace import BINS, Delays, bin_of

_PART: Final = 10  # seconds; viewers speak about as often
_PARTS: Final = 6
_MOST_SESSIONS: Final = 16  # with viewers in one minute; there is one stage


class _Part:
    """Ten seconds of one session."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.counts = [0] * BINS
        self.unmeasured = 0
        self.heard: set[Hashable] = set()


class DelayBook:
    """The delays of the last minute, by session."""

    def __init__(self) -> None:
        self._parts: dict[str, deque[_Part]] = {}

    def note(self, session: str, viewer: Hashable, delay_ms: int | None, at: datetime) -> bool:
        """Count what a viewer says; None for a player that does not tell. False: not counted."""
        number = int(at.timestamp()) // _PART
        parts = self._parts.get(session)
        if parts is None:
            if len(self._parts) >= _MOST_SESSIONS:
                return False
            parts = self._parts[session] = deque(maxlen=_PARTS)
        if not parts or parts[-1].number < number:
            if parts:
                parts[-1].heard.clear()
            parts.append(_Part(number))
        part = parts[-1]
        if viewer in part.heard:
            return False
        part.heard.add(viewer)
        if delay_ms is None:
            part.unmeasured += 1
        else:
            part.counts[bin_of(delay_ms)] += 1
        return True

    def lately(self, at: datetime) -> dict[str, Delays]:
        """The last minute of every session somebody spoke of; older ones are forgotten."""
        oldest = int(at.timestamp()) // _PART - _PARTS
        found: dict[str, Delays] = {}
        for session, parts in list(self._parts.items()):
            while parts and parts[0].number <= oldest:
                parts.popleft()
            if not parts:
                del self._parts[session]
                continue
            counts = tuple(
                sum(column) for column in zip(*(one.counts for one in parts), strict=True)
            )
            found[session] = Delays(counts, sum(one.unmeasured for one in parts))
        return found
