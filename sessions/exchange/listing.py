"""What every file of the schedule says of a session, before it is written one way or another.

Frab's formats hold one title, so a file is in one language: the title in the language asked for, the
subtitle in the other (empty where both are the same). They have no place for "cancelled" either: the
title says it in words, and ``type`` in a word for programs. Pure.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import msgspec

from expo.words import Language, Text, other
from sessions.exchange import names
from sessions.programme import Programme, Session

GENERATOR: Final = "sawt"
"""Who wrote a file; in files of this one the subtitle is the title in the other language."""
OFF: Final = ("cancelled", "postponed")
"""The statuses that stand in a title."""
BETWEEN: Final = ": "
"""Between the word for a status and the title itself."""


class Phrases(msgspec.Struct, frozen=True):
    """The few words that are not the programme's own."""

    hall: Text
    cancelled: Text
    postponed: Text

    def of(self, status: str) -> Text | None:
        """The word for a status that stands in a title."""
        return {"cancelled": self.cancelled, "postponed": self.postponed}.get(status)


class Telling(msgspec.Struct, frozen=True):
    """Everything a file is made from.

    ``site`` is the public address without a final slash; ``statuses`` are session id → status;
    ``version`` names the state of the schedule, as clients compare it.
    """

    programme: Programme
    language: Language
    site: str
    version: str
    phrases: Phrases
    statuses: Mapping[str, str] = {}

    def local(self, instant: datetime) -> datetime:
        """The instant on the expo's clock."""
        return instant.astimezone(self.programme.zone)

    @property
    def hall(self) -> str:
        """The one stage."""
        return self.phrases.hall.in_(self.language)


class Listed(msgspec.Struct, frozen=True):
    """One session as the files say it; times local with their offset."""

    guid: str
    number: int
    slug: str
    url: str
    starts_at: datetime
    ends_at: datetime
    title: str
    subtitle: str
    kind: str
    abstract: str
    persons: tuple[tuple[int, str], ...]

    @property
    def duration(self) -> str:
        """Hours and minutes, ``00:45``."""
        minutes = int((self.ends_at - self.starts_at).total_seconds()) // 60
        return f"{minutes // 60:02}:{minutes % 60:02}"


def listed(telling: Telling, session: Session, number: int) -> Listed:
    """What the files say of this session."""
    programme, language = telling.programme, telling.language
    status = telling.statuses.get(session.id, "")
    title, subtitle = _titles(telling, session.title, status)
    options = (one.title.in_(language) for one in programme.options_of(session))
    return Listed(
        guid=names.guid_of(programme, session.id),
        number=number,
        slug=names.slug_of(programme, session.id),
        url=f"{telling.site}/{language}/session/{session.id}",
        starts_at=telling.local(session.starts_at),
        ends_at=telling.local(session.ends_at),
        title=title,
        subtitle=subtitle,
        kind=status if status in OFF else _kind(session),
        abstract="\n".join(options),
        persons=_persons(telling, session),
    )


def _titles(telling: Telling, title: Text, status: str) -> tuple[str, str]:
    mark = telling.phrases.of(status)
    both = [title.in_(language) for language in (telling.language, other(telling.language))]
    if mark is not None:
        marks = (mark.in_(telling.language), mark.in_(other(telling.language)))
        both = [f"{word}{BETWEEN}{text}" for word, text in zip(marks, both, strict=True)]
    return both[0], "" if title.ar == title.en else both[1]


def _kind(session: Session) -> str:
    return session.slots[0].kind if session.slots else "presentation"


def _persons(telling: Telling, session: Session) -> tuple[tuple[int, str], ...]:
    """The entity, which is who presents; no person's name is in the programme."""
    for n, one in enumerate(telling.programme.entities, start=1):
        if one.id == session.entity:
            return ((n, one.name.in_(telling.language)),)
    return ()
