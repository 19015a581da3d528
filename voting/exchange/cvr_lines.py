"""Reports of cast vote records that are too large to be parsed whole, a piece after the other. Pure.

Ours stand one record to a line, after a first line with everything they refer to; so every so many
records, with that line before them, are a report of their own. Other large reports are refused.
"""

import io
from collections.abc import Iterator
from typing import BinaryIO, Final

import msgspec

from expo.errors import N_
from voting.exchange import json_lines
from voting.exchange.ballot_file import TOO_LARGE, BallotFile, FileGroup, FileUnreadable, text_of
from voting.exchange.cvr import report_in
from voting.methods.rankings import Pattern

MAX_BYTES: Final = 4 * 1024 * 1024 * 1024
"""Largest report: five million ballots of ours."""
PIECE_BYTES: Final = 4 * 1024 * 1024
"""A piece needs some ten times its bytes while it is parsed."""
FAR_TOO_LARGE: Final = N_("the file is larger than 4 GB")

_RECORDS: Final = b'"CVR":[\n'
_END: Final = b"\n]}\n"


def read(file: BinaryIO) -> BallotFile:
    """The election in a report with a record to a line.

    Raises:
        FileUnreadable: It is no such report, or malformed.
    """
    if file.seek(0, io.SEEK_END) > MAX_BYTES:
        raise FileUnreadable(1, FAR_TOO_LARGE)
    file.seek(0)
    head = file.readline(PIECE_BYTES)
    if not head.endswith(_RECORDS):
        raise FileUnreadable(1, TOO_LARGE)
    said: dict[Pattern, int] = {}
    empty: BallotFile | None = None
    before = 0
    for lines in _pieces(file):
        found = _report(head, lines, before)
        before += len(lines)
        for group in found.groups:
            for one in group.patterns:
                pile = msgspec.structs.replace(one, count=1)
                said[pile] = said.get(pile, 0) + one.count
        bare = _with(found, {})
        empty = bare if empty is None else empty
        if bare != empty:  # something after the records says otherwise
            raise FileUnreadable(before + 1, TOO_LARGE)
    if empty is None:
        raise FileUnreadable(2, json_lines.NOT_JSON)
    return _with(empty, said)


def _pieces(file: BinaryIO) -> Iterator[list[bytes]]:
    """The lines after the first; each piece but the last ends between two records."""
    lines: list[bytes] = []
    size = number = 0
    while line := file.readline(PIECE_BYTES):
        lines.append(line)
        size, number = size + len(line), number + 1
        if size >= PIECE_BYTES and line.endswith(b",\n"):
            yield lines
            lines, size = [], 0
        elif size > 4 * PIECE_BYTES:  # no record of ours is a hundredth of that
            raise FileUnreadable(number + 1, TOO_LARGE)
    yield lines


def _report(head: bytes, lines: list[bytes], before: int) -> BallotFile:
    """The report of one piece; ``before`` lines of records stand above it in the file."""
    text = b"".join(lines)
    if text.endswith(b",\n"):
        text = text[:-2] + _END
    elif before and text.lstrip().startswith(b"]"):
        raise FileUnreadable(before + 2, json_lines.NOT_JSON)  # a comma, and no record after it
    whole = text_of(head + text)
    try:
        value = json_lines.parsed(whole)
        return report_in(value, whole)
    except FileUnreadable as error:
        line = int(error.facts["line"])
        error.facts["line"] = line + before if line > 1 else line
        raise


def _with(file: BallotFile, said: dict[Pattern, int]) -> BallotFile:
    """The same election with these ballots."""
    groups = tuple(
        FileGroup(
            group.share,
            tuple(
                msgspec.structs.replace(one, count=count)
                for one, count in said.items()
                if one.electorate == group.share.id
            ),
        )
        for group in file.groups
    )
    return msgspec.structs.replace(file, groups=groups)
