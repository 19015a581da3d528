"""Which reader reads which file, by the ending of its name. Pure."""

import io
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import BinaryIO, Final

from voting.exchange import blt, preflib, sawt_json
from voting.exchange.ballot_file import MAX_BYTES, BallotFile, UnknownFileType

READERS: Final[Mapping[str, Callable[[BinaryIO], BallotFile]]] = MappingProxyType(
    {
        "json": sawt_json.read,
        "soc": partial(preflib.read, kind="soc"),
        "soi": partial(preflib.read, kind="soi"),
        "toc": partial(preflib.read, kind="toc"),
        "toi": partial(preflib.read, kind="toi"),
        "blt": blt.read,
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
