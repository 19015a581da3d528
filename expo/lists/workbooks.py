"""A list that comes as an Excel file: its first sheet as cells of text. Blocks; call it in a thread."""

import io
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from expo.lists.reading import (
    MOST_BYTES,
    MOST_COLUMNS,
    MOST_ROWS,
    ListUnreadable,
    decoded,
    lines_of,
)

_MOST_UNPACKED: Final = 64_000_000  # bytes; 20,000 rows of 40 cells take about 30 MB of XML
_MOST_PARTS: Final = 500
_ZIP: Final = b"PK\x03\x04"


def is_workbook(raw: bytes) -> bool:
    """Whether the file is a zip, as every Excel file since 2007 is."""
    return raw.startswith(_ZIP)


def cells_in(raw: bytes) -> list[list[str]]:
    """The cells of a list, line by line, whether it is an Excel file or text.

    Raises:
        ListUnreadable: As `cells_of`, `decoded` and `lines_of`.
    """
    return cells_of(raw) if is_workbook(raw) else lines_of(decoded(raw))


def cells_of(raw: bytes) -> list[list[str]]:
    """The cells of the first sheet, line by line, formulas by the value Excel last saw in them.

    Raises:
        ListUnreadable: ``too-large``, ``too-long``, ``too-wide`` or ``not-excel``.
    """
    if len(raw) > MOST_BYTES:
        raise ListUnreadable(why="too-large", most=MOST_BYTES // 1_000_000)
    _weigh(raw)
    try:
        # Parts are streamed and links never followed; sizes were looked at before.
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False)
        try:
            return list(_lines(book.worksheets[0].iter_rows(values_only=True)))
        finally:
            book.close()
    except (
        InvalidFileException, zipfile.BadZipFile, ParseError, KeyError, ValueError, IndexError,
        TypeError, AttributeError, OverflowError, EOFError,
    ) as error:  # fmt: skip
        # openpyxl lets every way of being broken through as whatever it stumbled over.
        raise ListUnreadable(why="not-excel") from error


def _weigh(raw: bytes) -> None:
    """Refuse a file that unpacks to more than a list can be (a decompression bomb)."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as parts:
            sizes = [part.file_size for part in parts.infolist()]
    except (zipfile.BadZipFile, ValueError) as error:
        raise ListUnreadable(why="not-excel") from error
    if sum(sizes) > _MOST_UNPACKED or len(sizes) > _MOST_PARTS:
        raise ListUnreadable(why="too-large", most=_MOST_UNPACKED // 1_000_000)


def _lines(rows: Iterator[tuple[object, ...]]) -> Iterator[list[str]]:
    for number, cells in enumerate(rows):
        if number > MOST_ROWS:
            raise ListUnreadable(why="too-long", most=MOST_ROWS)
        if any(cell is not None for cell in cells[MOST_COLUMNS:]):
            raise ListUnreadable(why="too-wide", most=MOST_COLUMNS)
        yield [_text(cell) for cell in cells[:MOST_COLUMNS]]


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == cell.min.time() else cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)
