"""A tally's figures as one text to keep, and back again only if nothing happened to it. Pure.

What is kept is a convenience: the log alone is the truth. So whatever looks odd is thrown away, and
the log is folded from its first line.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

import msgspec

from voting.methods.rankings import UnreadableLine
from voting.methods.tally import Figures, Tally

VERSION: Final = 2
"""Of the text. Another version is not read, and the log is folded instead."""


class Unusable(ValueError):
    """The snapshot cannot be gone on from; ``str()`` says why."""


class Stored(msgspec.Struct, frozen=True):
    """A snapshot as it is kept: the log's ``position`` it was taken at, and the text.

    The log is the contest's, or that of one of its stations.
    """

    contest: str
    position: int
    version: int
    value: str
    station: int = 0


class _Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    digest: str
    figures: msgspec.Raw


_sealed: Final = msgspec.json.Decoder(_Sealed)
_figures: Final = msgspec.json.Decoder(Figures)


def stored(contest: str, position: int, tally: Tally, station: int = 0) -> Stored:
    """The snapshot of a tally at a position of its log, which may end with more than ballots."""
    figures = msgspec.json.encode(tally.figures())
    digest = _digest(contest, station, position, figures)
    text = msgspec.json.encode(_Sealed(digest, msgspec.Raw(figures)))
    return Stored(contest, position, VERSION, text.decode(), station)


def tally_in(found: Stored, options: Sequence[str], electorates: Sequence[str], head: int) -> Tally:
    """The tally a snapshot was taken of.

    Args:
        found: As it was kept.
        options: The contest's, in order.
        electorates: The contest's, in order.
        head: The last position of the log; a snapshot from beyond is of another log.

    Raises:
        Unusable: Nothing of it can be trusted.
    """
    if found.version != VERSION:
        raise Unusable(f"version {found.version}")  # noqa: EM102 - for the log
    try:
        sealed = _sealed.decode(found.value)
        digest = _digest(found.contest, found.station, found.position, bytes(sealed.figures))
        if sealed.digest != digest:
            raise Unusable("its digest differs")  # noqa: EM101 - for the log
        figures = _figures.decode(sealed.figures)
        tally = Tally.from_figures(figures)
    except (msgspec.DecodeError, RecursionError, UnicodeError, UnreadableLine) as error:
        raise Unusable(type(error).__name__) from error
    if not figures.position <= found.position <= head:
        raise Unusable("it stands beyond the log")  # noqa: EM101 - for the log
    groups = [group.id for group in figures.groups]
    if list(figures.options) != list(options) or groups != list(electorates):
        raise Unusable("it is of another contest")  # noqa: EM101 - for the log
    return tally


def _digest(contest: str, station: int, position: int, figures: bytes) -> str:
    where = [contest, station] if station else [contest]
    head = msgspec.json.encode([VERSION, *where, position])
    return hashlib.sha256(head + figures).hexdigest()
