"""The frame of a presenter's console: everything on it, whole. Pure."""

from datetime import datetime

import msgspec

from expo.words import Text


def room_of(session: str) -> str:
    """The room of a session's consoles."""
    return f"present.{session}"


class ConsoleCue(msgspec.Struct, frozen=True):
    """The last thing the desk told the presenter."""

    n: int
    """Counts the cues of a session; who has seen one says so by it."""
    kind: str
    """``stand-by``, ``one-minute``, ``finish`` or ``words``."""
    text: str
    """What the desk wrote; empty for the others."""
    sent_at: datetime
    seen_at: datetime | None


class ConsoleQuestion(msgspec.Struct, frozen=True):
    """A question the desk has put before the presenter; by whom is told to nobody."""

    id: str
    text: str
    supports: int


class ConsoleNext(msgspec.Struct, frozen=True):
    """What follows on this day."""

    title: Text
    starts_at: datetime


class ConsoleState(msgspec.Struct, frozen=True, tag="console", tag_field="type"):
    """What a presenter sees of a session; times are in the server's clock.

    ``starts_at`` and ``ends_at`` are expected; the time is up at ``due_at``, and while the show is on
    hold (``held_at``) its clock stands.
    """

    session: str
    version: int
    server_at: datetime
    title: Text
    turn: str
    """``waiting``, ``next``, ``stage``, ``overtime``, ``finished`` or ``off``."""
    before: int
    """How many sessions of the day come first, the one on the stage included."""
    starts_at: datetime
    ends_at: datetime
    due_at: datetime
    live_at: datetime | None
    planned_minutes: int
    added_minutes: int
    held_at: datetime | None
    next: ConsoleNext | None
    cue: ConsoleCue | None
    questions: tuple[ConsoleQuestion, ...]
    """In the desk's order."""
    felt: dict[str, int]
    """How often each reaction came in the last minute; new every ten seconds."""
    felt_at: datetime | None
