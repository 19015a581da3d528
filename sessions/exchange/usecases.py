"""The schedule's files as they are asked for, kept until what they say changes."""

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from expo.errors import NotFound
from expo.words import Language
from sessions.exchange.listing import Phrases, Telling
from sessions.exchange.writing import as_json, as_table, as_xml
from sessions.programme import Programme
from sessions.usecases import Show

WRITERS: Final[dict[str, Callable[[Telling], bytes]]] = {
    "json": as_json,
    "xml": as_xml,
    "csv": as_table,
}
"""Ending of the address → what makes the file."""
_SHORT: Final = 12  # characters of the digest that names a version


class ScheduleFile(msgspec.Struct, frozen=True):
    """One file as it stands: its bytes, what tells it from another, and since when it says this.

    ``modified_at`` is when this process first made these bytes, never before the programme came in
    force.
    """

    content: bytes
    mark: str
    modified_at: datetime


class ScheduleFiles:
    """Makes and keeps the files; one per process.

    Args:
        show: Has the programme, where each session stands, and the clock.
        phrases: The words that are not the programme's.
    """

    def __init__(self, show: Show, phrases: Phrases) -> None:
        self._show = show
        self._phrases = phrases
        self._kept: dict[tuple[str, Language, int], tuple[object, ScheduleFile]] = {}

    def file(self, ending: str, language: Language, day: int = 0) -> ScheduleFile:
        """The schedule as it is running.

        Args:
            ending: One of `WRITERS`.
            language: Of the titles.
            day: Number of the one day that is told; 0 for all.

        Raises:
            NotFound: No day has this number.
        """
        programme, statuses = running_of(self._show), self._show.rundown.statuses
        told = _of_day(programme, day)
        release = self._show.rundown.release
        stands_on = (told, statuses, release)
        key = (ending, language, day)
        known = self._kept.get(key)
        if known is not None and known[0] == stands_on:
            return known[1]
        state = hashlib.sha256(msgspec.json.encode((told, statuses))).hexdigest()[:_SHORT]
        # Clients compare versions, and delays change the schedule between two releases.
        version = state if release is None else f"{release.in_(language)} · {state}"
        site = self._show.site
        telling = Telling(told, language, site, version, self._phrases, statuses)
        content = WRITERS[ending](telling)
        since = self._show.rundown.imported_at if known is None else self._show.now()
        found = ScheduleFile(content, hashlib.sha256(content).hexdigest()[:20], since)
        self._kept[key] = (stands_on, found)
        return found


def running_of(show: Show) -> Programme:
    """The programme in force, with what is late now."""
    return show.running()


def _of_day(programme: Programme, number: int) -> Programme:
    if not number:
        return programme
    found = programme.day(number)
    if found is None:
        raise NotFound
    return replace(programme, days=(found,))
