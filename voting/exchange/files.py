"""Which reader reads which file, by the ending of its name. Pure."""

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Final

from voting.exchange import blt, preflib, sawt_json
from voting.exchange.ballot_file import BallotFile, UnknownFileType

READERS: Final[Mapping[str, Callable[[bytes], BallotFile]]] = MappingProxyType(
    {
        "json": sawt_json.read,
        "soc": partial(preflib.read, kind="soc"),
        "soi": partial(preflib.read, kind="soi"),
        "toc": partial(preflib.read, kind="toc"),
        "toi": partial(preflib.read, kind="toi"),
        "blt": blt.read,
    }
)


def read(name: str, data: bytes) -> BallotFile:
    """The election in a file; its ending says what it is, in capitals or not.

    Raises:
        UnknownFileType: Nothing reads such files.
        FileUnreadable: It is malformed.
    """
    _, dot, ending = name.rpartition(".")
    reader = READERS.get(ending.lower()) if dot else None
    if reader is None:
        known = " ".join(f".{ending}" for ending in READERS)
        raise UnknownFileType(name=name[-80:], known=known)
    return reader(data)
