"""Who is in a final: the first place of each contest it is drawn from, once its result is published. Pure.

Each initiative is an option once, however many contests it won. First places that are shared are all
in; a contest without a result, or one that was called off, gives none. Nothing but who came first is
taken over: contests were decided by different ballots, so what one of them says of support or places is
never set against another. The final asks anew, with ballots of its own.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from expo.words import Text
from sessions.cues import SHOWN, Status
from sessions.programme import Programme, Session
from voting.contests import MOST_OPTIONS, Contest, Option, Phase
from voting.results import Result

FEWEST: Final = 2
"""Finalists below which there is nothing to rank."""

Outcome = Literal["waiting", "won", "none"]
State = Literal["waiting", "too-few", "too-many", "whole", "fixed"]


class Source(msgspec.Struct, frozen=True):
    """One contest a final is drawn from, and who won it."""

    session: str
    title: Text
    day: int
    outcome: Outcome
    winners: tuple[Option, ...] = ()


class GrandFinal(msgspec.Struct, frozen=True):
    """A final as it stands.

    ``finalists`` are those the published results give. ``state`` is ``whole`` when they can be
    confirmed, and ``fixed`` from then on; ``changed`` says that the results have since come to give
    others than those who are asked about.
    """

    session: str
    sources: tuple[Source, ...]
    finalists: tuple[Option, ...]
    state: State
    changed: bool = False

    @property
    def waiting(self) -> int:
        """How many results are still to come."""
        return sum(one.outcome == "waiting" for one in self.sources)


def sources_of(programme: Programme, session: Session) -> tuple[tuple[int, Session], ...]:
    """The sessions whose winners meet in this one, each with its day, in the order of the programme."""
    final = session.final
    if final is None:
        return ()
    return tuple(
        (day.n, one)
        for day in programme.days
        for one in day.sessions
        if one.id != session.id
        and (one.id in final.sessions or (day.n in final.days and one.initiatives))
    )


def source_of(
    day: int, session: Session, status: Status, contest: Contest | None, result: Result | None
) -> Source:
    """What one contest gives to the final.

    Args:
        day: Of the session.
        session: Whose contest.
        status: Where the session stands.
        contest: As last seen; None where there is none.
        result: Its frozen result; looked at only once it is published.
    """
    if contest is None or contest.phase not in SHOWN:
        outcome: Outcome = "none" if status is Status.CANCELLED else "waiting"
        return Source(session.id, session.title, day, outcome)
    if result is None:  # it is being counted again after a decision
        return Source(session.id, session.title, day, "waiting")
    first = result.ranks[0] if result.ranks else ()
    winners = tuple(option for option in contest.options if option.id in first)
    return Source(session.id, session.title, day, "won" if winners else "none", winners)


def finalists(sources: Iterable[Source]) -> tuple[Option, ...]:
    """Every winner once, in the order of the contests."""
    found: dict[str, Option] = {}
    for source in sources:
        for option in source.winners:
            found.setdefault(option.id, option)
    return tuple(found.values())


def standing(session: str, sources: Sequence[Source], contest: Contest | None) -> GrandFinal:
    """The final as it stands.

    Args:
        session: Id of the final's session.
        sources: What its contests give.
        contest: The final's own, as last seen.
    """
    found = finalists(sources)
    is_waiting = any(one.outcome == "waiting" for one in sources)
    if contest is not None and contest.phase is not Phase.DRAFT:
        asked = tuple(option.id for option in contest.options)
        changed = not is_waiting and asked != tuple(option.id for option in found)
        return GrandFinal(session, tuple(sources), found, "fixed", changed)
    return GrandFinal(session, tuple(sources), found, _state(len(found), is_waiting=is_waiting))


def _state(count: int, *, is_waiting: bool) -> State:
    if is_waiting:
        return "waiting"
    if count < FEWEST:
        return "too-few"
    return "too-many" if count > MOST_OPTIONS else "whole"
