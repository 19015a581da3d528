"""Sawt's own JSON: candidates, ballots, and electorates with their weights where there are any.

``{"candidates": [ids], "ballots": [{"count": n, "ranking": [id | [ids on a shared rank], …]}]}``,
or instead of the ballots ``"groups": [{"id", "weight", "full_weight_at", "min", "ballots"}]``.
``groups`` may also be an object by id, with ``full`` and ``min_count`` for the two bounds. A ballot
may name its voter's ``own`` options, which it abstains on; ``method`` is how the election is counted.
Other keys (sources, expected results) are left alone. Pure.
"""

from typing import Annotated, Any, Final, NoReturn

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
    ranking_fault,
)
from voting.exchange.json_lines import Step
from voting.methods.rankings import Pattern
from voting.methods.weights import InvalidShares, Share, checked

WRONG_VALUE: Final = N_("a value is missing, of the wrong type or out of range")
NO_BALLOTS: Final = N_("there are neither ballots nor groups")
CANDIDATE_TWICE: Final = N_("a candidate is listed twice")

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID)]
_OLDER_KEYS: Final = {"full": "full_weight_at", "min_count": "min"}


class _Ballots(msgspec.Struct, frozen=True):
    count: Annotated[int, msgspec.Meta(ge=1, le=MAX_COUNT)]
    ranking: tuple[str | tuple[str, ...], ...]
    own: Annotated[tuple[str, ...], msgspec.Meta(max_length=MAX_OPTIONS)] = ()


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
    method: Annotated[str, msgspec.Meta(max_length=MAX_ID)] = ""


def election_in(value: Any, text: str) -> BallotFile:
    """The election in a Sawt JSON file.

    Args:
        value: As parsed.
        text: Where it was parsed from, to tell lines.

    Raises:
        FileUnreadable: It is malformed; ``line`` and ``found`` say where and what.
    """
    return _Reader(text).file(value)


class _Reader:
    """One file being read; knows its text, so that it can say on which line something stands."""

    def __init__(self, text: str) -> None:
        self.text = text

    def file(self, value: Any) -> BallotFile:
        file = self._converted(value)
        self._check_candidates(file.candidates)
        names = tuple(file.candidate_names.get(option) or option for option in file.candidates)
        known = frozenset(file.candidates)
        if file.groups is not None:
            groups = tuple(self._group(g, known, n) for n, g in enumerate(file.groups))
            self._check_shares(groups)
            return BallotFile(file.candidates, names, groups, file.title, file.method)
        if file.ballots is None:
            self._refuse((), NO_BALLOTS)
        one = Share("all", 1)
        ballots = self._patterns(file.ballots, one.id, known, ("ballots",))
        whole = (FileGroup(one, ballots),)
        return BallotFile(file.candidates, names, whole, file.title, file.method)

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
            if not is_text(option):
                self._refuse(("candidates", number), BAD_ID)
            seen.add(option)

    def _group(self, group: _Group, known: frozenset[str], number: int) -> FileGroup:
        if not is_text(group.id):
            self._refuse(("groups", number), BAD_ID)
        ballots = self._patterns(group.ballots, group.id, known, ("groups", number, "ballots"))
        share = Share(group.id, group.weight, group.full_weight_at, group.min)
        return FileGroup(share, ballots)

    def _check_shares(self, groups: tuple[FileGroup, ...]) -> None:
        try:
            checked([group.share for group in groups])
        except InvalidShares as error:
            at = [group.share.id for group in groups]
            whose = str(error.facts["electorate"])
            steps: tuple[Step, ...] = ("groups", *([at.index(whose)] if whose in at else []))
            self._refuse(steps, str(error.facts["reason"]), whose)

    def _patterns(
        self,
        ballots: tuple[_Ballots, ...],
        electorate: str,
        known: frozenset[str],
        steps: tuple[Step, ...],
    ) -> tuple[Pattern, ...]:
        read = []
        for number, ballot in enumerate(ballots):
            ranking = tuple(_single(rank) for rank in ballot.ranking)
            for what, said in (("ranking", ranking), ("own", ballot.own)):
                fault = ranking_fault(said, known)
                if fault is not None:
                    self._refuse((*steps, number, what), *fault)
            read.append(Pattern(electorate, ranking, ballot.count, ballot.own))
        return tuple(read)

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
