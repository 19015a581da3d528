"""What the organisers have told the stage so far, as values. Pure."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from expo.words import Text
from sessions.cues import Cue, Scene, Status, after
from sessions.programme import Programme

UNDO_SECONDS: Final = 10
"""How long a room offers to take an order back."""


class Stage(msgspec.Struct, frozen=True):
    """What the screens were told: ``picked`` is None while the scene follows by itself.

    ``version`` grows with every act of an organiser, whatever it is about, and with every change
    of the programme, so it is the version of everything the show says.
    """

    session: str | None = None
    contest: str | None = None
    picked: Scene | None = None
    version: int = 0
    held_at: datetime | None = None
    """Since when the show is on hold: its clock stands."""
    absorbs: bool = True
    """Whether the time between sessions takes up a delay."""


class Progress(msgspec.Struct, frozen=True):
    """Where one session stands; ``version`` grows with every change of its status or its time.

    ``added_minutes`` move the end of a live session, and the start of one that waits.
    """

    status: Status = Status.SCHEDULED
    version: int = 0
    code: str | None = None
    """Join code, in the form it is shown."""
    live_at: datetime | None = None
    """When it really began."""
    ended_at: datetime | None = None
    """When it really ended."""
    added_minutes: int = 0


def changed(state: Progress, cue: Cue, at: datetime) -> Progress:
    """Where a session stands after a cue, and since when.

    Minutes by which its start was put off are in its start once it begins.

    Raises:
        IllegalCue: The table has no such cue from its status.
    """
    status, version = after(state.status, cue), state.version + 1
    found = msgspec.structs.replace(state, status=status, version=version)
    if cue is Cue.START:
        return msgspec.structs.replace(found, live_at=at, ended_at=None, added_minutes=0)
    return msgspec.structs.replace(found, ended_at=at) if cue is Cue.END else found


class Before(msgspec.Struct, frozen=True):
    """How everything stood before an order that was carried out at ``at``.

    ``kind`` is the order's; ``sessions`` are those it changed.
    """

    kind: str
    at: datetime
    stage: Stage
    sessions: dict[str, Progress] = {}

    @property
    def until_at(self) -> datetime:
        """Until when a room offers to take it back."""
        return self.at + timedelta(seconds=UNDO_SECONDS)


class Rundown(msgspec.Struct, frozen=True):
    """The programme in force and how far the show has come: everything read at one instant."""

    programme: Programme
    progress: dict[str, Progress]
    stage: Stage
    imported_at: datetime
    """When this programme was put in force."""
    undo: Before | None = None
    """How everything stood before the last order; None where it cannot be taken back."""
    release: Text | None = None
    """What the schedule published last is called; None before the first."""

    def at(self, session_id: str) -> Progress:
        """Where a session stands; one the programme does not have counts as scheduled."""
        return self.progress.get(session_id, Progress())

    @property
    def statuses(self) -> dict[str, str]:
        """Session id → status, as the board wants it."""
        return {one: state.status.value for one, state in self.progress.items()}

    def session_of_code(self, code: str) -> str | None:
        """The session a join code leads to; the code as it is shown."""
        return next((one for one, s in self.progress.items() if s.code == code), None)


class Sighting(msgspec.Struct, frozen=True):
    """What a screen last said about itself."""

    screen: str
    seen_at: datetime
    scene: str
    version: int
