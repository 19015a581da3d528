"""May this person cast in this contest now? The person is asked first, then the clock. Pure.

Sources: counting page 1.3 and 5.1; rulings 5 (accepted iff it arrived by ``closes_at + G``) and 12.
"""

from datetime import datetime, timedelta
from typing import Final

from expo.errors import N_, NotAllowed, Refusal
from expo.identity.people import Assurance, Person, PersonId, is_enough
from expo.rights import Action, Role, may
from voting.ballots import own_options
from voting.contests import Contest, Electorate, Phase

_NEWCOMER: Final = Person(PersonId(""), Role.CUSTOMER, "customers", assurance=Assurance.DEVICE)
"""What joining with a device makes of anybody."""
# Tuples, for they are asked of every ballot: a set would hash the member, which an enumeration does slowly.
_BEFORE: Final = (Phase.DRAFT, Phase.READY)
_ENDING: Final = (Phase.OPEN, Phase.CLOSING)
_VOTERS: Final = tuple(role for role in Role if may(role, Action.CAST_BALLOT))


class UnknownContest(Refusal):
    """There is no such contest."""

    code = N_("unknown-contest")
    status = 404


class JoinFirst(Refusal):
    """Nobody is known at this device yet; joining takes one press."""

    code = N_("join-first")
    status = 403


class SignInFirst(Refusal):
    """Nobody is known at this device yet, and a device alone is not enough here."""

    code = N_("sign-in-first")
    status = 403


class StaffDoNotVote(NotAllowed):
    """Whoever runs or watches the vote has none; ``role`` is what they are."""

    code = N_("staff-do-not-vote")


class NotYourElectorate(Refusal):
    """This person's electorate does not take part in the contest."""

    code = N_("not-your-electorate")
    status = 403


class NeedsStrongerSignIn(Refusal):
    """The electorate asks for assurance ``needed``; this person has ``has``."""

    code = N_("needs-stronger-sign-in")
    status = 403


class AllOptionsOwn(Refusal):
    """Every option is the person's own, so there is nothing to rank."""

    code = N_("all-options-own")
    status = 403


class ContestNotOpen(Refusal):
    """The contest has not been opened yet."""

    code = N_("contest-not-open")
    status = 409


class ContestPaused(Refusal):
    """The contest is paused; it goes on in a moment."""

    code = N_("contest-paused")
    status = 409


class ContestClosed(Refusal):
    """It arrived after the hard close ``closed_at``, at ``arrived_at``, ``late_ms`` too late."""

    code = N_("contest-closed")
    status = 409


def check_person(person: Person | None, contest: Contest) -> Electorate:
    """The electorate this person votes in.

    Raises:
        JoinFirst: Nobody is known at this device; joining with it is enough.
        SignInFirst: Nobody is known at this device, and joining with it would not be enough.
        StaffDoNotVote: The role does not vote.
        NotYourElectorate: The contest does not ask this person's electorate.
        NeedsStrongerSignIn: The person is not known surely enough.
        AllOptionsOwn: There is nothing this person could rank.
    """
    if person is None or person.role is Role.PUBLIC:
        raise SignInFirst if blocked(_NEWCOMER, contest) else JoinFirst
    if person.role not in _VOTERS:
        raise StaffDoNotVote(role=person.role.value)
    electorate = contest.electorate(person.electorate)
    if electorate is None:
        raise NotYourElectorate(electorate=person.electorate or "")
    if not is_enough(person.assurance, electorate.assurance):
        raise NeedsStrongerSignIn(needed=electorate.assurance.value, has=person.assurance.value)
    if contest.options and len(own_options(contest, person)) == len(contest.options):
        raise AllOptionsOwn
    return electorate


def check_window(contest: Contest, arrived_at: datetime) -> None:
    """Nothing, if a ballot that arrived then counts.

    A ballot that was on its way into the record when the contest was paused still counts; one
    that reaches the record after the hard close's line does not, whatever its stamp.

    Raises:
        ContestNotOpen: It has not been opened, or was opened later.
        ContestPaused: It arrived during a pause.
        ContestClosed: It arrived after the announced close and its grace.
    """
    phase, opened_at, hard_close_at = contest.phase, contest.opened_at, contest.hard_close_at
    if phase in _BEFORE or opened_at is None or hard_close_at is None or arrived_at < opened_at:
        raise ContestNotOpen
    if phase is Phase.PAUSED and contest.paused_at is not None and arrived_at < contest.paused_at:
        return
    if phase is Phase.PAUSED:
        raise ContestPaused
    if phase in _ENDING and arrived_at <= hard_close_at:
        return
    late_ms = max(timedelta(), arrived_at - hard_close_at) // timedelta(milliseconds=1)
    raise ContestClosed(
        closed_at=hard_close_at.isoformat(), arrived_at=arrived_at.isoformat(), late_ms=late_ms
    )


def running(contest: Contest) -> tuple[datetime, datetime] | None:
    """From when to when ballots count, without a question asked; None where `check_window` must decide."""
    opened_at, hard_close_at = contest.opened_at, contest.hard_close_at
    if contest.phase not in _ENDING or opened_at is None or hard_close_at is None:
        return None
    return opened_at, hard_close_at


def blocked(person: Person | None, contest: Contest) -> Refusal | None:
    """Why this person cannot cast here at any time; None for who can."""
    try:
        check_person(person, contest)
    except Refusal as refusal:
        return refusal
    return None


def check(person: Person | None, contest: Contest, arrived_at: datetime) -> Electorate:
    """The electorate this person casts in now.

    Raises:
        Refusal: As `check_person` and `check_window`.
    """
    electorate = check_person(person, contest)
    check_window(contest, arrived_at)
    return electorate
