"""A programme made of one ballot file, so that a real election can be run through a real show. Pure."""

import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

import msgspec

from expo.catalogue.values import SUMMARY_LENGTH, Entity, Initiative, ModelStage
from expo.errors import N_, Refusal
from expo.words import Text
from sessions.programme import Day, Electorate, Programme, Session, VotingDefaults
from voting.contests import MOST_OPTIONS
from voting.exchange.ballot_file import BallotFile

SESSION: Final = "election"
_OPENS: Final = datetime(2017, 4, 17, 4, 30, tzinfo=UTC)
_STAGES: Final = (ModelStage(1, date(2017, 1, 31)), ModelStage(2, date(2017, 3, 31)))
_SHORT: Final = 18
_CUSTOMERS: Final = "customers"


class NotRehearsable(Refusal):
    """This election cannot be a live contest: ``reason`` says why."""

    code = N_("not-rehearsable")
    status = 422


def strict_ballots(file: BallotFile) -> list[tuple[str, ...]]:
    """Every ballot of the file as option ids of ``programme_for``, shared ranks left out.

    The audience cannot cast ballots with shared ranks (counting page 1.3), nor empty ones.

    Raises:
        NotRehearsable: No ballot is left.
    """
    ids = _ids(file)
    ballots: list[tuple[str, ...]] = []
    for group in file.groups:
        for pattern in group.patterns:
            ranks = [rank for rank in pattern.ranking if not isinstance(rank, tuple)]
            if ranks and len(ranks) == len(pattern.ranking):
                ballots += [tuple(ids[option] for option in ranks)] * pattern.count
    if not ballots:
        raise NotRehearsable(reason="no-strict-ballots")
    return ballots


def alone(electorates: Sequence[Electorate]) -> Electorate:
    """The one electorate whoever comes in without a pass belongs to, so that every ballot counts the same.

    As outside checks want it: no minimum, and no weight that depends on the turnout.
    """
    open_to_all = min(electorates, key=lambda one: one.id != _CUSTOMERS)
    return msgspec.structs.replace(open_to_all, weight=1, full_weight_at=1, min=0, audit="open")


def programme_for(
    file: BallotFile, electorates: Sequence[Electorate], *, minutes: int = 120
) -> Programme:
    """One day with one session whose initiatives are the file's candidates.

    Raises:
        NotRehearsable: More candidates than a ballot can hold, or fewer than two.
    """
    if not 1 < len(file.options) <= MOST_OPTIONS:
        raise NotRehearsable(reason="candidates")
    ids = _ids(file)
    initiatives = tuple(
        _initiative(ids[option], name)
        for option, name in zip(file.options, file.names, strict=True)
    )
    ends = _OPENS + timedelta(minutes=minutes)
    session = Session(
        id=SESSION,
        title=_both("Election"),
        starts_at=_OPENS,
        ends_at=ends,
        entity="candidates",
        initiatives=tuple(one.id for one in initiatives),
    )
    return Programme(
        id="rehearsal",
        title=Text(ar="تجربة انتخاب", en="Election rehearsal"),
        organiser=Text(ar="صوت", en="Sawt"),
        edition="1",
        timezone="Asia/Dubai",
        days=(
            Day(
                1,
                _OPENS.date(),
                Text(ar="اليوم الأول", en="Day one"),
                _OPENS,
                ends,
                False,
                (session,),
            ),
        ),
        entities=(Entity("candidates", Text(ar="المرشحون", en="Candidates"), _both("Candidates")),),
        initiatives=initiatives,
        electorates=tuple(electorates),
        voting=VotingDefaults(
            max_ranked=len(initiatives), open_minutes=minutes, grace_seconds=2, own="count"
        ),
    )


def _ids(file: BallotFile) -> dict[str, str]:
    """Ids fit for a live contest, in the order of the candidates."""
    return {option: f"c{number:02d}" for number, option in enumerate(file.options, 1)}


def _initiative(option: str, name: str) -> Initiative:
    title = _both("".join(c for c in name if unicodedata.category(c)[0] != "C")[:SUMMARY_LENGTH])
    return Initiative(
        id=option,
        entity="candidates",
        title=title,
        short=_both(title.en[:_SHORT]),
        summary=title,
        problem=title,
        proposal=title,
        benefit=title,
        model_stages=_STAGES,
        sample=True,
    )


def _both(text: str) -> Text:
    return Text(ar=text, en=text)
