"""Reads typed values out of nodes and notes every mistake instead of stopping at the first.

A ``Form`` is one mapping being read. Every key that is asked for becomes a known key; ``done``
reports the others with the nearest known one. A value that is missing or wrong is None and has
been reported, so whoever reads on need not say it again. Pure.
"""

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, time
from difflib import get_close_matches
from typing import Final

import msgspec

from expo.words import LANGUAGES, Text, clean
from sessions.schedule_nodes import (
    Broken,
    Entry,
    Items,
    Mapping,
    Node,
    Problem,
    Scalar,
    quoted_fact,
)

ID_LENGTH: Final = 40  # characters; ids stand in addresses and on the wire
_ID: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_WHOLE: Final = re.compile(r"0|[1-9][0-9]{0,8}")
_CLOCK: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")
_DATE: Final = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_UNKNOWN_TOLD: Final = (
    10  # unknown keys of one mapping told one by one; looking for near ones costs time
)
_SPACES: Final = re.compile(r"[ \t\r\n]+")


class Notes:
    """The problems of one reading and the line of every path met."""

    def __init__(self, problems: Sequence[Problem] = ()) -> None:
        self.problems: list[Problem] = list(problems)
        self.lines: dict[str, int] = {}

    def tell(self, path: str, code: str, /, **facts: str | int) -> None:
        """Notes a problem at a path; the nearest known path gives the line."""
        self.problems.append(Problem(self.line(path), path, code, facts))

    def line(self, path: str) -> int:
        """The line of this path, or of the nearest place around it."""
        while path and path not in self.lines:
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return self.lines.get(path, 1)


class Place(msgspec.Struct, frozen=True):
    """A node and where it is."""

    path: str
    node: Node


class Form:
    """One mapping being read."""

    def __init__(self, place: Place, notes: Notes) -> None:
        self.path, self.notes = place.path, notes
        notes.lines.setdefault(place.path, place.node.line)
        self.asked: list[str] = []
        self.is_broken = not isinstance(place.node, Mapping)
        self.entries: dict[str, Entry] = {}
        if isinstance(place.node, Mapping):
            self.entries = {entry.key: entry for entry in place.node.entries}
            notes.lines.update((self.at(key), entry.line) for key, entry in self.entries.items())
        elif not isinstance(place.node, Broken):
            notes.tell(place.path, "not-a-mapping")

    def at(self, key: str) -> str:
        """The path of a key of this form."""
        return f"{self.path}.{key}" if self.path else key

    def tell(self, key: str, code: str, /, **facts: str | int) -> None:
        """Notes a problem with one key."""
        self.notes.tell(self.at(key), code, **facts)

    def find(self, key: str, *, required: bool = True) -> Node | None:
        """The node of a key; None where it is absent, empty or already reported."""
        if key not in self.asked:
            self.asked.append(key)
        entry = self.entries.get(key)
        if entry is not None and not _is_nothing(entry.value):
            return None if isinstance(entry.value, Broken) else entry.value
        if required and not self.is_broken:
            self.tell(key, "missing", key=key)
        return None

    def has(self, key: str) -> bool:
        """Whether something is written for this key."""
        entry = self.entries.get(key)
        return entry is not None and not _is_nothing(entry.value)

    def is_empty_list(self, key: str) -> bool:
        """Whether a list without items is written for this key."""
        entry = self.entries.get(key)
        return entry is not None and isinstance(entry.value, Items) and not entry.value.items

    def text(self, key: str, most: int, *, required: bool = True) -> str | None:
        """One line of text, normalised, of 1 to ``most`` characters."""
        node = self.find(key, required=required)
        if node is None:
            return None
        if not isinstance(node, Scalar):
            self.tell(key, "not-text")
            return None
        return _line_of_text(node.text, self.at(key), most, self.notes)

    def words(self, key: str, most: int, *, required: bool = True) -> Text | None:
        """Text in both languages, each of 1 to ``most`` characters."""
        node = self.find(key, required=required)
        return None if node is None else words(Place(self.at(key), node), most, self.notes)

    def identifier(self, key: str = "id", *, required: bool = True) -> str | None:
        """An id: small Latin letters, digits and single hyphens."""
        found = self.text(key, ID_LENGTH, required=required)
        if found is not None and not _ID.fullmatch(found):
            self.tell(key, "bad-id", found=quoted_fact(found))
            return None
        return found

    def whole(self, key: str, low: int, high: int, *, required: bool = True) -> int | None:
        """A whole number in plain digits from ``low`` to ``high``."""
        found = self.text(key, 20, required=required)
        if found is None:
            return None
        if not _WHOLE.fullmatch(found) or not low <= int(found) <= high:
            self.tell(key, "not-a-number", found=quoted_fact(found), low=low, high=high)
            return None
        return int(found)

    def choice(self, key: str, allowed: Sequence[str], *, required: bool = True) -> str | None:
        """One of the allowed words."""
        found = self.text(key, 40, required=required)
        if found is None or found in allowed:
            return found
        self.tell(key, "not-a-choice", found=quoted_fact(found), allowed=", ".join(allowed))
        return None

    def truth(self, key: str) -> bool:
        """``true`` or ``false``; false where absent."""
        return self.choice(key, ("true", "false"), required=False) == "true"

    def date(self, key: str, *, required: bool = True) -> date | None:
        """A calendar date written ``2017-04-17``."""
        found = self.text(key, 40, required=required)
        if found is None:
            return None
        parts = _DATE.fullmatch(found)
        try:
            if parts is not None:
                return date(int(parts[1]), int(parts[2]), int(parts[3]))
        except ValueError:
            pass  # the 30th of February: told below like every other date that is none
        self.tell(key, "bad-date", found=quoted_fact(found))
        return None

    def clock(self, key: str, *, required: bool = True) -> time | None:
        """A time of day written ``08:30`` or ``8:30``, 24 hours, in the expo's zone."""
        found = self.text(key, 40, required=required)
        if found is None:
            return None
        parts = _CLOCK.fullmatch(found)
        if parts is None:
            self.tell(key, "bad-time", found=quoted_fact(found))
            return None
        return time(int(parts[1]), int(parts[2]))

    def items(self, key: str, most: int, *, required: bool = True) -> tuple[Place, ...]:
        """The places of a list with at most ``most`` items; a longer one is not looked into."""
        node = self.find(key, required=required)
        if node is None:
            return ()
        if not isinstance(node, Items):
            self.tell(key, "not-a-list")
            return ()
        if len(node.items) > most:
            self.tell(key, "too-many", found=len(node.items), most=most)
            return ()
        return tuple(Place(f"{self.at(key)}[{n}]", item) for n, item in enumerate(node.items))

    def texts(self, key: str, most_items: int, most: int) -> tuple[tuple[str, str | None], ...]:
        """Path and text of each item of an optional list of one-line texts; None where unreadable."""
        found: list[tuple[str, str | None]] = []
        for place in self.items(key, most_items, required=False):
            self.notes.lines[place.path] = place.node.line
            if isinstance(place.node, Scalar):
                line = _line_of_text(place.node.text, place.path, most, self.notes)
                found.append((place.path, line))
                continue
            found.append((place.path, None))
            if not isinstance(place.node, Broken):
                self.notes.tell(place.path, "not-text")
        return tuple(found)

    def form(self, key: str, *, required: bool = True) -> "Form | None":
        """The form of a nested mapping."""
        node = self.find(key, required=required)
        return None if node is None else Form(Place(self.at(key), node), self.notes)

    def done(self) -> None:
        """Reports the keys nobody asked for, with the nearest known one."""
        unknown = [key for key in self.entries if key not in self.asked]
        for key in unknown[:_UNKNOWN_TOLD]:
            near = get_close_matches(key, self.asked, n=1, cutoff=0.6)
            if near:
                self.tell(key, "unknown-key-near", key=quoted_fact(key), near=near[0])
            else:
                self.tell(key, "unknown-key", key=quoted_fact(key), known=", ".join(self.asked))


def words(place: Place, most: int, notes: Notes) -> Text | None:
    """Text in both languages at a place; a missing language is a problem of its own."""
    form = Form(place, notes)
    if form.is_broken:
        return None
    found = {}
    for language in LANGUAGES:
        if not form.has(language):
            form.asked.append(language)
            notes.tell(place.path, "language-missing", language=language)
        else:
            found[language] = form.text(language, most)
    form.done()
    arabic, english = found.get("ar"), found.get("en")
    return Text(ar=arabic, en=english) if arabic and english else None


def _is_nothing(node: Node) -> bool:
    return isinstance(node, Scalar) and not node.quoted and node.text == ""


def _line_of_text(text: str, path: str, most: int, notes: Notes) -> str | None:
    written = unicodedata.normalize("NFC", _SPACES.sub(" ", text)).strip()
    cleaned = clean(written)
    if len(cleaned) > most:
        notes.tell(path, "too-long", found=len(cleaned), most=most)
    elif not cleaned:
        notes.tell(path, "empty-text")
    elif cleaned != written:
        notes.tell(path, "hidden-character")
    else:
        return cleaned
    return None
