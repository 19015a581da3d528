"""Sawt's own JSON: candidates, ballots, and electorates with their weights where there are any.

``{"candidates": [ids], "ballots": [{"count": n, "ranking": [id | [ids on a shared rank], …]}]}``,
or instead of the ballots ``"groups": [{"id", "weight", "full_weight_at", "min", "ballots"}]``.
``groups`` may also be an object by id, with ``full`` and ``min_count`` for the two bounds. Other
keys (sources, expected results) are left alone. Pure.
"""

from typing import Annotated, Any, BinaryIO, Final, NoReturn

import msgspec

from expo.errors import N_
from voting.exchange import json_lines
from voting.exchange.ballot_file import (
    BAD_ID,
    MAX_BYTES,
    MAX_COUNT,
    MAX_ID,
    MAX_OPTIONS,
    BallotFile,
    FileGroup,
    FileUnreadable,
    plain_election,
    ranking_fault,
    text_of,
)
from voting.exchange.json_lines import Step
from voting.methods.rankings import Pattern, Ranking
from voting.methods.weights import InvalidShares, Share, checked

WRONG_VALUE: Final = N_("a value is missing, of the wrong type or out of range")
NO_BALLOTS: Final = N_("there are neither ballots nor groups")
CANDIDATE_TWICE: Final = N_("a candidate is listed twice")

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID)]
_OLDER_KEYS: Final = {"full": "full_weight_at", "min_count": "min"}


class _Ballots(msgspec.Struct, frozen=True):
    count: Annotated[int, msgspec.Meta(ge=1, le=MAX_COUNT)]
    ranking: tuple[str | tuple[str, ...], ...]


class _Group(msgspec.Struct, frozen=True):
    id: _Id
    weight: int
    ballots: tuple[_Ballots, ...]
    full_weight_at: int = 1
    min: int = 0


class _File(msgspec.Struct, frozen=True):
    candidates: Annotated[tuple[_Id, ...], msgspec.Meta(min_length=1, max_length=MAX_OPTIONS)]
    ballots: tuple[_Ballots, ...] | None = None
    groups: Annotated[tuple[_Group, ...], msgspec.Meta(max_length=64)] | None = None
    candidate_names: dict[str, str] = {}
    title: str = ""


def read(file: BinaryIO) -> BallotFile:
    """The election in a Sawt JSON file.

    Raises:
        FileUnreadable: It is malformed; ``line`` and ``found`` say where and what.
    """
    return _Reader(text_of(file.read(MAX_BYTES + 1))).file()


class _Reader:
    """One file being read; knows its text, so that it can say on which line something stands."""

    def __init__(self, text: str) -> None:
        self.text = text

    def file(self) -> BallotFile:
        file = self._converted(json_lines.parsed(self.text))
        self._check_candidates(file.candidates)
        names = tuple(file.candidate_names.get(option) or option for option in file.candidates)
        known = frozenset(file.candidates)
        if file.groups is not None:
            groups = tuple(self._group(g, known, n) for n, g in enumerate(file.groups))
            self._check_shares(groups)
            return BallotFile(file.candidates, names, groups, file.title)
        if file.ballots is None:
            self._refuse((), NO_BALLOTS)
        ballots = self._ballots(file.ballots, known, ("ballots",))
        return plain_election(file.candidates, names, ballots, file.title)

    def _converted(self, value: Any) -> _File:
        if isinstance(value, dict) and isinstance(value.get("groups"), dict):
            value = {**value, "groups": [_named(*item) for item in value["groups"].items()]}
        try:
            return msgspec.convert(value, _File)
        except msgspec.ValidationError as error:
            what, _, path = str(error).rpartition(" - at `")
            steps = json_lines.steps_of(path) if what else ()
            return self._refuse(steps, WRONG_VALUE, what or error)

    def _check_candidates(self, candidates: tuple[str, ...]) -> None:
        seen: set[str] = set()
        for number, option in enumerate(candidates):
            if option in seen:
                self._refuse(("candidates", number), CANDIDATE_TWICE, option)
            if not _is_text(option):
                self._refuse(("candidates", number), BAD_ID)
            seen.add(option)

    def _group(self, group: _Group, known: frozenset[str], number: int) -> FileGroup:
        if not _is_text(group.id):
            self._refuse(("groups", number), BAD_ID)
        ballots = self._ballots(group.ballots, known, ("groups", number, "ballots"))
        share = Share(group.id, group.weight, group.full_weight_at, group.min)
        return FileGroup(share, tuple(Pattern(group.id, said, count) for count, said in ballots))

    def _check_shares(self, groups: tuple[FileGroup, ...]) -> None:
        try:
            checked([group.share for group in groups])
        except InvalidShares as error:
            at = [group.share.id for group in groups]
            whose = str(error.facts["electorate"])
            steps: tuple[Step, ...] = ("groups", *([at.index(whose)] if whose in at else []))
            self._refuse(steps, str(error.facts["reason"]), whose)

    def _ballots(
        self, ballots: tuple[_Ballots, ...], known: frozenset[str], steps: tuple[Step, ...]
    ) -> list[tuple[int, Ranking]]:
        read = []
        for number, ballot in enumerate(ballots):
            ranking = tuple(_single(rank) for rank in ballot.ranking)
            fault = ranking_fault(ranking, known)
            if fault is not None:
                self._refuse((*steps, number, "ranking"), *fault)
            read.append((ballot.count, ranking))
        return read

    def _refuse(self, steps: tuple[Step, ...], reason: str, found: object = "") -> NoReturn:
        raise FileUnreadable(json_lines.line_of(self.text, steps), reason, found)


def _named(name: str, group: object) -> object:
    """A group of the object form in the list form."""
    if not isinstance(group, dict):
        return group
    return {"id": name, **{_OLDER_KEYS.get(key, key): value for key, value in group.items()}}


def _single(rank: str | tuple[str, ...]) -> str | tuple[str, ...]:
    """A shared rank of one option is no shared rank."""
    return rank[0] if isinstance(rank, tuple) and len(rank) == 1 else rank


def _is_text(text: str) -> bool:
    """Whether the text can be written out (JSON escapes can hold half a character)."""
    return not any(0xD800 <= ord(character) <= 0xDFFF for character in text)
