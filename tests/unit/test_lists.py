"""Lists in and out: every way a file can be wrong is told, and nothing in it is run."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expo.lists.guard import guarded, unguarded
from expo.lists.reading import (
    MOST_BYTES,
    MOST_ROWS,
    Column,
    ListUnreadable,
    Row,
    decoded,
    lines_of,
    rows_of,
)
from expo.lists.writing import as_csv
from expo.words import clean

COLUMNS = (Column(("email", "e-mail", "البريد"), is_needed=True), Column(("name", "الاسم")))


def rows(raw: bytes) -> tuple[Row, ...]:
    return rows_of(lines_of(decoded(raw)), COLUMNS)


def why(raw: bytes) -> object:
    with pytest.raises(ListUnreadable) as refused:
        rows(raw)
    return refused.value.facts["why"]


@pytest.mark.parametrize(
    "raw",
    [
        b"email,name\nmaha@example.ae,Maha\n",
        b"email;name\r\nmaha@example.ae;Maha\r\n",
        b"\xef\xbb\xbfE-Mail,Name\nmaha@example.ae,Maha",
        "email\tname\nmaha@example.ae\tMaha\n".encode("utf-16"),
        "الاسم,البريد\nMaha,maha@example.ae\n".encode(),
        b"note,E Mail,name\nx,maha@example.ae,Maha\n,,\n",
        b'"email","name"\n"maha@example.ae","Maha"\n',
    ],
)
def test_list_is_read_however_it_was_saved(raw: bytes) -> None:
    assert rows(raw) == (Row(2, {"email": "maha@example.ae", "name": "Maha"}),)


def test_row_keeps_its_line_when_others_are_empty() -> None:
    found = rows(b"email,name\n,\nmaha@example.ae,Maha\n,\nali@example.ae\n")

    assert [row.line for row in found] == [3, 5]
    assert found[1].get("name") == ""


def test_line_break_inside_quotes_stays_in_its_cell() -> None:
    assert rows(b'email,name\nmaha@example.ae,"Ma\nha"\n')[0].get("name") == "Ma\nha"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "empty"),
        (b" \r\n", "empty"),
        (b"email,name\n", "empty"),
        (b"name\nMaha\n", "column-missing"),
        (b"email,e-mail\na,b\n", "column-twice"),
        ("email,name\nm@x.ae,مها\n".encode("cp1256"), "encoding"),
        (b"PK\x03\x04\x00\x00", "not-text"),
        (b'email,name\n"maha@example.ae,Maha\n', "not-csv"),
        (b",".join([b"email"] * 41) + b"\n", "too-wide"),
        (b"email\n" + b"a@b.ae\n" * (MOST_ROWS + 1), "too-long"),
        (b"email\n" + b"a" * MOST_BYTES, "too-large"),
    ],
)
def test_file_that_is_no_list_says_why(raw: bytes, reason: str) -> None:
    assert why(raw) == reason


def test_hundred_thousand_rows_are_refused_before_they_are_read() -> None:
    assert why(b"email,name\n" + b"a@b.ae,x\n" * 100_000) == "too-long"


@pytest.mark.parametrize(
    "cell", ["=1+1", "+971", "-2", "@SUM(A1)", "\t=1", "'=1", "''", "'quoted'"]
)
def test_formula_is_made_harmless_and_comes_back(cell: str) -> None:
    assert guarded(cell).startswith("'")
    assert unguarded(guarded(cell)) == cell


@given(st.text())
def test_every_text_comes_back_from_its_guard(cell: str) -> None:
    assert unguarded(guarded(cell)) == cell
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.lists(st.tuples(st.text(min_size=1), st.text()), min_size=1, max_size=20))
def test_what_is_written_is_read_again(people: list[tuple[str, str]]) -> None:
    kept = [(clean(email), clean(name)) for email, name in people]
    raw = as_csv(("email", "name"), kept)

    assert raw.startswith(b"\xef\xbb\xbf")
    if any(email or name for email, name in kept):
        found = [(row.get("email"), row.get("name")) for row in rows(raw)]
        assert found == [pair for pair in kept if any(pair)]


def test_written_lines_end_as_the_standard_says() -> None:
    raw = as_csv(("id", "n", "name"), [("a", 3, None)])

    assert raw == b"\xef\xbb\xbfid,n,name\r\na,3,\r\n"
    assert next(iter(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))) == ["id", "n", "name"]
