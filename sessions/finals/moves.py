"""Filling finals and confirming them, inside somebody else's transaction that holds the stage.

Until it is ready, a final is filled again whenever a result it is drawn from is published, is counted
again or is called off; the organiser confirms once, and exactly what was shown. From then on it changes
no more, whatever becomes of those results. Contests are written one after the other here, in no fixed
order; whoever holds the stage is alone in that, and nobody casts in a draft.
"""

from datetime import datetime
from typing import Final

from expo.db import Tx
from expo.errors import N_, Refusal
from expo.record import store as record
from expo.record.lines import Facts
from sessions import contest_plan, store
from sessions.finals.lists import GrandFinal, Source, finalists, source_of, sources_of, standing
from sessions.orders import ConfirmFirst, Order
from sessions.programme import Programme, Session
from sessions.stage import Progress
from voting import moves as contest_moves
from voting import store as contest_store
from voting.contests import Contest, ContestId, Phase

FILL: Final = N_("fill-final")
"""What the staff log calls it when other finalists are in a final."""
_LONGEST_FACT: Final = 300


class FinalWaiting(Refusal):
    """Results the final is drawn from are not published yet; ``waiting`` counts them."""

    code = N_("final-waiting")
    status = 409


class TooFewFinalists(Refusal):
    """The results give ``found`` finalists, with whom there is nothing to rank."""

    code = N_("too-few-finalists")
    status = 409


class FinalistsChanged(Refusal):
    """The results give other finalists than those that were confirmed; look again."""

    code = N_("finalists-changed")
    status = 409


async def is_final(tx: Tx, session_id: str) -> bool:
    """Whether the session is a final, whose contest nothing but a confirmation makes ready."""
    return await _session(tx, session_id) is not None


async def check(tx: Tx, contest: Contest, order: Order) -> None:
    """Look whether a contest may be made ready by this order; only finals are asked.

    Raises:
        FinalWaiting, TooFewFinalists, contest_plan.NotReady: It may not.
        FinalistsChanged: Its options are not the ones the results give now.
        ConfirmFirst: The finalists have not been confirmed.
    """
    known = await _session(tx, contest.subject)
    if known is None:
        return
    final = standing(contest.subject, await _sources(tx, *known), contest)
    _check_state(final)
    if final.finalists != contest.options:
        raise FinalistsChanged
    if not order.confirmed:
        raise ConfirmFirst(kind=order.kind.value)


async def refill(tx: Tx, programme: Programme, at: datetime) -> tuple[ContestId, ...]:
    """Fill every final that is still a draft; ids of those that changed.

    Args:
        tx: Holds the stage.
        programme: In force.
        at: The instant, for the staff log.
    """
    touched = []
    for session in programme.sessions:
        if session.final is None:
            continue
        contest = await contest_store.find(tx, ContestId(session.id))
        if contest is None or contest.phase is not Phase.DRAFT:
            continue
        found = finalists(await _sources(tx, programme, session))
        filled = contest_plan.with_options(programme, session, contest, found)
        if filled != contest:
            await _write(tx, filled, at)
            touched.append(contest.id)
    return tuple(touched)


async def _write(tx: Tx, filled: Contest, at: datetime) -> None:
    facts: Facts = {"finalists": ", ".join(option.id for option in filled.options)[:_LONGEST_FACT]}
    await record.append(tx, at=at, actor=None, action=FILL, subject=filled.subject, facts=facts)
    await contest_moves.redefine(tx, filled)


def _check_state(final: GrandFinal) -> None:
    match final.state:
        case "waiting":
            raise FinalWaiting(waiting=final.waiting)
        case "too-few":
            raise TooFewFinalists(found=len(final.finalists))
        case "too-many":
            raise contest_plan.NotReady(problem="too-many-options")


async def _session(tx: Tx, session_id: str) -> tuple[Programme, Session] | None:
    """The programme and this session of it, if it is a final."""
    programme = await store.find_programme(tx)
    session = programme.session(session_id) if programme else None
    if programme is None or session is None or session.final is None:
        return None
    return programme, session


async def _sources(tx: Tx, programme: Programme, session: Session) -> tuple[Source, ...]:
    known = await store.progress(tx)
    found = []
    for day, one in sources_of(programme, session):
        contest = await contest_store.find(tx, ContestId(one.id))
        result = await contest_store.result(tx, one.id)
        status = known.get(one.id, Progress()).status
        found.append(source_of(day, one, status, contest, result))
    return tuple(found)
