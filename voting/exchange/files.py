"""Which reader reads which file, by the ending of its name. Pure."""

import io
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import BinaryIO, Final

from voting.exchange import (
    ballots_csv,
    blt,
    cvr,
    cvr_lines,
    json_lines,
    preflib,
    sawt_json,
    tally_sheet,
)
from voting.exchange.ballot_file import MAX_BYTES, BallotFile, UnknownFileType, text_of


def read_json(file: BinaryIO) -> BallotFile:
    """The election in a JSON file: Sawt's own, or a NIST report, which says so.

    A larger one is read all the same if it is a report with a record to a line, as ours are.

    Raises:
        FileUnreadable: It is malformed.
    """
    if file.seek(0, io.SEEK_END) > MAX_BYTES:
        return cvr_lines.read(file)
    file.seek(0)
    text = text_of(file.read())
    value = json_lines.parsed(text)
    reader = cvr.report_in if cvr.is_report(value) else sawt_json.election_in
    return reader(value, text)


READERS: Final[Mapping[str, Callable[[BinaryIO], BallotFile]]] = MappingProxyType(
    {
        "json": read_json,
        "soc": partial(preflib.read, kind="soc"),
        "soi": partial(preflib.read, kind="soi"),
        "toc": partial(preflib.read, kind="toc"),
        "toi": partial(preflib.read, kind="toi"),
        "blt": blt.read,
        "csv": ballots_csv.read,
        "txt": tally_sheet.read,
    }
)


def read(name: str, data: bytes | BinaryIO) -> BallotFile:
    """The election in a file; its ending says what it is, in capitals or not.

    Args:
        name: Of the file.
        data: All of it, or the open file, which costs less memory where a reader goes line by line.

    Raises:
        UnknownFileType: Nothing reads such files.
        FileUnreadable: It is malformed.
    """
    _, dot, ending = name.rpartition(".")
    reader = READERS.get(ending.lower()) if dot else None
    if reader is None:
        known = " ".join(f".{ending}" for ending in READERS)
        raise UnknownFileType(name=name[-80:], known=known)
    if isinstance(data, bytes):
        return reader(io.BytesIO(data))
    return reader(data if data.seekable() else io.BytesIO(data.read(MAX_BYTES + 1)))
