"""Who may see which figures when: rooms a person may join, and what a frame may hold. Pure.

Hidden figures travel in rooms of their own, which only the entitled can join, and places that have
not been revealed are in no frame at all. Sources: ruling 9, decision 0010, counting page 4.6.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from expo.errors import N_, Refusal
from expo.rights import Action, Role, may
from voting.contests import Contest, Phase
from voting.protocol import Place, StandingRow, TallyState
from voting.results import K_PUBLIC, OptionFigures, Result, is_coarse, thousandths

_RUNNING: Final = frozenset({Phase.OPEN, Phase.PAUSED})
_SHOWN: Final = frozenset({Phase.PUBLISHED, Phase.AMENDED})
_FINE_FROM: Final = 10_000  # ballots from which public figures have tenths of a per cent


class NotPublishedYet(Refusal):
    """There is nothing here before the result is public; ``contest`` names which."""

    code = N_("not-published-yet")
    status = 404


def contest_room(contest_id: str) -> str:
    """Where the contest stands; everybody."""
    return f"contest.{contest_id}"


def turnout_room(contest_id: str) -> str:
    """How many ballots; everybody."""
    return f"contest.{contest_id}.turnout"


def live_room(contest_id: str) -> str:
    """The running order of a contest that shows it to everybody."""
    return f"contest.{contest_id}.live"


def voted_room(contest_id: str) -> str:
    """The running order of a contest that shows it to those who have cast."""
    return f"contest.{contest_id}.voted"


def staff_room(contest_id: str) -> str:
    """The exact running order; organisers."""
    return f"contest.{contest_id}.staff"


def rooms(role: Role, contest: Contest, *, has_ballot: bool) -> tuple[str, ...]:
    """The rooms of a contest somebody may join.

    Args:
        role: What the visit may be treated as.
        contest: The contest.
        has_ballot: Whether a ballot of this person counts in it now.
    """
    found = [contest_room(contest.id), turnout_room(contest.id)]
    if contest.rules.visibility == "live":
        found.append(live_room(contest.id))
    if contest.rules.visibility == "after_vote" and has_ballot:
        found.append(voted_room(contest.id))
    if may(role, Action.SEE_PRIVATE_TALLY):
        found.append(staff_room(contest.id))
    return tuple(found)


def public_room(contest: Contest) -> str | None:
    """The room that the running order goes to besides the organisers', while it may go there.

    From the close on it goes nowhere: the reveal is the organiser's.
    """
    if contest.phase not in _RUNNING:
        return None
    match contest.rules.visibility:
        case "live":
            return live_room(contest.id)
        case "after_vote":
            return voted_room(contest.id)
        case _:
            return None


def may_see_tally(role: Role, contest: Contest, *, has_ballot: bool) -> bool:
    """Whether this person may see the running order now."""
    if may(role, Action.SEE_PRIVATE_TALLY):
        return True
    room = public_room(contest)
    return room is not None and room in rooms(role, contest, has_ballot=has_ballot)


def public_tally(state: TallyState) -> TallyState:
    """The running order as the public may see it.

    Whole per cent (tenths from 10,000 ballots), and nothing at all below K_PUBLIC ballots: exact
    figures, second by second, would show each single ballot.
    """
    if state.ballots < K_PUBLIC:
        return msgspec.structs.replace(state, rows=())
    if state.ballots >= _FINE_FROM:
        return state
    return msgspec.structs.replace(state, rows=tuple(map(_coarse, state.rows)))


def places(contest: Contest, result: Result | None) -> tuple[Place, ...]:
    """The places that have been revealed, the last place first; all of them once it is published."""
    if result is None or result.disputed:
        return ()
    if contest.phase in _SHOWN:
        shown = len(result.ranks)
    elif contest.phase is Phase.REVEALING:
        shown = min(contest.revealed, len(result.ranks))
    else:
        return ()
    figures = {option.id: option for option in result.options}
    coarse = is_coarse(result.electorates)
    last_first = result.ranks[::-1][:shown]
    return tuple(_place(contest, rank, figures, coarse=coarse) for rank in last_first)


def total_places(contest: Contest, result: Result | None) -> int:
    """How many places there are to reveal; the number of options until they are counted and shown."""
    if result is None or contest.phase not in {Phase.REVEALING, *_SHOWN}:
        return len(contest.options)
    return len(result.ranks)


def is_shown(contest: Contest) -> bool:
    """Whether the whole result is public."""
    return contest.phase in _SHOWN


def check_shown(contest: Contest) -> None:
    """Look whether the whole result is public.

    Raises:
        NotPublishedYet: It is not.
    """
    if not is_shown(contest):
        raise NotPublishedYet(contest=contest.id)


def _coarse(row: StandingRow) -> StandingRow:
    return msgspec.structs.replace(row, support=(row.support + 5) // 10 * 10)


def _place(
    contest: Contest, rank: Sequence[str], figures: Mapping[str, OptionFigures], *, coarse: bool
) -> Place:
    options = [option for option in (contest.option(one) for one in rank) if option]
    first = figures[rank[0]]
    return Place(
        rank=first.rank,
        ids=tuple(option.id for option in options),
        titles=tuple(option.title for option in options),
        entities=tuple(option.entity_name for option in options),
        support=thousandths(first.support, first.support_of, coarse=coarse),
    )
