"""One whole contest: everybody casts, voting closes, the log is recounted."""

import asyncio

import msgspec

from sessions.orders import Kind
from sessions.rehearsal.audience import Audience
from sessions.rehearsal.desk import Desk
from sessions.usecases import Show
from voting.contests import Phase
from voting.methods.outcome import Ranks
from voting.usecases import Voting


class Held(msgspec.Struct, frozen=True):
    """What a rehearsed contest came to."""

    ballots: int
    lines: int
    method: str
    ranking: Ranks
    recount_agrees: bool
    everybody_answered: bool


async def hold(
    audience: Audience, show: Show, voting: Voting, session: str, *, most_seconds: float = 600
) -> Held:
    """Open the session's contest, wait for every member's last answer, close and count.

    Args:
        audience: Not yet inside.
        show: Takes the orders.
        voting: Counts.
        session: Whose contest is held.
        most_seconds: How long to wait for the audience.
    """
    desk = Desk(show, voting)
    contest = await desk.start(session)
    if contest is None:
        raise LookupError(session)
    await desk.order(Kind.OPEN, contest)
    taking_part = asyncio.create_task(audience.run())
    finished = asyncio.create_task(audience.finished.wait())
    await asyncio.wait(
        {taking_part, finished}, timeout=most_seconds, return_when=asyncio.FIRST_COMPLETED
    )
    await desk.order(Kind.CLOSE, contest)
    await desk.until(contest, Phase.CLOSED)
    result = await desk.counted(contest)
    for task in (taking_part, finished):
        task.cancel()
    await asyncio.gather(taking_part, finished, return_exceptions=True)
    return Held(
        ballots=result.ballots,
        lines=result.position,
        method=result.method,
        ranking=result.ranks,
        recount_agrees=not result.disputed,
        everybody_answered=audience.finished.is_set(),
    )
