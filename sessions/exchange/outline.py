"""What a foreign schedule says, as far as it could be read: cells of text with their lines. Pure."""

from typing import Final

import msgspec

from sessions.schedule_nodes import Problem

MOST_EVENTS: Final = 2_000
"""Sessions read from one file; the largest conferences have about a thousand."""


class Cell(msgspec.Struct, frozen=True):
    """A piece of text and the line it stands on."""

    line: int
    text: str


class Event(msgspec.Struct, frozen=True):
    """One session; ``cells`` by the names that frab gives them, or our own in a CSV."""

    line: int
    cells: dict[str, Cell]
    hall: str = ""

    def text(self, name: str) -> str:
        """The text of a cell without spaces around it; empty where there is none."""
        found = self.cells.get(name)
        return found.text.strip() if found else ""

    def line_of(self, name: str) -> int:
        """Where this cell stands, or else the session."""
        found = self.cells.get(name)
        return found.line if found else self.line


class OutlineDay(msgspec.Struct, frozen=True):
    """A day as the file has it; cells are empty where the file says nothing."""

    line: int
    date: Cell
    starts: Cell
    ends: Cell


class Outline(msgspec.Struct, frozen=True):
    """A whole file. ``is_ours`` says that Sawt wrote it: then its subtitles and days are ours too."""

    events: tuple[Event, ...]
    days: tuple[OutlineDay, ...] = ()
    is_ours: bool = False
    is_table: bool = False

    @property
    def halls(self) -> tuple[str, ...]:
        """The halls in which something happens, in the order of the file."""
        return tuple(dict.fromkeys(one.hall for one in self.events))


Read = tuple[Outline, list[Problem]]
"""What a reader gives back; with problems the outline is only good for finding more of them."""
