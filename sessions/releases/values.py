"""A published schedule, and what it changed. Pure."""

from datetime import datetime
from enum import StrEnum

import msgspec

from expo.words import Text


class When(msgspec.Struct, frozen=True):
    """Where a session stands: number of the day, begin and end in UTC."""

    day: int
    starts_at: datetime
    ends_at: datetime


class Kind(StrEnum):
    """What a release does to a session."""

    ADDED = "added"
    MOVED = "moved"
    REMOVED = "removed"
    CHANGED = "changed"


class Change(msgspec.Struct, frozen=True):
    """One session between two schedules.

    ``before`` and ``after`` are where it stands; equal for one that keeps its place. ``was`` is the
    former title where that is another.
    """

    kind: Kind
    session: str
    title: Text
    before: When | None = None
    after: When | None = None
    was: Text | None = None


class Release(msgspec.Struct, frozen=True):
    """A published schedule: its number from 1, what it is called, why, and what it changed."""

    n: int
    name: Text
    note: Text
    at: datetime
    changes: tuple[Change, ...]
