"""PrefLib files: .soc and .soi (strict, complete or not), .toc and .toi (with shared ranks). Pure.

Header lines ``# KEY: value``, then ``count: 1,2,{3,4},5``; options are numbered from 1 and their
numbers are their ids, unless the header holds a note of ours. Source: https://www.preflib.org/format.
"""

import re
from functools import lru_cache
from typing import BinaryIO, Final

import msgspec

from expo.errors import N_
from voting.exchange.ballot_file import (
    BAD_ID,
    BAD_NUMBER,
    MAX_ID,
    MAX_OPTIONS,
    TOO_MANY_OPTIONS,
    BallotFile,
    FileUnreadable,
    count_of,
    lines_of,
    plain_election,
    ranking_fault,
    whole,
)
from voting.exchange.side_note import KEY, NOTE_DIFFERS, noted
from voting.methods.rankings import Ranking, ids_of

NO_HEADER: Final = N_("the header does not give the number of alternatives")
BAD_LINE: Final = N_("the line is not of the form “count: 1,2,3”")
TIE_FORBIDDEN: Final = N_("shared ranks are not allowed in this kind of file")
INCOMPLETE: Final = N_("the ballot leaves out options, which this kind of file does not allow")
HEADER_TWICE: Final = N_("a header line stands twice")
UNKNOWN_ALTERNATIVE: Final = N_("a name for an alternative that does not exist")
WRONG_SUM: Final = N_("the ballots do not add up to the number in the header")

COMPLETE: Final = frozenset({"soc", "toc"})
STRICT: Final = frozenset({"soc", "soi"})

_HEADER: Final = re.compile(
    r"#[ \t]*+([A-Za-z][A-Za-z ]{0,60}?)[ \t]{0,8}([0-9]{1,9})?[ \t]{0,8}:(.*)"
)
_TOKEN: Final = re.compile(r"[ \t]*+(?:\{([^{}]*+)\}|([^{},]*+))[ \t]*+(?:,|$)")  # never backtracks


class _Header(msgspec.Struct, frozen=True):
    """What the header gives: ``size`` alternatives, their names by number, sums to check."""

    size: int
    names: dict[int, str]
    title: str
    voters: tuple[int, int] | None
    """Line of the header and the number it gives."""
    orders: tuple[int, int] | None
    note: tuple[int, str] | None
    """Line of our note and its text."""


class _Order:
    """What some lines say, and how many ballots they stand for."""

    __slots__ = ("count", "ranking")

    def __init__(self, ranking: Ranking) -> None:
        self.ranking = ranking
        self.count = 0


def read(file: BinaryIO, kind: str) -> BallotFile:
    """The election in a PrefLib file; ``kind`` is its ending (soc, soi, toc, toi).

    Ballots that say the same are read once, however many lines they stand on, and only what
    differs is kept: a file with a line for each of a million ballots costs the time of its lines.

    Raises:
        FileUnreadable: It is malformed, or not of that kind.
    """
    header = _header(file)
    options = tuple(str(number) for number in range(1, header.size + 1))
    known = frozenset(options)
    orders: dict[str, _Order] = {}
    written = 0
    for number, line in lines_of(file):
        if line and not line.startswith("#"):
            count, said = _split(line, number)
            order = orders.get(said)
            if order is None:
                ranking = _checked(said, number, known)
                _check_kind(ranking, kind, header.size, number)
                order = orders[said] = _Order(ranking)
            order.count += count
            written += 1
    _check_sum(header.voters, sum(order.count for order in orders.values()))
    _check_sum(header.orders, written)
    ballots = [(order.count, order.ranking) for order in orders.values()]
    orders.clear()
    names = tuple(header.names.get(number, str(number)) for number in range(1, header.size + 1))
    plain = plain_election(options, names, ballots, header.title)
    if header.note is None:
        return plain
    if written != len(ballots):  # the note goes line by line
        raise FileUnreadable(header.note[0], NOTE_DIFFERS)
    return noted(plain, ballots, header.note[1], header.note[0])


def _header(file: BinaryIO) -> _Header:
    found: dict[tuple[str, int], tuple[int, str]] = {}
    for number, line in lines_of(file):
        match = _HEADER.fullmatch(line) if line.startswith("#") else None
        if match is None:
            continue
        key = (match[1].upper(), int(match[2] or 0))
        if key in found and key[0] in ("NUMBER ALTERNATIVES", "ALTERNATIVE NAME"):
            raise FileUnreadable(number, HEADER_TWICE, line)
        found[key] = number, match[3].strip()
    if ("NUMBER ALTERNATIVES", 0) not in found:
        raise FileUnreadable(1, NO_HEADER)
    at, text = found["NUMBER ALTERNATIVES", 0]
    size = whole(text, 1, MAX_OPTIONS)
    if size is None:
        raise FileUnreadable(at, TOO_MANY_OPTIONS, text)
    return _Header(
        size,
        _names(found, size),
        found.get(("TITLE", 0), (0, ""))[1],
        _number(found.get(("NUMBER VOTERS", 0))),
        _number(found.get(("NUMBER UNIQUE ORDERS", 0))),
        found.get((KEY, 0)),
    )


def _names(found: dict[tuple[str, int], tuple[int, str]], size: int) -> dict[int, str]:
    names = {}
    for (key, number), (line, name) in found.items():
        if key != "ALTERNATIVE NAME":
            continue
        if not 1 <= number <= size:
            raise FileUnreadable(line, UNKNOWN_ALTERNATIVE, number)
        if not 1 <= len(name) <= MAX_ID:
            raise FileUnreadable(line, BAD_ID, name)
        names[number] = name
    return names


def _number(found: tuple[int, str] | None) -> tuple[int, int] | None:
    if found is None:
        return None
    line, text = found
    value = whole(text, 0, 10**18)
    if value is None:
        raise FileUnreadable(line, BAD_NUMBER, text)
    return line, value


def _split(line: str, number: int) -> tuple[int, str]:
    """How many ballots a line stands for, and what they say."""
    count, colon, order = line.partition(":")
    if not colon:
        raise FileUnreadable(number, BAD_LINE, line)
    return count_of(count.strip(" \t"), number), order.strip(" \t")


def _checked(order: str, number: int, known: frozenset[str]) -> Ranking:
    ranking = _ranking(order, number)
    fault = ranking_fault(ranking, known)
    if fault is not None:
        raise FileUnreadable(number, *fault)
    return ranking


def _ranking(order: str, number: int) -> Ranking:
    ranks: list[str | tuple[str, ...]] = []
    at = 0
    while at < len(order):
        match = _TOKEN.match(order, at)
        if match is None or match.end() == at:
            raise FileUnreadable(number, BAD_LINE, order[at:])
        shared, single = match.groups()
        rank = tuple(_option(part, number) for part in (shared or single or "").split(","))
        ranks.append(rank[0] if len(rank) == 1 else rank)
        at = match.end()
    if order.endswith(","):
        raise FileUnreadable(number, BAD_LINE, order)
    return tuple(ranks)


def _option(text: str, number: int) -> str:
    found = _id(text)
    if found is None:
        raise FileUnreadable(number, BAD_NUMBER, text)
    return found


@lru_cache(maxsize=4 * MAX_OPTIONS)
def _id(text: str) -> str | None:
    """The option's id; always the same object, of which there may be a million."""
    value = whole(text.strip(" \t"), 1, 10**9)
    return None if value is None else str(value)


def _check_kind(ranking: Ranking, kind: str, size: int, number: int) -> None:
    if kind in STRICT and any(not isinstance(rank, str) for rank in ranking):
        raise FileUnreadable(number, TIE_FORBIDDEN)
    if kind in COMPLETE and sum(len(ids_of(rank)) for rank in ranking) != size:
        raise FileUnreadable(number, INCOMPLETE)


def _check_sum(given: tuple[int, int] | None, found: int) -> None:
    if given is not None and given[1] != found:
        raise FileUnreadable(given[0], WRONG_SUM, found)
