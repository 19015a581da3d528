"""One whole contest through the front door: opened, voted in, closed, recounted, revealed, published."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Final

import msgspec

from sessions.orders import Kind
from sessions.protocol import ControlView, RundownLine
from sessions.rehearsal.audience import Audience
from sessions.rehearsal.control_room import ControlRoom
from voting.methods.outcome import Ranks
from voting.moves import RecountDiffers

_VOTED: Final = frozenset({"closing", "closed", "reviewed", "revealing", "published"})
_REVIEWED: Final = frozenset({"reviewed", "revealing", "published"})


class Held(msgspec.Struct, frozen=True):
    """What a rehearsed contest came to; ``ranking`` as published."""

    contest: str
    method: str
    ballots: int
    lines: int
    ranking: Ranks
    everybody_answered: bool


async def hold(
    audience: Audience, room: ControlRoom, session: str, *, most_seconds: float = 600
) -> Held:
    """Hold the session's contest from the first ballot to the published result.

    Args:
        audience: Not yet taking part.
        room: Being watched.
        session: Whose contest is held.
        most_seconds: How long to wait for the audience.

    Raises:
        RecountDiffers: There is nothing to publish.
    """
    await room.press(session, Kind.START, lambda _view, line: line.status == "live")
    await room.press(session, Kind.READY, lambda _view, line: _phase(line) != "draft")
    await room.press(session, Kind.OPEN, lambda _view, line: _phase(line) not in ("draft", "ready"))
    async with _taking_part(audience) as finished:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(most_seconds):
                await finished
        await room.press(session, Kind.CLOSE, lambda _view, line: _phase(line) in _VOTED)
        await room.until(session, lambda view, line: _phase(line) != "closing" or _disputed(view))
    await room.press(session, Kind.REVIEW, _is_reviewed)
    if room.view is not None and _disputed(room.view):
        raise RecountDiffers
    await room.press(session, Kind.REVEAL, _is_revealed)
    await room.press(session, Kind.PUBLISH, lambda _view, line: _phase(line) == "published")
    return _held(await _published(audience, session), everybody=audience.finished.is_set())


@contextlib.asynccontextmanager
async def _taking_part(audience: Audience) -> AsyncIterator[asyncio.Task[bool]]:
    """The audience at work; the task is done when nobody has more to say."""
    async with asyncio.TaskGroup() as tasks:
        taking_part = tasks.create_task(audience.take_part())
        finished = tasks.create_task(audience.finished.wait())
        yield finished
        taking_part.cancel()
        finished.cancel()


async def _published(audience: Audience, session: str) -> dict[str, Any]:
    """The published result of the session's contest, as everybody can download it."""
    day = await audience.door.get("/results/day/1.json")
    return next(one["result"] for one in day["results"] if one["contest"] == session)


def _held(result: dict[str, Any], *, everybody: bool) -> Held:
    return Held(
        contest=result["contest"],
        method=result["method"],
        ballots=result["ballots"],
        lines=result["position"],
        ranking=msgspec.convert(result["ranks"], Ranks),
        everybody_answered=everybody,
    )


def _phase(line: RundownLine) -> str:
    return line.contest.phase if line.contest else ""


def _disputed(view: ControlView) -> bool:
    return view.contest is not None and view.contest.disputed


def _is_reviewed(view: ControlView, line: RundownLine) -> bool:
    return _phase(line) in _REVIEWED or _disputed(view)


def _is_revealed(view: ControlView, line: RundownLine) -> bool:
    shown = view.contest
    if _phase(line) == "published":
        return True
    return (
        _phase(line) == "revealing"
        and shown is not None
        and len(shown.places) >= shown.total_places
    )
