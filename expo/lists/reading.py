"""A list as somebody made it, read row by row: every mistake is told with its line. Pure.

What comes in was saved by Excel, by a payroll system or by hand. Comma, semicolon and tab are told
apart by the head line; UTF-8 and UTF-16 by their marks. Older code pages are not guessed: a guess
spoils Arabic names without anybody noticing.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from expo.errors import N_, Fact, Refusal
from expo.lists.guard import unguarded
from expo.words import clean

MOST_ROWS: Final = 20_000
"""People of a large ministry; a longer list comes in parts."""
MOST_BYTES: Final = 8_000_000
MOST_COLUMNS: Final = 40
LONGEST_CELL: Final = 2_000
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_SEPARATORS: Final = ",;\t"


class ListUnreadable(Refusal):
    """The file is no list; ``why`` says what is wrong with it as a whole."""

    code = N_("list-unreadable")
    status = 422


class Column(msgspec.Struct, frozen=True):
    """A column the list may have; ``names`` are the heads people give it, the first is ours."""

    names: tuple[str, ...]
    is_needed: bool = False

    @property
    def name(self) -> str:
        """What the column is called in `Row.cells`."""
        return self.names[0]


class Row(msgspec.Struct, frozen=True):
    """One row: the line it begins on, as a spreadsheet numbers them, and its cells by column."""

    line: int
    cells: dict[str, str]

    def get(self, name: str) -> str:
        """The cell of this column; empty where there is none."""
        return self.cells.get(name, "")


class RowError(msgspec.Struct, frozen=True):
    """What is wrong with one row: a stable ``code``, the column, and the cell as it was given."""

    line: int
    column: str
    code: str
    value: str = ""
    facts: dict[str, Fact] = {}


def decoded(raw: bytes) -> str:
    """The text of a file.

    Raises:
        ListUnreadable: ``empty``, ``too-large``, ``encoding`` or ``not-text``.
    """
    if not raw.strip():
        raise ListUnreadable(why="empty")
    if len(raw) > MOST_BYTES:
        raise ListUnreadable(why="too-large", most=MOST_BYTES // 1_000_000)
    encoding = next((name for mark, name in _MARKS if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise ListUnreadable(why="encoding") from error
    if "\0" in text:
        raise ListUnreadable(why="not-text")
    return text


def lines_of(text: str) -> list[list[str]]:
    """The cells of a CSV text, line by line; a line break inside quotes stays inside its cell.

    Raises:
        ListUnreadable: ``not-csv`` (a quote is never closed), or ``too-long``.
    """
    head = text.partition("\n")[0]
    separator = max(_SEPARATORS, key=head.count)
    # Quotes decide where a row ends, so rows are counted by the reader and not by line breaks.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    found: list[list[str]] = []
    try:
        for cells in reader:
            found.append(cells)
            if len(found) > MOST_ROWS + 1:
                raise ListUnreadable(why="too-long", most=MOST_ROWS)
    except csv.Error as error:
        raise ListUnreadable(why="not-csv", line=reader.line_num) from error
    return found


def rows_of(lines: Sequence[Sequence[str]], columns: Iterable[Column]) -> tuple[Row, ...]:
    """The rows under the head line, cells cleaned; empty rows are left out, unknown columns too.

    Args:
        lines: Cells as read, the head first.
        columns: What the list may have. Heads are compared without case, spaces and underscores.

    Raises:
        ListUnreadable: ``empty``, ``too-wide``, ``too-long``, ``column-missing`` or
            ``column-twice`` (``column`` names it).
    """
    known = tuple(columns)
    if not lines:
        raise ListUnreadable(why="empty")
    if len(lines) > MOST_ROWS + 1:
        raise ListUnreadable(why="too-long", most=MOST_ROWS)
    places = _places(lines[0], known)
    rows = []
    for number, cells in enumerate(lines[1:], start=2):
        found = {
            name: unguarded(clean(cells[at])[:LONGEST_CELL])
            for name, at in places.items()
            if at < len(cells)
        }
        if any(found.values()):
            rows.append(Row(number, found))
    if not rows:
        raise ListUnreadable(why="empty")
    return tuple(rows)


def _places(head: Sequence[str], columns: tuple[Column, ...]) -> dict[str, int]:
    """Where each column stands."""
    if len(head) > MOST_COLUMNS:
        raise ListUnreadable(why="too-wide", most=MOST_COLUMNS)
    names = {_plain(name): column.name for column in columns for name in column.names}
    places: dict[str, int] = {}
    for at, given in enumerate(head):
        name = names.get(_plain(given))
        if name is None:
            continue
        if name in places:
            raise ListUnreadable(why="column-twice", column=name)
        places[name] = at
    for column in columns:
        if column.is_needed and column.name not in places:
            raise ListUnreadable(why="column-missing", column=column.name)
    return places


def _plain(head: str) -> str:
    return "".join(clean(head).casefold().split()).replace("_", "").replace("-", "")
