"""Which projectors are there and what each last said; and how fast ballots come in. Pure.

Both are this process's own memory; what screens said is also kept in the database now and then, so
that the control room on one node knows of the screens on another.
"""

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from sessions.protocol import Beat, ObsReport, ScreenLine
from sessions.stage import Sighting

VIEWS: Final = frozenset({"", "overlay-ar", "overlay-en", "obs"})
"""What a device may show besides its projector, whose view has no name."""
CONSOLES: Final = "present"
"""Under which presenters' consoles are listed, by their sessions."""
_LONGEST_LINE: Final = 64  # characters the database keeps
MOST_SCREENS: Final = 64  # names remembered; a hall has a few, a flood of names must not grow us
_MINUTE: Final = timedelta(minutes=1)
_MISSED_FOR: Final = timedelta(minutes=10)
_HEARD_OF: Final = timedelta(seconds=35)
"""Screens beat each 10 s; their node writes that down each 10 s, and the others read it each 10 s."""


def sighted(device: str, view: str = "") -> str:
    """What a connection of a device is listed as: its projector by the name alone."""
    return f"{device}/{view}" if view else device


def console_line(session: str) -> str:
    """What the consoles of a session's presenters are listed as."""
    return sighted(CONSOLES, session)[:_LONGEST_LINE]


def device_of(sighting: str) -> str:
    """The device behind a line of the list."""
    return sighting.partition("/")[0]


def console_of(sighting: str) -> str | None:
    """The session whose consoles a line of the list stands for; None for a screen's line."""
    device, _, session = sighting.partition("/")
    return session if device == CONSOLES else None


def stage_room(device: str) -> str:
    """Where the stage of a device with a scene of its own is told."""
    return f"stage.{device}"


def device_room(device: str) -> str:
    """Where a device is told about itself."""
    return f"device.{device}"


def missed(
    lines: Iterable[ScreenLine], at: datetime, session: str | None
) -> tuple[ScreenLine, ...]:
    """The screens whose going the desk has to hear of: those that went in the last ten minutes.

    Args:
        lines: Every screen.
        at: Now.
        session: The one on the stage. Of consoles only its own is missed: a presenter who is not on
            closes theirs whenever they like.
    """
    own = console_line(session) if session else ""
    return tuple(
        one
        for one in lines
        if not one.connected and at - one.seen_at < _MISSED_FOR
        if console_of(one.id) is None or one.id == own
    )


class Screens:
    """The projectors by name."""

    def __init__(self) -> None:
        self._seen: dict[str, Sighting] = {}
        self._connected: dict[str, int] = {}
        self._unsaved: set[str] = set()
        self._elsewhere: set[str] = set()
        self._reports: dict[str, ObsReport] = {}

    def remember(self, sightings: tuple[Sighting, ...], *, from_nodes: bool = False) -> None:
        """Take over what the database knows, where nothing newer is known.

        Args:
            sightings: As kept.
            from_nodes: What is newer than what is known here can only have been seen by another node
                just now; else it may be from before a restart.
        """
        for one in sightings:
            known = self._seen.get(one.screen)
            if known is None or one.seen_at > known.seen_at:
                self._seen[one.screen] = one
                if from_nodes:
                    self._elsewhere.add(one.screen)
        self._elsewhere &= self._seen.keys()

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

    def report(self, screen: str, report: ObsReport, at: datetime) -> None:
        """OBS says how it is; that is not kept in the database."""
        known = self._seen.get(screen)
        scene, version = (known.scene, known.version) if known else ("", 0)
        self._note(Sighting(screen, at, scene, version))
        self._reports[screen] = report

    def reported(self, screen: str) -> ObsReport | None:
        """What OBS last said here; None where it said nothing or is not connected."""
        return self._reports.get(screen) if screen in self._connected else None

    def forget(self, device: str) -> None:
        """Forget a device with everything it shows; what is connected comes back with its next beat."""
        for name in [one for one in self._seen if device_of(one) == device]:
            del self._seen[name]
            self._unsaved.discard(name)
            self._elsewhere.discard(name)
            self._reports.pop(name, None)

    def leave(self, screen: str) -> None:
        """A connection of a screen has gone; a second window of the same screen may stay."""
        left = self._connected.get(screen, 0) - 1
        if left > 0:
            self._connected[screen] = left
        else:
            self._connected.pop(screen, None)

    def lines(self, at: datetime) -> tuple[ScreenLine, ...]:
        """Every screen by name, and whether it is connected to this node or lately was to another."""
        return tuple(
            ScreenLine(one.screen, one.seen_at, one.scene, one.version, self._is_there(name, at))
            for name, one in sorted(self._seen.items())
        )

    def _is_there(self, name: str, at: datetime) -> bool:
        if name in self._connected:
            return True
        return name in self._elsewhere and at - self._seen[name].seen_at <= _HEARD_OF

    def take_unsaved(self) -> tuple[Sighting, ...]:
        """What has been said since this was last asked."""
        names, self._unsaved = sorted(self._unsaved), set()
        return tuple(self._seen[name] for name in names if name in self._seen)

    def _note(self, sighting: Sighting) -> None:
        self._seen.pop(sighting.screen, None)
        self._seen[sighting.screen] = sighting
        self._elsewhere.discard(sighting.screen)
        self._unsaved.add(sighting.screen)
        while len(self._seen) > MOST_SCREENS:
            oldest = next(iter(self._seen))
            del self._seen[oldest]
            self._reports.pop(oldest, None)


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
