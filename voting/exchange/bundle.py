"""The ballots of an audit bundle: its ``manifest.json`` and ``ballots.jsonl``. Pure.

Only what a count needs is looked at; whether the bundle is whole and true is asked by ``run.py verify``.
Ballots of sealed electorates are not in a bundle, so what is counted here is without them.
"""

from typing import Annotated, Any, BinaryIO, Final, TypeVar

import msgspec

from expo.errors import N_
from expo.words import Text
from voting.exchange import json_lines
from voting.exchange.ballot_file import (
    MAX_ID,
    MAX_OPTIONS,
    BallotFile,
    FileUnreadable,
    lines_of,
    text_of,
)
from voting.exchange.marks import Gathered
from voting.exchange.opened import Opened, Status, one_line
from voting.exchange.sawt_json import CANDIDATE_TWICE, WRONG_VALUE
from voting.methods.weights import Share

MANIFEST: Final = "manifest.json"
BALLOTS: Final = "ballots.jsonl"
UNKNOWN_ELECTORATE: Final = N_("a ballot of an electorate that is not open in the manifest")

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID)]
T = TypeVar("T")


class _Option(msgspec.Struct, frozen=True):
    id: _Id
    title: Text


class _Voters(msgspec.Struct, frozen=True):
    id: _Id
    w: int
    full: int
    min: int
    audit: str = "open"


class _Manifest(msgspec.Struct, frozen=True):
    title: Text
    options: Annotated[tuple[_Option, ...], msgspec.Meta(min_length=1, max_length=MAX_OPTIONS)]
    groups: Annotated[tuple[_Voters, ...], msgspec.Meta(max_length=64)]
    method: Annotated[str, msgspec.Meta(max_length=MAX_ID)] = ""


class _Content(msgspec.Struct, frozen=True):
    grp: str
    rank: Annotated[tuple[str, ...], msgspec.Meta(max_length=MAX_OPTIONS)]
    trk: str
    own: Annotated[tuple[str, ...], msgspec.Meta(max_length=MAX_OPTIONS)] = ()


class _Opening(msgspec.Struct, frozen=True):
    content: _Content
    status: Status


def read(manifest: bytes, ballots: BinaryIO) -> BallotFile:
    """The election of a bundle.

    Raises:
        FileUnreadable: One of the two is malformed; ``file`` says which.
    """
    try:
        head = _manifest(text_of(manifest))
    except FileUnreadable as error:
        error.facts["file"] = MANIFEST
        raise
    try:
        return _gathered(head, ballots)
    except FileUnreadable as error:
        error.facts["file"] = BALLOTS
        raise


def _manifest(text: str) -> _Manifest:
    head = _converted(text, _Manifest, 1)
    ids = [one.id for one in head.options]
    twice = next((one for n, one in enumerate(ids) if one in ids[:n]), None)
    if twice is not None:
        raise FileUnreadable(1, CANDIDATE_TWICE, twice)
    return head


def _gathered(head: _Manifest, ballots: BinaryIO) -> BallotFile:
    options = tuple(one.id for one in head.options)
    labels = tuple(one_line(one.title) or one.id for one in head.options)
    gathered = Gathered(options, labels)
    for group in head.groups:
        if group.audit == "open":
            gathered.tell(Share(group.id, group.w, group.full, group.min), 1)
    for number, line in lines_of(ballots):
        if not line:
            continue
        found = _converted(line, _Opening, number)
        content = found.content
        if not gathered.has(content.grp):
            raise FileUnreadable(number, UNKNOWN_ELECTORATE, content.grp)
        ballot = Opened(content.trk, content.grp, content.rank, content.own, found.status)
        gathered.take(ballot, number)
    return gathered.file(one_line(head.title), head.method)


def _converted(text: str, wanted: type[T], line: int) -> T:
    """One JSON value of this type.

    Raises:
        FileUnreadable: It is not, at ``line``.
    """
    try:
        value: Any = json_lines.parsed(text)
        return msgspec.convert(value, wanted)
    except msgspec.ValidationError as error:
        raise FileUnreadable(line, WRONG_VALUE, error) from None
    except FileUnreadable as error:
        within = int(error.facts["line"])
        raise FileUnreadable(
            line + within - 1, str(error.facts["reason"]), error.facts["found"]
        ) from None
