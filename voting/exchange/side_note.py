"""What the forms of other programs have no words for, as one line of JSON in a comment of theirs. Pure.

PrefLib and BLT know options by number and add up ballots of one weight. The note says whose ballots
they are: ids of the options, what each electorate says, and for every ballot line of the file how
many of its ballots are of which electorate, apart for each set of own options abstained on (``own``,
by number). ``blank`` are ballots that rank nothing but their own options; no line can hold those. So a
file with its note counts exactly as the contest does, and other programs, which skip comments, read
the ballots as they stand.
"""

from collections.abc import Iterable, Sequence
from typing import Annotated, Final

import msgspec

from expo.errors import N_
from voting.exchange import json_lines
from voting.exchange.ballot_file import (
    BAD_ID,
    MAX_COUNT,
    MAX_ID,
    MAX_OPTIONS,
    BallotFile,
    FileGroup,
    FileUnreadable,
    is_text,
)
from voting.exchange.opened import flat
from voting.methods.rankings import Pattern, Ranking, ids_of, without
from voting.methods.registry import DEFAULT
from voting.methods.weights import InvalidShares, Share, checked

KEY: Final = "SAWT"
"""What the comment line begins with."""
NOTE_WRONG: Final = N_("the note about electorates cannot be read")
NOTE_DIFFERS: Final = N_("the note about electorates does not fit the ballots")

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID)]
_Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_COUNT)]
_Number = Annotated[int, msgspec.Meta(ge=1, le=MAX_OPTIONS)]


class _Part(msgspec.Struct, frozen=True):
    """Ballots of one electorate that abstain on the same; ``counts`` follow the file's lines."""

    electorate: int
    counts: tuple[_Count, ...]
    own: tuple[_Number, ...] = ()
    blank: _Count = 0


class _Voters(msgspec.Struct, frozen=True):
    id: _Id
    weight: int
    full_weight_at: int
    min: int


class _Note(msgspec.Struct, frozen=True):
    ids: tuple[_Id, ...]
    electorates: Annotated[tuple[_Voters, ...], msgspec.Meta(min_length=1, max_length=64)]
    parts: tuple[_Part, ...]
    method: Annotated[str, msgspec.Meta(max_length=MAX_ID)] = ""
    v: Annotated[int, msgspec.Meta(ge=1, le=1)] = 1


class Numbered(msgspec.Struct, frozen=True):
    """A file as other programs see it: each ranking once, options by number, and the note to it."""

    lines: tuple[tuple[int, Ranking], ...]
    """How many ballots, and what they say; never nothing."""
    note: str
    """One line of JSON; empty where there is nothing to add."""

    @property
    def ballots(self) -> int:
        """How many ballots the lines stand for."""
        return sum(count for count, _ in self.lines)


def numbered(file: BallotFile, *, names_suffice: bool = False) -> Numbered:
    """The file by number; ballots that say nothing to other programs are in the note alone.

    Args:
        file: What is to be written.
        names_suffice: Ids alone are not worth a note, in a form whose readers may know no comments.
    """
    number = {option: str(n) for n, option in enumerate(file.options, start=1)}
    sums: dict[Ranking, int] = {}
    for pattern in _patterns(file):
        left = _renamed(without(pattern.ranking, pattern.own), number)
        if left:
            sums[left] = sums.get(left, 0) + pattern.count
    rankings = sorted(sums, key=lambda one: (-sums[one], flat(one)))
    lines = tuple((sums[ranking], ranking) for ranking in rankings)
    has_numbers = file.options == tuple(number.values())
    if _is_plain(file) and (names_suffice or has_numbers):
        return Numbered(lines, "")
    at = {ranking: n for n, ranking in enumerate(rankings)}
    note = _Note(
        ids=file.options,
        electorates=tuple(_voters(group.share) for group in file.groups),
        parts=tuple(_parts(file, number, at)),
        method=file.method,
    )
    return Numbered(lines, msgspec.json.encode(note).decode())


def noted(
    file: BallotFile, lines: Sequence[tuple[int, Ranking]], note: str, line: int
) -> BallotFile:
    """The file with what its note adds.

    Args:
        file: As read, without the note; options are numbers.
        lines: Its ballot lines in order.
        note: The JSON.
        line: Where it stands.

    Raises:
        FileUnreadable: The note is malformed, or does not fit the ballots.
    """
    found = _read(note, line)
    shares = [Share(one.id, one.weight, one.full_weight_at, one.min) for one in found.electorates]
    try:
        checked(shares)
    except InvalidShares as error:
        raise FileUnreadable(line, str(error.facts["reason"]), error.facts["electorate"]) from None
    if not _fits(found, file, lines):
        raise FileUnreadable(line, NOTE_DIFFERS)
    names = dict(zip(file.options, found.ids, strict=True))
    said: list[list[Pattern]] = [[] for _ in shares]
    for part in found.parts:
        said[part.electorate] += _patterns_of(part, shares[part.electorate].id, lines, names)
    groups = (FileGroup(share, tuple(theirs)) for share, theirs in zip(shares, said, strict=True))
    labels = tuple(
        found.ids[n] if name == file.options[n] else name for n, name in enumerate(file.names)
    )
    return BallotFile(found.ids, labels, tuple(groups), file.title, found.method)


def _is_plain(file: BallotFile) -> bool:
    """Whether the form itself says everything but ids: one electorate, nothing abstained on."""
    share = file.groups[0].share
    return (
        len(file.groups) == 1
        and file.method in {"", DEFAULT}
        and (share.weight == share.full_weight_at == 1 and share.min == 0)
        and not any(pattern.own for pattern in _patterns(file))
    )


def _patterns(file: BallotFile) -> Iterable[Pattern]:
    return (pattern for group in file.groups for pattern in group.patterns if pattern.ranking)


def _renamed(ranking: Ranking, names: dict[str, str]) -> Ranking:
    """The ranking with other names; options on a shared rank in a fixed order."""
    return tuple(
        names[rank]
        if isinstance(rank, str)
        else tuple(sorted((names[one] for one in rank), key=_size))
        for rank in ranking
    )


def _size(name: str) -> tuple[int, str]:
    return len(name), name


def _voters(share: Share) -> _Voters:
    return _Voters(share.id, share.weight, share.full_weight_at, share.min)


def _parts(file: BallotFile, number: dict[str, str], at: dict[Ranking, int]) -> Iterable[_Part]:
    for n, group in enumerate(file.groups):
        by_own: dict[tuple[int, ...], dict[Ranking, int]] = {}
        for pattern in group.patterns:
            if pattern.ranking:
                own = tuple(sorted(int(number[option]) for option in set(pattern.own)))
                said = by_own.setdefault(own, {})
                left = _renamed(without(pattern.ranking, pattern.own), number)
                said[left] = said.get(left, 0) + pattern.count
        for own, said in sorted(by_own.items()):
            blank = said.pop((), 0)
            counts = [0] * len(at)
            for ranking, count in said.items():
                counts[at[ranking]] = count
            yield _Part(n, tuple(counts), own, blank)


def _read(note: str, line: int) -> _Note:
    try:
        found = msgspec.convert(json_lines.parsed(note), _Note)
    except msgspec.ValidationError as error:
        raise FileUnreadable(line, NOTE_WRONG, error) from None
    except FileUnreadable as error:  # which knows lines of the note alone
        raise FileUnreadable(line, str(error.facts["reason"]), error.facts["found"]) from None
    if not all(map(is_text, (*found.ids, *(one.id for one in found.electorates)))):
        raise FileUnreadable(line, BAD_ID)
    return found


def _fits(note: _Note, file: BallotFile, lines: Sequence[tuple[int, Ranking]]) -> bool:
    size, groups = len(file.options), len(note.electorates)
    if len(note.ids) != size or len(set(note.ids)) != size:
        return False
    if not all(0 <= part.electorate < groups and _is_whole(part, size) for part in note.parts):
        return False
    if any(len(part.counts) != len(lines) for part in note.parts):
        return False
    sums = [sum(part.counts[n] for part in note.parts) for n in range(len(lines))]
    return sums == [count for count, _ in lines] and not _ranks_own(note, lines)


def _is_whole(part: _Part, size: int) -> bool:
    """Whether it abstains on options there are, each once; nobody else's ballot says nothing."""
    return (
        len(set(part.own)) == len(part.own)
        and all(number <= size for number in part.own)
        and not (part.blank and not part.own)
    )


def _ranks_own(note: _Note, lines: Sequence[tuple[int, Ranking]]) -> bool:
    """Whether a ballot ranks what it abstains on."""
    ranked = [frozenset(_options(ranking)) for _, ranking in lines]
    return any(
        count and not ranked[n].isdisjoint(map(str, part.own))
        for part in note.parts
        if part.own
        for n, count in enumerate(part.counts)
    )


def _options(ranking: Ranking) -> Iterable[str]:
    return (option for rank in ranking for option in ids_of(rank))


def _patterns_of(
    part: _Part, electorate: str, lines: Sequence[tuple[int, Ranking]], names: dict[str, str]
) -> list[Pattern]:
    own = tuple(names[str(number)] for number in part.own)
    found = [
        Pattern(electorate, _named(ranking, names), count, own)
        for count, (_, ranking) in zip(part.counts, lines, strict=True)
        if count
    ]
    if part.blank:
        found.append(Pattern(electorate, own, part.blank, own))
    return found


def _named(ranking: Ranking, names: dict[str, str]) -> Ranking:
    return tuple(
        names[rank] if isinstance(rank, str) else tuple(names[one] for one in rank)
        for rank in ranking
    )
