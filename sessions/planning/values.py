"""What the schedule board keeps: a draft, in versions. Pure."""

from datetime import datetime

import msgspec

from expo.words import Text
from sessions.programme import Day, Session
from sessions.releases.values import When


class Document(msgspec.Struct, frozen=True):
    """A draft: the days as planned, and the days in force when it was begun or last brought up to date.

    Everything else of a schedule stays as it is in force, so a change there is never undone by a draft.
    """

    days: tuple[Day, ...]
    base: tuple[Day, ...]


class Step(msgspec.Struct, frozen=True):
    """One version of the draft: what was done to reach it, to which session, and when."""

    version: int
    action: str
    subject: str
    title: Text | None
    """The session's, as it was called then."""
    at: datetime


class Plan(msgspec.Struct, frozen=True):
    """The draft now.

    ``version`` counts up for ever, over drafts that were discarded or published; 0 before the first.
    ``document`` is None where no draft is begun. ``back`` is the version an undo brings back.
    """

    version: int = 0
    document: Document | None = None
    back: int | None = None
    action: str = ""


class Entry(msgspec.Struct, frozen=True):
    """A session and the number of its day."""

    day: int
    session: Session

    @property
    def when(self) -> When:
        """Where it stands."""
        return When(self.day, self.session.starts_at, self.session.ends_at)


def entries(days: tuple[Day, ...]) -> dict[str, Entry]:
    """Session id → the session with its day, in the order of the days."""
    return {one.id: Entry(day.n, one) for day in days for one in day.sessions}
