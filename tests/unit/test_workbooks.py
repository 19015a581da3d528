"""Lists as Excel files: real ones made by openpyxl, and the ways a file can pretend to be one."""

import io
import zipfile
from datetime import datetime

import pytest
from openpyxl import Workbook

from expo.lists import workbooks
from expo.lists.reading import Column, ListUnreadable, rows_of
from expo.lists.workbooks import cells_of, is_workbook


def saved(*rows: tuple[object, ...]) -> bytes:
    book = Workbook()
    sheet = book.create_sheet(index=0)
    for row in rows:
        sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def zipped(**parts: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def with_part(raw: bytes, name: str, content: bytes) -> bytes:
    """The workbook with one part replaced."""
    source = zipfile.ZipFile(io.BytesIO(raw))
    parts = {part: source.read(part) for part in source.namelist()}
    return zipped(**(parts | {name: content}))


def why(raw: bytes) -> object:
    with pytest.raises(ListUnreadable) as refused:
        cells_of(raw)
    return refused.value.facts["why"]


def test_sheet_is_read_like_a_text_list() -> None:
    raw = saved(("البريد", "seats"), ("maha@example.ae", 3.0), (None, None), ("ali@example.ae", 7))

    assert is_workbook(raw)
    rows = rows_of(cells_of(raw), (Column(("email", "البريد")), Column(("seats",))))
    assert [(row.line, row.get("email"), row.get("seats")) for row in rows] == [
        (2, "maha@example.ae", "3"),
        (4, "ali@example.ae", "7"),
    ]


def test_days_and_instants_are_written_out() -> None:
    raw = saved(("at",), (datetime(2017, 4, 17),), (datetime(2017, 4, 17, 8, 30),))  # noqa: DTZ001 - as Excel has them

    assert cells_of(raw)[1:] == [["2017-04-17"], ["2017-04-17T08:30:00"]]


def test_text_that_looks_like_a_formula_is_never_computed() -> None:
    assert cells_of(saved(("email",), ("=1+1",)))[1] == [""]  # nobody has seen its value


def test_bomb_is_refused_before_it_is_unpacked() -> None:
    assert why(zipped(**{"xl/worksheets/sheet1.xml": b"0" * 65_000_000})) == "too-large"
    assert why(zipped(**{f"part{n}": b"" for n in range(501)})) == "too-large"


@pytest.mark.parametrize(
    "raw",
    [
        b"PK\x03\x04 and then nothing",
        zipped(hello=b"a zip that is no workbook"),
        saved(("email",))[:600],
        with_part(saved(("email",)), "xl/worksheets/sheet1.xml", b"<not closed"),
        with_part(saved(("email",)), "xl/workbook.xml", b""),
        with_part(
            saved(("email",)),
            "xl/worksheets/sheet1.xml",
            b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">'
            + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9))
            + b"]><worksheet><sheetData><row><c t='inlineStr'><is><t>&j;</t></is></c></row></sheetData></worksheet>",
        ),
    ],
)
def test_broken_file_is_named_as_such(raw: bytes) -> None:
    assert why(raw) in {"not-excel", "too-large"}


def test_too_many_rows_and_columns_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbooks, "MOST_ROWS", 50)

    assert why(saved(*[("a",)] * 52)) == "too-long"
    assert why(saved(tuple(range(41)))) == "too-wide"
