"""BLT files, as OpenSTV and its kin write them. Pure.

``options seats``, optionally withdrawn options as negative numbers, then one ballot after the other
as ``count first second … 0`` (``=`` joins a shared rank, ``-`` is a rank left blank), a single 0,
the names in quotes and a title. Options are numbered from 1; their numbers are their ids. A
withdrawn option is taken off every ballot. The number of seats does not matter to a ranking. Ballot
numbers in parentheses are refused: programs differ on whether one stands for the count. A comment may
hold a note of ours (`voting.exchange.side_note`).
"""

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

import msgspec

from expo.errors import N_
from voting.exchange.ballot_file import (
    BAD_ID,
    BAD_NUMBER,
    MAX_BYTES,
    MAX_ID,
    MAX_OPTIONS,
    TOO_MANY_OPTIONS,
    BallotFile,
    FileUnreadable,
    count_of,
    line_at,
    plain_election,
    ranking_fault,
    text_of,
    whole,
)
from voting.exchange.side_note import KEY, NOTE_DIFFERS, noted
from voting.methods.rankings import Ranking, without

ENDS_EARLY: Final = N_("the file ends too early")
NAME_EXPECTED: Final = N_("a name in quotation marks is expected here")
TOO_MUCH: Final = N_("there is more text after the title")
ALL_WITHDRAWN: Final = N_("every option is withdrawn")
UNKNOWN_WITHDRAWN: Final = N_("a withdrawn option that does not exist")

_TOKEN: Final = re.compile(
    r"""[ \t\f\v]*(?: \#[^\n]* | (?P<quoted>"(?:[^"\\\n]|\\[^\n])*") | (?P<word>[^\s"\#]+) | (?P<odd>.) )""",
    re.VERBOSE,
)


_NOTE: Final = re.compile(rf"^#[ \t]*{KEY}:[ \t]*(.*)$", re.MULTILINE)


class _Token(msgspec.Struct, frozen=True):
    line: int
    text: str


def read(file: BinaryIO) -> BallotFile:
    """The election in a BLT file.

    Raises:
        FileUnreadable: It is malformed.
    """
    text = text_of(file.read(MAX_BYTES + 1))
    found, ballots = _Reader(text).file()
    note = _NOTE.search(text)
    if note is None:
        return found
    line = line_at(text, note.start())
    if any(not ranking for _, ranking in ballots) or found.options[-1:] != (
        str(len(found.options)),
    ):
        raise FileUnreadable(
            line, NOTE_DIFFERS
        )  # a note knows neither blank ballots nor withdrawn options
    return noted(found, ballots, note[1], line)


def _tokens(text: str) -> Iterator[_Token]:
    for line, content in enumerate(text.split("\n"), start=1):
        for match in _TOKEN.finditer(content.strip()):
            if match["odd"]:
                raise FileUnreadable(line, NAME_EXPECTED, content.strip())
            found = match["quoted"] or match["word"]
            if found:
                yield _Token(line, found)


class _Reader:
    """One file being read, token by token."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._last_line = text.rstrip().count("\n") + 1
        self._size = 0

    def file(self) -> tuple[BallotFile, list[tuple[int, Ranking]]]:
        """The election without its note, and its ballot lines in order."""
        first = self._next()
        self._size = self._number(first, 1, MAX_OPTIONS, TOO_MANY_OPTIONS)
        self._number(self._next(), 1, 10**9, BAD_NUMBER)  # seats
        token = self._next()
        gone: set[str] = set()
        while token.text.startswith("-"):
            gone.add(self._withdrawn(token))
            token = self._next()
        if len(gone) == self._size:
            raise FileUnreadable(first.line, ALL_WITHDRAWN)
        ballots = self._ballots(token, frozenset(gone))
        names = [self._name(self._next()) for _ in range(self._size)]
        title = self._title()
        options = tuple(o for o in self._all_options() if o not in gone)
        kept = tuple(names[int(option) - 1] for option in options)
        return plain_election(options, kept, ballots, title), ballots

    def _all_options(self) -> tuple[str, ...]:
        return tuple(str(number) for number in range(1, self._size + 1))

    def _next(self) -> _Token:
        token = next(self._tokens, None)
        if token is None:
            raise FileUnreadable(self._last_line, ENDS_EARLY)
        return token

    def _number(self, token: _Token, low: int, high: int, reason: str) -> int:
        value = whole(token.text, low, high)
        if value is None:
            raise FileUnreadable(token.line, reason, token.text)
        return value

    def _withdrawn(self, token: _Token) -> str:
        value = whole(token.text[1:], 1, self._size)
        if value is None:
            raise FileUnreadable(token.line, UNKNOWN_WITHDRAWN, token.text)
        return str(value)

    def _ballots(self, token: _Token, gone: frozenset[str]) -> list[tuple[int, Ranking]]:
        known = frozenset(self._all_options())
        ballots = []
        while token.text != "0":
            count = count_of(token.text, token.line)
            ranking = self._ranking()
            fault = ranking_fault(ranking, known)
            if fault is not None:
                raise FileUnreadable(token.line, *fault)
            ballots.append((count, without(ranking, gone)))
            token = self._next()
        return ballots

    def _ranking(self) -> Ranking:
        ranks: list[str | tuple[str, ...]] = []
        while (token := self._next()).text != "0":
            if token.text == "-":
                continue
            rank = tuple(
                str(self._number(_Token(token.line, part), 1, 10**9, BAD_NUMBER))
                for part in token.text.split("=")
            )
            ranks.append(rank[0] if len(rank) == 1 else rank)
        return tuple(ranks)

    def _name(self, token: _Token) -> str:
        if not token.text.startswith('"'):
            raise FileUnreadable(token.line, NAME_EXPECTED, token.text)
        name = re.sub(r"\\(.)", r"\1", token.text[1:-1]).strip()
        if not 1 <= len(name) <= MAX_ID:
            raise FileUnreadable(token.line, BAD_ID, name)
        return name

    def _title(self) -> str:
        token = next(self._tokens, None)
        if token is None:
            return ""
        title = re.sub(r"\\(.)", r"\1", token.text.strip('"'))
        extra = next(self._tokens, None)
        if not token.text.startswith('"') or extra is not None:
            at = extra or token
            raise FileUnreadable(at.line, TOO_MUCH, at.text)
        return title
