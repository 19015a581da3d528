"""Tally sheets as Debian publishes them: a line for each ballot, found by its voter. Pure.

``V: 2-13 <tab> code``: the n-th character is the place of the n-th option (1 to 9, then A to Z), ``-``
where it is left out; the code is what only its voter knows, here the tracker. Ours add the electorate
and, after another tab, the numbers of the options abstained on. Lines with other letters are ballots
that do not count: H held, X void, W withdrawn. ``E:`` lines say what an electorate weighs, ``O:``
lines which id an option has; sheets of Debian have neither.
"""

import re
from collections.abc import Iterator
from typing import BinaryIO, Final

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
    text_of,
    whole,
)
from voting.exchange.marks import Gathered, ranking_of, share_of
from voting.exchange.opened import Asked, Opened, one_line
from voting.exchange.preflib_writing import one_line_of
from voting.methods.rankings import ids_of
from voting.methods.weights import Share

PLACES: Final = "123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""How a place is written in one character."""
LETTERS: Final = {"counted": "V", "held": "H", "void": "X"}

BAD_VOTE: Final = N_("a vote has one place or - for each option")
NO_OPTIONS: Final = N_("the sheet names no option before its first vote")
UNKNOWN_ELECTORATE: Final = N_("a vote of an electorate that the sheet does not name")

_EVERYBODY: Final = Share("all", 1)
_TOO_LONG: Final = "a tally sheet has a character for each place, and there are 35"
_OPTION: Final = re.compile(r"[ /|]*+Option ([0-9]{1,3})-*>:[ \t]*(.*)")
_ID: Final = re.compile(r"O:[ \t]*([0-9]{1,3})[ \t]+(\S.*)")
_ELECTORATE: Final = re.compile(
    r"E:[ \t]*weight ([0-9]+), full at ([0-9]+), minimum ([0-9]+): (.+)"
)
_VOTE: Final = re.compile(r"([VHXW]):[ \t]*([0-9A-Z-]+)(?:[ \t]+(.*))?")


class TallySheet:
    """The sheet, ballot by ballot."""

    def __init__(self, asked: Asked) -> None:
        if len(asked.options) > len(PLACES):
            raise ValueError(_TOO_LONG)
        self._asked = asked
        self._number = {option: n for n, option in enumerate(asked.options, start=1)}

    def begin(self) -> str:
        """How to read it, the options with their arrows, ids and electorates."""
        asked = self._asked
        sealed = [f"Sealed, not here: {', '.join(asked.sealed)}", ""] if asked.sealed else []
        lines = [
            "Tally sheet", one_line(asked.title) or asked.id, "",
            'The format is "V: place of each option, tracker, electorate, own options abstained on".',
            "Find your own line by the tracker of your receipt. V counts; not counted: H held, X void,",
            "W withdrawn. - is an option left out: below every option ranked, level with the others.",
            "", *sealed,
            *(f"O: {n} {one_line_of(option)}" for option, n in self._number.items()),
            *map(_electorate, (one.share for one in asked.open_voters)),
            *([f"M: {asked.method}"] if asked.method else []),
            "", *_arrows(asked.labels),
        ]  # fmt: skip
        return "\n".join(lines) + "\n"

    def one(self, ballot: Opened) -> str:
        """The line of a ballot, whether it counts or not."""
        letter = LETTERS[ballot.status] if ballot.ranking else "W"
        place = {o: PLACES[n] for n, rank in enumerate(ballot.ranking) for o in ids_of(rank)}
        vote = "".join(place.get(option, "-") for option in self._asked.options)
        own = sorted(self._number[one] for one in set(ballot.own) if one in self._number)
        parts = [f"{letter}: {vote} ", "", ballot.tracker or "-", one_line_of(ballot.electorate)]
        return "\t".join([*parts, *([" ".join(map(str, own))] if own else [])]) + "\n"

    def end(self) -> str:
        """Nothing follows the last line."""
        return ""


def _electorate(share: Share) -> str:
    weighs = f"weight {share.weight}, full at {share.full_weight_at}, minimum {share.min}"
    return f"E: {weighs}: {one_line_of(share.id)}"


def _arrows(names: tuple[str, ...]) -> Iterator[str]:
    """A name for each column, with a line that leads to it."""
    for n, name in enumerate(names):
        lead = " " * 4 if n == 0 else "  " + "|" * (n - 1) + "/ "
        yield f" {lead} Option {n + 1}{'-' * max(1, len(names) - n)}>: {name}"
    yield "   " + "|" * (len(names) - 1) + "/"


def read(file: BinaryIO) -> BallotFile:
    """The election on a tally sheet.

    Raises:
        FileUnreadable: It is malformed.
    """
    return _Reader(text_of(file.read(MAX_BYTES + 1))).file()


class _Reader:
    """One sheet being read, line by line."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._names: dict[int, str] = {}
        self._ids: dict[int, str] = {}
        self._shares: list[tuple[int, Share]] = []
        self._method = ""
        self._gathered: Gathered | None = None
        self._options: tuple[str, ...] = ()

    def file(self) -> BallotFile:
        for number, line in enumerate(self._lines, start=1):
            vote = _VOTE.fullmatch(line.strip())
            if vote is not None:
                self._vote(vote, number)
            elif self._gathered is None:
                self._head(line, number)
        return self._begun(len(self._lines)).file(method=self._method)

    def _head(self, line: str, number: int) -> None:
        option, named = _OPTION.fullmatch(line.rstrip()), _ID.fullmatch(line.strip())
        electorate = _ELECTORATE.fullmatch(line.strip())
        if option is not None:
            self._names[int(option[1])] = option[2].strip()
        elif named is not None:
            self._ids[int(named[1])] = named[2].strip()
        elif electorate is not None:
            weight, full, least, name = electorate.groups()
            share = share_of(name[: MAX_ID + 1], (weight, full, least), number)
            self._shares.append((number, share))
        elif line.startswith("M: "):
            self._method = line[3:].strip()[:MAX_ID]

    def _begun(self, line: int) -> Gathered:
        """The head taken together, before the first vote."""
        if self._gathered is not None:
            return self._gathered
        numbers = sorted(self._names)
        if not numbers:
            raise FileUnreadable(line, NO_OPTIONS)
        if numbers != list(range(1, len(numbers) + 1)) or len(numbers) > MAX_OPTIONS:
            raise FileUnreadable(line, TOO_MANY_OPTIONS, numbers[-1])
        self._options = tuple(self._ids.get(n, str(n)) for n in numbers)
        names = tuple(
            self._names[n] or option for n, option in zip(numbers, self._options, strict=True)
        )
        whose = [share.id for _, share in self._shares]
        for option in (*self._options, *names, *whose):
            if not 1 <= len(option) <= MAX_ID:
                raise FileUnreadable(line, BAD_ID, option)
        if len(set(self._options)) != len(numbers) or len(set(whose)) != len(whose):
            raise FileUnreadable(line, BAD_ID)
        self._gathered = Gathered(self._options, names)
        for at, share in self._shares or [(line, _EVERYBODY)]:
            self._gathered.tell(share, at)
        return self._gathered

    def _vote(self, vote: re.Match[str], line: int) -> None:
        gathered = self._begun(line)
        letter, places, rest = vote.groups()
        if len(places) != len(self._options):
            raise FileUnreadable(line, BAD_VOTE, places)
        marked = zip(self._options, places, strict=True)
        given = {option: _place(mark, line) for option, mark in marked if mark != "-"}
        electorate, own = self._whose((rest or "").split("\t"), line)
        status = "counted" if letter in "VW" else "held"
        ranking = () if letter == "W" else ranking_of(given)
        found = Opened("", electorate, ranking, own, "counted" if status == "counted" else "held")
        gathered.take(found, line)

    def _whose(self, parts: list[str], line: int) -> tuple[str, tuple[str, ...]]:
        """The electorate and the own options after the tracker; a sheet of others has neither."""
        if not self._shares:
            return _EVERYBODY.id, ()
        _, electorate, own, *_rest = (*parts, "", "", "")
        if self._gathered is None or not self._gathered.has(electorate):
            raise FileUnreadable(line, UNKNOWN_ELECTORATE, electorate)
        numbers = [whole(one, 1, len(self._options)) for one in own.split()]
        if None in numbers:
            raise FileUnreadable(line, BAD_NUMBER, own)
        return electorate, tuple(self._options[n - 1] for n in numbers if n)


def _place(mark: str, line: int) -> int:
    found = PLACES.find(mark)
    if found < 0:
        raise FileUnreadable(line, BAD_VOTE, mark)
    return found + 1
