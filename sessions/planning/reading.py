"""What the board's forms hold, read with suspicion; every digit of ours is understood. Pure."""

import re
from collections.abc import Mapping
from datetime import time
from typing import Final, cast

from expo.catalogue.values import TITLE_LENGTH
from expo.errors import N_, BadRequest, Refusal
from expo.words import Text, latin_digits, on_one_line, whole_number
from sessions.planning.plan import MOST_MINUTES, New
from sessions.programme import Programme, SlotKind

NAME_LENGTH: Final = 60
"""Characters of a release's name."""
NOTE_LENGTH: Final = 600
"""Characters of a release's note."""
KINDS: Final = ("talk", "presentation", "discussion", "break")
"""What a new session may be; a ranking is for a session with initiatives."""
_CLOCK: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_VERSION_DIGITS: Final = 12


class PlanField(Refusal):
    """A field of the form cannot be what was typed; ``field`` names it."""

    code = N_("plan-field")
    status = 422


class WordsMissing(Refusal):
    """A text is missing in one of the languages, or longer than ``most`` characters."""

    code = N_("plan-words")
    status = 422


def version(fields: Mapping[str, str]) -> int:
    """The version of the draft somebody looked at.

    Raises:
        BadRequest: It is none.
    """
    found = whole_number(fields.get("version", ""), _VERSION_DIGITS)
    if found is None:
        raise BadRequest(what="version")
    return found


def place(fields: Mapping[str, str]) -> tuple[int, time, int]:
    """Day, begin on the hall's clock, and length in minutes.

    Raises:
        PlanField: One of them is none.
    """
    day = whole_number(fields.get("day", "").strip(), 2)
    clock = _CLOCK.fullmatch(latin_digits(fields.get("starts", "").strip()))
    minutes = whole_number(fields.get("minutes", "").strip(), 4)
    if day is None:
        raise PlanField(field="day")
    if clock is None:
        raise PlanField(field="starts")
    if minutes is None or not 0 < minutes <= MOST_MINUTES:
        raise PlanField(field="minutes")
    return day, time(int(clock[1]), int(clock[2])), minutes


def words(fields: Mapping[str, str], name: str, most: int, *, needed: bool = True) -> Text:
    """A text in both languages, from ``<name>_ar`` and ``<name>_en``; empty only where it may be.

    Raises:
        WordsMissing: One is missing or too long.
    """
    arabic, english = (on_one_line(fields.get(f"{name}_{code}", "")) for code in ("ar", "en"))
    is_half = bool(arabic) != bool(english) or (needed and not arabic)
    if is_half or max(len(arabic), len(english)) > most:
        raise WordsMissing(most=most)
    return Text(ar=arabic, en=english)


def new(fields: Mapping[str, str], programme: Programme) -> New:
    """A session to be added.

    Raises:
        PlanField, WordsMissing: Something cannot be what was typed.
    """
    title = words(fields, "title", TITLE_LENGTH)
    day, starts, minutes = place(fields)
    kind = fields.get("kind", "")
    if kind not in KINDS:
        raise PlanField(field="kind")
    return New(title, cast("SlotKind", kind), day, starts, minutes, entity(fields, programme))


def entity(fields: Mapping[str, str], programme: Programme) -> str | None:
    """Who presents a session; None for nobody.

    Raises:
        PlanField: There is no such entity.
    """
    found = fields.get("entity", "") or None
    if found is not None and programme.entity(found) is None:
        raise PlanField(field="entity")
    return found
