"""Which projectors are there and what each last said; and how fast ballots come in. Pure.

Both are this process's own memory; what screens said is also kept in the database now and then.
"""

from collections import deque
from datetime import datetime, timedelta
from typing import Final

from sessions.protocol import Beat, ScreenLine
from sessions.stage import Sighting

MOST_SCREENS: Final = 64  # names remembered; a hall has a few, a flood of names must not grow us
_MINUTE: Final = timedelta(minutes=1)


class Screens:
    """The projectors by name."""

    def __init__(self) -> None:
        self._seen: dict[str, Sighting] = {}
        self._connected: dict[str, int] = {}
        self._unsaved: set[str] = set()

    def remember(self, sightings: tuple[Sighting, ...]) -> None:
        """Take over what the database knows, where nothing newer is known."""
        for one in sightings:
            self._seen.setdefault(one.screen, one)

    def arrive(self, screen: str, at: datetime) -> None:
        """A screen has connected."""
        self._connected[screen] = self._connected.get(screen, 0) + 1
        known = self._seen.get(screen)
        self._note(
            Sighting(screen, at, known.scene if known else "", known.version if known else 0)
        )

    def beat(self, screen: str, beat: Beat, at: datetime) -> None:
        """A screen says what it shows."""
        self._note(Sighting(screen, at, beat.scene.value, beat.version))

    def leave(self, screen: str) -> None:
        """A connection of a screen has gone; a second window of the same screen may stay."""
        left = self._connected.get(screen, 0) - 1
        if left > 0:
            self._connected[screen] = left
        else:
            self._connected.pop(screen, None)

    def lines(self) -> tuple[ScreenLine, ...]:
        """Every screen by name."""
        return tuple(
            ScreenLine(one.screen, one.seen_at, one.scene, one.version, name in self._connected)
            for name, one in sorted(self._seen.items())
        )

    def take_unsaved(self) -> tuple[Sighting, ...]:
        """What has been said since this was last asked."""
        names, self._unsaved = sorted(self._unsaved), set()
        return tuple(self._seen[name] for name in names if name in self._seen)

    def _note(self, sighting: Sighting) -> None:
        self._seen.pop(sighting.screen, None)
        self._seen[sighting.screen] = sighting
        self._unsaved.add(sighting.screen)
        while len(self._seen) > MOST_SCREENS:
            oldest = next(iter(self._seen))
            del self._seen[oldest]


class Pace:
    """How many ballots came in during the last minute."""

    def __init__(self) -> None:
        self._notes: deque[tuple[datetime, str, int]] = deque()

    def note(self, contest: str, ballots: int, at: datetime) -> int:
        """Note how many ballots a contest has now; the growth over the last minute."""
        if self._notes and self._notes[-1][1] != contest:
            self._notes.clear()
        while len(self._notes) > 1 and self._notes[1][0] <= at - _MINUTE:
            self._notes.popleft()
        if not self._notes or self._notes[-1][2] != ballots:
            self._notes.append((at, contest, ballots))
        return max(0, ballots - self._notes[0][2])
