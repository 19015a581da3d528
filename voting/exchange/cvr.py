"""NIST cast vote record reports in JSON, of one ranked contest, whatever program wrote them. Pure.

Of each record the current snapshot counts. Two selections with one rank share it; a skipped rank is no
rank; a position without an indication, or one that is not to be counted, is left alone. Records of
other programs are of one electorate; ours name theirs (`voting.exchange.cvr_words`).
Source: NIST SP 1500-103, version 1.0.
"""

from typing import Annotated, Any, Final, NoReturn

import msgspec

from expo.errors import N_
from voting.exchange import json_lines
from voting.exchange.ballot_file import (
    BAD_ID,
    BAD_NUMBER,
    MAX_ID,
    MAX_OPTIONS,
    OPTION_TWICE,
    TOO_MANY_OPTIONS,
    UNKNOWN_OPTION,
    BallotFile,
    FileGroup,
    FileUnreadable,
    is_text,
    whole,
)
from voting.exchange.cvr_words import ELECTORATE, FULL, ID, LEAST, METHOD, OWN, REPORT, WEIGHT
from voting.exchange.json_lines import Step
from voting.exchange.sawt_json import WRONG_VALUE
from voting.methods.rankings import Pattern, Ranking
from voting.methods.weights import MAX_WEIGHT, InvalidShares, Share, checked

ONE_CONTEST: Final = N_("the report does not hold exactly one contest")
NO_SNAPSHOT: Final = N_("a record has no current snapshot")
NO_ELECTORATE: Final = N_("a record is of no electorate of this report")
NO_RANK: Final = N_("a marked selection without a rank")

_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_ID)]
_Rank = Annotated[int, msgspec.Meta(ge=1, le=MAX_OPTIONS)]


class _Code(msgspec.Struct, frozen=True, rename="pascal"):
    value: Annotated[str, msgspec.Meta(max_length=MAX_ID)]
    other_type: str = ""


class _Candidate(msgspec.Struct, frozen=True, rename="pascal"):
    id: _Id = msgspec.field(name="@id")
    name: str = ""
    code: tuple[_Code, ...] = ()


class _Choice(msgspec.Struct, frozen=True, rename="pascal"):
    id: _Id = msgspec.field(name="@id")
    candidate_ids: tuple[str, ...] = ()


class _Contest(msgspec.Struct, frozen=True, rename="pascal"):
    id: _Id = msgspec.field(name="@id")
    contest_selection: tuple[_Choice, ...]
    name: str = ""


class _Election(msgspec.Struct, frozen=True, rename="pascal"):
    contest: tuple[_Contest, ...]
    candidate: tuple[_Candidate, ...] = ()
    code: tuple[_Code, ...] = ()


class _Unit(msgspec.Struct, frozen=True, rename="pascal"):
    id: _Id = msgspec.field(name="@id")
    other_type: str = ""
    code: tuple[_Code, ...] = ()


class _Position(msgspec.Struct, frozen=True, rename="pascal"):
    has_indication: str
    number_votes: int
    rank: _Rank | None = None
    is_allocable: str = "yes"


class _Selection(msgspec.Struct, frozen=True, rename="pascal"):
    selection_position: tuple[_Position, ...]
    contest_selection_id: str = ""
    rank: _Rank | None = None
    other_status: str = ""


class _Marks(msgspec.Struct, frozen=True, rename="pascal"):
    contest_id: str
    selections: tuple[_Selection, ...] = msgspec.field(name="CVRContestSelection", default=())


class _Snapshot(msgspec.Struct, frozen=True):
    id: str = msgspec.field(name="@id")
    contests: tuple[_Marks, ...] = msgspec.field(name="CVRContest", default=())


class _Record(msgspec.Struct, frozen=True, rename="pascal"):
    current_snapshot_id: str
    snapshots: tuple[_Snapshot, ...] = msgspec.field(name="CVRSnapshot")
    ballot_style_unit_id: str = ""


class _Report(msgspec.Struct, frozen=True, rename="pascal"):
    election: tuple[_Election, ...]
    gp_unit: tuple[_Unit, ...] = ()
    records: tuple[_Record, ...] = msgspec.field(name="CVR", default=())


Said = dict[tuple[Ranking, tuple[str, ...]], int]
"""How often each thing is said: a ranking and the own options of who says it."""


def is_report(value: Any) -> bool:
    """Whether a JSON value says that it is a report."""
    return isinstance(value, dict) and value.get("@type") == REPORT


def report_in(value: Any, text: str) -> BallotFile:
    """The election in a report.

    Args:
        value: As parsed.
        text: Where it was parsed from, to tell lines.

    Raises:
        FileUnreadable: It is malformed; ``line`` and ``found`` say where and what.
    """
    return _Reader(value, text).file()


class _Reader:
    """One report being read; knows its text, so that it can say on which line something stands."""

    def __init__(self, value: Any, text: str) -> None:
        self._text = text
        self._report = self._converted(value)

    def file(self) -> BallotFile:
        elections = self._report.election
        if len(elections) != 1 or len(elections[0].contest) != 1:
            self._refuse(("Election",), ONE_CONTEST)
        election, contest = elections[0], elections[0].contest[0]
        options = self._options(election, contest)
        shares = self._shares()
        said = self._ballots(contest, options, shares)
        names = tuple(name for _, name in options.values())
        groups = tuple(
            FileGroup(share, _patterns(share.id, piles))
            for share, piles in zip(shares.values(), said, strict=True)
        )
        ids = tuple(option for option, _ in options.values())
        return BallotFile(ids, names, groups, contest.name, _value(election.code, METHOD))

    def _converted(self, value: Any) -> _Report:
        try:
            return msgspec.convert(value, _Report)
        except msgspec.ValidationError as error:
            what, _, path = str(error).rpartition(" - at `")
            steps = json_lines.steps_of(path) if what else ()
            return self._refuse(steps, WRONG_VALUE, what or error)

    def _options(self, election: _Election, contest: _Contest) -> dict[str, tuple[str, str]]:
        """Id and name of each option, by the id of its selection."""
        if not 1 <= len(contest.contest_selection) <= MAX_OPTIONS:
            self._refuse(("Election", 0, "Contest"), TOO_MANY_OPTIONS)
        candidates = {one.id: one for one in election.candidate}
        found: dict[str, tuple[str, str]] = {}
        for choice in contest.contest_selection:
            who = candidates.get(choice.candidate_ids[0]) if choice.candidate_ids else None
            option = (_value(who.code, ID) if who else "") or choice.id
            if not is_text(option):
                self._refuse(("Election",), BAD_ID)
            if choice.id in found or option in {known for known, _ in found.values()}:
                self._refuse(("Election",), OPTION_TWICE, option)
            found[choice.id] = option, (who.name if who else "") or option
        return found

    def _shares(self) -> dict[str, Share]:
        """What each electorate says, by the id of its unit; without one everybody is alike."""
        units = [unit for unit in self._report.gp_unit if unit.other_type == ELECTORATE]
        if not units:
            return {"": Share("all", 1)}
        shares = {unit.id: self._share(unit) for unit in units}
        try:
            checked(list(shares.values()))
        except InvalidShares as error:
            self._refuse(("GpUnit",), str(error.facts["reason"]), error.facts["electorate"])
        return shares

    def _share(self, unit: _Unit) -> Share:
        figures = []
        for kind in (WEIGHT, FULL, LEAST):
            written = _value(unit.code, kind)
            figure = whole(written, 0, MAX_WEIGHT)
            if figure is None:
                self._refuse(("GpUnit",), BAD_NUMBER, written)
            figures.append(figure)
        name = _value(unit.code, ID) or unit.id
        if not is_text(name):
            self._refuse(("GpUnit",), BAD_ID)
        return Share(name, *figures)

    def _ballots(
        self, contest: _Contest, options: dict[str, tuple[str, str]], shares: dict[str, Share]
    ) -> list[Said]:
        piles: dict[str, Said] = {one: {} for one in shares}
        for number, record in enumerate(self._report.records):
            at: tuple[Step, ...] = ("CVR", number)
            theirs = piles.get("" if "" in piles else record.ballot_style_unit_id)
            if theirs is None:
                self._refuse(at, NO_ELECTORATE, record.ballot_style_unit_id)
            said = self._said(self._marks(record, contest.id, at), options, at)
            theirs[said] = theirs.get(said, 0) + 1
        return list(piles.values())

    def _marks(self, record: _Record, contest: str, at: tuple[Step, ...]) -> tuple[_Selection, ...]:
        current = record.current_snapshot_id
        snapshot = next((one for one in record.snapshots if one.id == current), None)
        if snapshot is None:
            self._refuse(at, NO_SNAPSHOT, current)
        marks = [one for one in snapshot.contests if one.contest_id == contest]
        return tuple(selection for one in marks for selection in one.selections)

    def _said(
        self,
        selections: tuple[_Selection, ...],
        options: dict[str, tuple[str, str]],
        at: tuple[Step, ...],
    ) -> tuple[Ranking, tuple[str, ...]]:
        """The ranking as cast, as far as the report tells, and the own options."""
        levels: dict[int, list[str]] = {}
        own: list[str] = []
        for selection in selections:
            rank = self._rank(selection, at)
            if rank is None and selection.other_status != OWN:
                continue
            known = options.get(selection.contest_selection_id)
            if known is None:
                self._refuse(at, UNKNOWN_OPTION, selection.contest_selection_id)
            if known[0] in own or any(known[0] in level for level in levels.values()):
                self._refuse(at, OPTION_TWICE, known[0])
            (own if rank is None else levels.setdefault(rank, [])).append(known[0])
        ranked = tuple(_shared(levels[rank]) for rank in sorted(levels))
        return ranked or tuple(own), tuple(own)

    def _rank(self, selection: _Selection, at: tuple[Step, ...]) -> int | None:
        """The rank it is marked with; None where it is not marked to be counted."""
        marked = [
            one
            for one in selection.selection_position
            if one.has_indication == "yes" and one.is_allocable != "no"
        ]
        if not marked or selection.other_status == OWN:
            return None
        ranks = {one.rank or selection.rank for one in marked}
        found = min((rank for rank in ranks if rank), default=None)
        if found is None:
            self._refuse(at, NO_RANK, selection.contest_selection_id)
        return found

    def _refuse(self, steps: tuple[Step, ...], reason: str, found: object = "") -> NoReturn:
        raise FileUnreadable(json_lines.line_of(self._text, steps), reason, found)


def _patterns(electorate: str, said: Said) -> tuple[Pattern, ...]:
    return tuple(Pattern(electorate, ranking, n, own) for (ranking, own), n in said.items())


def _shared(level: list[str]) -> str | tuple[str, ...]:
    return level[0] if len(level) == 1 else tuple(level)


def _value(codes: tuple[_Code, ...], kind: str) -> str:
    """The value of our code of this kind; empty where there is none."""
    return next((one.value for one in codes if one.other_type == kind), "")
