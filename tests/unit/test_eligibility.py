"""Who may cast, and when: every phase against every instant that matters."""

from datetime import timedelta

import msgspec
import pytest

from expo.errors import Refusal
from expo.identity.people import Assurance, Person
from expo.rights import Role
from tests.support.clock import Clock
from tests.support.contests import ORGANISER, contest, employee, member, option, person
from voting.contests import Contest, Phase
from voting.eligibility import (
    AllOptionsOwn,
    ContestClosed,
    ContestNotOpen,
    ContestPaused,
    JoinFirst,
    NeedsStrongerSignIn,
    NotYourElectorate,
    SignInFirst,
    StaffDoNotVote,
    blocked,
    check,
    check_person,
    check_window,
)

AT = Clock()()
MS = timedelta(milliseconds=1)


def standing(phase: Phase, *, paused: bool = False) -> Contest:
    """The contest in a phase: opened at AT, announced close ten minutes later, ten seconds grace."""
    opened = phase not in {Phase.DRAFT, Phase.READY}
    return msgspec.structs.replace(
        contest(),
        phase=phase,
        opened_at=AT if opened else None,
        closes_at=AT + timedelta(minutes=10) if opened else None,
        paused_at=AT + timedelta(minutes=5) if paused else None,
    )


CLOSES = AT + timedelta(minutes=10)
HARD = CLOSES + timedelta(seconds=10)
PAUSE = AT + timedelta(minutes=5)

WINDOW = [
    (Phase.DRAFT, AT, ContestNotOpen),
    (Phase.READY, AT, ContestNotOpen),
    (Phase.OPEN, AT - MS, ContestNotOpen),
    (Phase.OPEN, AT, None),
    (Phase.OPEN, CLOSES, None),
    (Phase.OPEN, HARD, None),
    (Phase.OPEN, HARD + MS, ContestClosed),
    (Phase.PAUSED, PAUSE - MS, None),
    (Phase.PAUSED, PAUSE, ContestPaused),
    (Phase.PAUSED, HARD + MS, ContestPaused),
    (Phase.CLOSING, AT, None),
    (Phase.CLOSING, HARD, None),
    (Phase.CLOSING, HARD + MS, ContestClosed),
    *[
        (phase, at, ContestClosed)
        for phase in (Phase.CLOSED, Phase.REVIEWED, Phase.REVEALING, Phase.PUBLISHED, Phase.AMENDED)
        for at in (AT, HARD, HARD + MS)
    ],
]


@pytest.mark.parametrize(("phase", "at", "refusal"), WINDOW)
def test_window_is_decided_by_phase_and_arrival(
    phase: Phase, at: object, refusal: type[Refusal] | None
) -> None:
    asked = standing(phase, paused=phase is Phase.PAUSED)

    if refusal is None:
        check_window(asked, at)  # type: ignore[arg-type]  # instants of the table
    else:
        with pytest.raises(refusal):
            check_window(asked, at)  # type: ignore[arg-type]  # instants of the table


def test_late_ballot_is_told_how_late_it_was() -> None:
    with pytest.raises(ContestClosed) as late:
        check_window(standing(Phase.CLOSED), HARD + timedelta(seconds=2))

    assert late.value.facts == {
        "closed_at": HARD.isoformat(),
        "arrived_at": (HARD + timedelta(seconds=2)).isoformat(),
        "late_ms": 2_000,
    }


VERIFIED = Assurance.VERIFIED
PEOPLE = [
    (None, JoinFirst),
    (person(role=Role.PUBLIC), JoinFirst),
    (ORGANISER, StaffDoNotVote),
    (person(role=Role.SCREEN), StaffDoNotVote),
    (person(electorate=None), NotYourElectorate),
    (person(electorate="jury"), NotYourElectorate),
    (person("e", "employees", role=Role.EMPLOYEE), NeedsStrongerSignIn),
    (person("e", "employees", role=Role.EMPLOYEE, assurance=VERIFIED), None),
    (person(), None),
    (employee("e"), None),
    (member("m"), None),
]


@pytest.mark.parametrize(("who", "refusal"), PEOPLE)
def test_person_is_asked_before_the_clock(
    who: Person | None, refusal: type[Refusal] | None
) -> None:
    asked = standing(Phase.READY)

    found = blocked(who, asked)

    assert (type(found) if found else None) is refusal
    with pytest.raises(refusal or ContestNotOpen):
        check(who, asked, AT)


@pytest.mark.parametrize("customers", [Assurance.CONTACT, VERIFIED, None])
def test_stranger_whom_joining_would_not_help_is_sent_to_sign_in(
    customers: Assurance | None,
) -> None:
    groups = [
        msgspec.structs.replace(group, assurance=customers)
        if group.id == "customers" and customers
        else group
        for group in contest().electorates
        if group.id != "customers" or customers is not None
    ]
    asked = msgspec.structs.replace(contest(), electorates=tuple(groups))

    assert type(blocked(None, asked)) is SignInFirst


@pytest.mark.parametrize("role", [Role.TEAM, Role.PRESENTER])
def test_member_and_presenter_abstain_on_their_own(role: Role) -> None:
    who = person("m", "teams", role=role, entity="entity-a", assurance=Assurance.CONTACT)
    everything = contest()
    own = msgspec.structs.replace(everything, options=everything.options[:1])

    assert blocked(who, everything) is None
    assert type(blocked(who, own)) is AllOptionsOwn


def test_who_may_cast_is_told_the_electorate() -> None:
    assert check(employee("e"), standing(Phase.OPEN), AT).id == "employees"
    assert check_person(person(), standing(Phase.OPEN)).id == "customers"


def test_own_options_block_only_when_there_is_nothing_else() -> None:
    single = msgspec.structs.replace(
        contest(), options=(option("a", "entity-x"), option("b", "entity-x"))
    )
    counted = msgspec.structs.replace(
        single, rules=msgspec.structs.replace(single.rules, own="count")
    )

    with pytest.raises(AllOptionsOwn):
        check_person(member("m", "entity-x"), single)
    assert check_person(member("m", "entity-y"), single).id == "teams"
    assert check_person(member("m", "entity-x"), counted).id == "teams"
    assert check_person(member("m", "entity-a"), contest()).id == "teams"
