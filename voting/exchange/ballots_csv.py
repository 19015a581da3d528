"""Ballots as a table: one row for each, a column for each option with its place on the ballot. Pure.

Opens in a spreadsheet in Arabic too (a byte-order mark), and no cell is ever taken for a formula: what
begins like one gets an apostrophe, which the reader takes off again. Each row says what its electorate
weighs, so the table counts by itself; electorates without a ballot are not in it.
"""

import csv
import io
import re
from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO, Final

from expo.errors import N_
from voting.downloads import cell
from voting.exchange.ballot_file import (
    BAD_ID,
    BAD_NUMBER,
    MAX_BYTES,
    MAX_ID,
    MAX_OPTIONS,
    TOO_MANY_OPTIONS,
    BallotFile,
    FileUnreadable,
    text_of,
    whole,
)
from voting.exchange.marks import Gathered, ranking_of, share_of
from voting.exchange.opened import Asked, Opened
from voting.methods.rankings import ids_of

HEAD: Final = (
    "tracker", "electorate", "weight", "full_weight_at", "min", "status", "own", "method",
)  # fmt: skip
"""Columns before the options'; ``own`` lists the columns of the options abstained on, by number."""
STATUSES: Final = ("counted", "withdrawn", "held", "void")

BAD_HEAD: Final = N_("the first row is not the one of a table of ballots")
BAD_ROW: Final = N_("the row has another number of cells than the first one")
BAD_STATUS: Final = N_("the status of a ballot is counted, withdrawn, held or void")
OTHER_WEIGHT: Final = N_("one electorate is weighed in two ways")
BAD_CSV: Final = N_("the table cannot be taken apart")

_SAFE: Final = re.compile("'[=+\\-@\t\r\n]")


class CsvSheet:
    """The table, ballot by ballot."""

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._shares = {one.share.id: one.share for one in asked.open_voters}
        self._number = {option: n for n, option in enumerate(asked.options, start=1)}

    def begin(self) -> str:
        """The byte-order mark and the first row."""
        return "\ufeff" + _row((*HEAD, *map(cell, self._asked.options)))

    def one(self, ballot: Opened) -> str:
        """The row of a ballot, whether it counts or not."""
        share = self._shares[ballot.electorate]
        place = {o: n for n, rank in enumerate(ballot.ranking, start=1) for o in ids_of(rank)}
        own = sorted(self._number[one] for one in set(ballot.own) if one in self._number)
        status = "withdrawn" if ballot.status == "counted" and not ballot.ranking else ballot.status
        return _row(
            (
                cell(ballot.tracker),
                cell(share.id),
                share.weight,
                share.full_weight_at,
                share.min,
                status,
                " ".join(map(str, own)),
                cell(self._asked.method),
                *(place.get(option, "") for option in self._asked.options),
            )
        )

    def end(self) -> str:
        """Nothing follows the last row."""
        return ""


def _row(cells: tuple[object, ...]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()


def read(file: BinaryIO) -> BallotFile:
    """The election in a table of ballots.

    Raises:
        FileUnreadable: It is malformed.
    """
    rows = _rows(text_of(file.read(MAX_BYTES + 1)))
    line, head = next(rows)
    options = _options(line, head)
    gathered, method = Gathered(options, options), ""
    first = next(rows, None)
    if first is not None:
        method = _plain(first[1][HEAD.index("method")]) if len(first[1]) == len(head) else ""
        rows = chain((first,), rows)
    for number, row in rows:
        if len(row) != len(head):
            raise FileUnreadable(number, BAD_ROW, len(row))
        _take(gathered, row, options, number)
    return gathered.file(method=method)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Every row that holds anything, with the line it ends on."""
    reader = csv.reader(io.StringIO(text), strict=True)
    try:
        for row in reader:
            if any(row):
                yield reader.line_num, row
    except csv.Error as error:
        raise FileUnreadable(reader.line_num, BAD_CSV, error) from None


def _options(line: int, head: list[str]) -> tuple[str, ...]:
    if tuple(head[: len(HEAD)]) != HEAD:
        raise FileUnreadable(line, BAD_HEAD, ",".join(head))
    options = tuple(map(_plain, head[len(HEAD) :]))
    if not 1 <= len(options) <= MAX_OPTIONS:
        raise FileUnreadable(line, TOO_MANY_OPTIONS, len(options))
    for n, option in enumerate(options):
        if not 1 <= len(option) <= MAX_ID or option in options[:n]:
            raise FileUnreadable(line, BAD_ID, option)
    return options


def _take(gathered: Gathered, row: list[str], options: tuple[str, ...], line: int) -> None:
    cells = dict(zip(HEAD, row, strict=False))
    electorate = _plain(cells["electorate"])
    share = share_of(electorate, (cells["weight"], cells["full_weight_at"], cells["min"]), line)
    if not 1 <= len(electorate) <= MAX_ID:
        raise FileUnreadable(line, BAD_ID, electorate)
    if not gathered.has(electorate):
        gathered.tell(share, line)
    elif gathered.share(electorate) != share:
        raise FileUnreadable(line, OTHER_WEIGHT, electorate)
    status = cells["status"]
    if status not in STATUSES:
        raise FileUnreadable(line, BAD_STATUS, status)
    places = {
        option: _number(written, line)
        for option, written in zip(options, row[len(HEAD) :], strict=True)
        if written
    }
    own = tuple(_own(written, options, line) for written in cells["own"].split())
    ranking = () if status == "withdrawn" else ranking_of(places)
    is_counted = status in {"counted", "withdrawn"}
    found = Opened("", electorate, ranking, own, "counted" if is_counted else "held")
    gathered.take(found, line)


def _own(written: str, options: tuple[str, ...], line: int) -> str:
    number = whole(written, 1, len(options))
    if number is None:
        raise FileUnreadable(line, BAD_NUMBER, written)
    return options[number - 1]


def _number(written: str, line: int) -> int:
    number = whole(written, 1, MAX_OPTIONS)
    if number is None:
        raise FileUnreadable(line, BAD_NUMBER, written)
    return number


def _plain(written: str) -> str:
    """The text of a cell as it was before it was made safe."""
    return written[1:] if _SAFE.match(written) else written
