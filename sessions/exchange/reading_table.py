"""A schedule as CSV → outline; the columns are those of our own export, in any order.

Cells that were guarded against spreadsheets come back as they were. Pure.
"""

from typing import Final

from expo.lists.reading import Column, ListUnreadable, Row, decoded, lines_of, rows_of
from sessions.exchange.outline import MOST_EVENTS, Cell, Event, Outline, Read
from sessions.exchange.writing import HEAD
from sessions.schedule_nodes import SIZE_BYTES, Problem

NEEDED: Final = ("id", "date", "starts", "ends", "title_ar", "title_en")
"""The columns without which a row is no session."""
_COLUMNS: Final = tuple(Column((name,), is_needed=name in NEEDED) for name in HEAD)


def outline_of(content: bytes) -> Read:
    """What this table says; anything else is a problem. Its lines are rows, the head is row 1."""
    if len(content) > SIZE_BYTES:
        return _not("file-too-large", found=len(content), most=SIZE_BYTES)
    try:
        rows = rows_of(lines_of(decoded(content)), _COLUMNS)
    except ListUnreadable as refusal:
        why = str(refusal.facts.get("why", ""))
        column = str(refusal.facts.get("column", ""))
        return _not(f"table-{why}", column=column)
    if len(rows) > MOST_EVENTS:
        return _not("too-many", found=len(rows), most=MOST_EVENTS)
    return Outline(tuple(map(_event, rows)), is_table=True), []


def is_table(content: bytes) -> bool:
    """Whether the first line is a head of columns: three words or more between separators.

    Which of our columns it lacks is for `outline_of` to say; a YAML file never begins so.
    """
    head = content[:2_000].partition(b"\n")[0].replace(b"\0", b"").strip()
    widest = max(head.count(separator) for separator in (b",", b";", b"\t"))
    return widest >= 2 and b":" not in head and not head.startswith((b"#", b"[", b"{", b"-", b"%"))


def _event(row: Row) -> Event:
    return Event(row.line, {name: Cell(row.line, text) for name, text in row.cells.items()})


def _not(code: str, **facts: str | int) -> Read:
    return Outline(()), [Problem(1, "", code, facts)]
