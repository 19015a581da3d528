"""A list to take away: CSV that spreadsheets open in the right script and run nothing of. Pure."""

import csv
import io
from collections.abc import Iterable, Sequence

from expo.lists.guard import guarded

Cell = str | int | None


def as_csv(head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The file, UTF-8 with the mark that Excel asks for, lines ended as RFC 4180 says.

    Texts that a spreadsheet would run as a formula are made harmless (`expo.lists.guard`); reading
    the file back gives them unchanged. None is an empty cell.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(head)
    writer.writerows([_written(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _written(cell: Cell) -> Cell:
    return guarded(cell) if isinstance(cell, str) else cell
