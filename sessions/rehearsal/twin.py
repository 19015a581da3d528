"""A whole day of an expo's twin: every cue of the show, before people who are late, lose their line and come back."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, Final

from expo.errors import Fault, Refusal
from sessions.cues import ASKING, Status
from sessions.orders import Kind
from sessions.programme import Day, Session
from sessions.readiness.facts import Outcome, Played, Votes
from sessions.rehearsal.desk import Desk, reveals
from sessions.rehearsal.direction import OPENS_AFTER
from sessions.rehearsal.flow import Flow
from sessions.rehearsal.late_viewers import PATIENCE, SEED, Viewer
from sessions.rehearsal.parts import Part, part
from sessions.usecases import Show
from voting.contests import Contest, Phase
from voting.results import Result
from voting.usecases import Voting

logger = logging.getLogger(__name__)

Watcher = tuple[Viewer, Part]

_TICK: Final = timedelta(milliseconds=1)
_PRESSED_AFTER: Final = timedelta(
    minutes=8
)  # of voting, where the organiser does not wait for the end
_BACK_AFTER: Final = timedelta(seconds=60)  # that somebody's connection is gone
_MEASURED_BEFORE: Final = timedelta(seconds=5)  # the close
_REVEAL: Final = timedelta(seconds=20)  # between two places
_AT_ONCE: Final = 50  # handshakes
_SECOND_DEVICE, _LAST, _LATE = 3, 1, 2  # attempts: each has an opinion of its own


class Twin:
    """Runs a day by a script of cues.

    Args:
        show: Takes the orders.
        voting: Knows the contests.
        flow: The twin's clock.
        measure: Keeps what viewers said of their delay, so that the close finds it.
        viewers: Everybody, signed in; on no page yet.
    """

    def __init__(
        self,
        show: Show,
        voting: Voting,
        flow: Flow,
        measure: Callable[[], Awaitable[None]],
        viewers: Sequence[Viewer],
    ) -> None:
        self._show = show
        self._voting = voting
        self._flow = flow
        self._measure = measure
        self._viewers = viewers
        self._desk = Desk(show, voting)
        self._live: str | None = None
        """A session that goes over into the next one."""

    async def play(self, day: Day, ran: Callable[[Played], None] = lambda _played: None) -> None:
        """Every session of the day that is still to come, one after the other.

        Args:
            day: Of the programme in force.
            ran: Told of each session when it is over.
        """
        await self._clear()
        for number, session in enumerate(day.sessions):
            if self._show.status(session.id) is not Status.SCHEDULED:
                ran(Played(session.id, session.title, Outcome.PASSED))
                continue
            following = next(iter(day.sessions[number + 1 :]), None)
            ran(await self._hold(number, session, following))

    async def _hold(self, number: int, session: Session, following: Session | None) -> Played:
        """One session; whatever stops it is told, and the next one begins all the same."""
        votes = None
        try:
            await self._flow.to(session.starts_at)
            contest = await self._begin(session)
            if number == 0:
                await self._pause()
            if contest is not None:
                votes = await self._vote(number, session, contest)
            await self._end(session, following)
        except (Refusal, Fault, TimeoutError, OSError) as problem:
            logger.exception("A session of the rehearsal stopped", extra={"session": session.id})
            await self._clear()
            why = getattr(problem, "code", "") or type(problem).__name__
            return Played(session.id, session.title, Outcome.BROKEN, why, votes)
        outcome = Outcome.RAN if votes is None else Outcome.HELD
        return Played(session.id, session.title, outcome, votes=votes)

    async def _begin(self, session: Session) -> Contest | None:
        live, self._live = self._live, None
        if live is not None:
            return await self._desk.next(live, session.id)
        return await self._desk.start(session.id)

    async def _pause(self) -> None:
        """The show stands for a minute, once a day."""
        await self._desk.show(Kind.HOLD)
        await self._flow.on(seconds=60)
        await self._desk.show(Kind.GO_ON)

    async def _end(self, session: Session, following: Session | None) -> None:
        await self._flow.to(session.ends_at)
        if (
            following is None
            or following.starts_at > self._flow.now()
            or self._show.status(following.id) is not Status.SCHEDULED
        ):
            await self._desk.end(session.id)
        else:
            self._live = session.id  # "next" ends it, in one step with the following start

    async def _clear(self) -> None:
        """Get whatever is on the stage off it, so that the next session can begin."""
        self._live = None
        for session in self._show.programme.sessions:
            if self._show.status(session.id) is not Status.LIVE:
                continue
            try:
                await self._shut(self._show.contest(session.id))
                await self._desk.end(session.id)
            except (Refusal, Fault, TimeoutError):
                logger.exception("It stays on the stage", extra={"session": session.id})

    async def _shut(self, contest: Contest | None) -> None:
        """Close a vote that runs, e.g. because the expo was copied in the middle of it."""
        if contest is not None and contest.phase in ASKING:
            await self._desk.order(Kind.CLOSE, contest)
            contest = self._desk.now(contest)
        if contest is not None and contest.phase is Phase.CLOSING and contest.hard_close_at:
            await self._flow.to(contest.hard_close_at + timedelta(seconds=1))
            async with asyncio.timeout(PATIENCE):
                await self._desk.until(contest, Phase.CLOSED)

    # --- a vote ---

    async def _vote(self, number: int, session: Session, contest: Contest) -> Votes:
        count = len(self._viewers)
        watching = [(one, part(SEED, number, one.number, count)) for one in self._viewers]
        vote = _Vote(self._desk, self._flow, session, self._desk.now(contest), watching)
        await self._flow.to(
            self._flow.now() + min(OPENS_AFTER, (session.ends_at - session.starts_at) / 4)
        )
        await vote.arrive()
        try:
            await self._desk.order(Kind.OPEN, contest)
            await vote.run(self._heard, pressed=number % 2 == 0)
            result = await self._reveal(contest)
        finally:
            await vote.leave()
        return vote.votes(result)

    async def _heard(self, session: str, wanted: int) -> None:
        """Wait until so many viewers have said how far behind they are, and keep it."""
        async with asyncio.timeout(PATIENCE):
            while not self._has_heard(session, wanted):  # noqa: ASYNC110 - there is no event
                await asyncio.sleep(0.01)
        await self._measure()

    def _has_heard(self, session: str, wanted: int) -> bool:
        told = self._show.delays.lately(self._flow.now()).get(session)
        return told is not None and told.measured >= wanted

    async def _reveal(self, contest: Contest) -> Result:
        async with asyncio.timeout(PATIENCE):
            result = await self._desk.counted(contest)
        await self._desk.order(Kind.REVIEW, contest)
        for _ in range(reveals(result)):
            await self._flow.on(seconds=_REVEAL.total_seconds())
            await self._desk.order(Kind.REVEAL, contest)
        await self._flow.on(seconds=_REVEAL.total_seconds())
        await self._desk.order(Kind.PUBLISH, contest)
        return result


class _Vote:
    """Everybody in one vote, and what they were told."""

    def __init__(
        self,
        desk: Desk,
        flow: Flow,
        session: Session,
        contest: Contest,
        watching: Sequence[Watcher],
    ) -> None:
        self._desk = desk
        self._flow = flow
        self._session = session
        self._contest = contest
        self._here = [(one, part) for one, part in watching if part.comes]
        self._voters = [(one, part) for one, part in self._here if part.votes]
        self._absent = len(watching) - len(self._here)
        self._doubles = {one.number: _second(one) for one, part in self._voters if part.doubles}
        self._told: set[int] = set()
        self._refused_in_time: set[int] = set()
        self._returned = self._late = self._late_accepted = 0
        self._opened = self._closed = self._hard = flow.now()

    @property
    def _everybody(self) -> list[Viewer]:
        """Whoever comes, on every device."""
        return [*(one for one, _ in self._here), *self._doubles.values()]

    async def arrive(self) -> None:
        """Everybody who comes is on the session's page, some on two devices."""
        everybody = self._everybody
        for one, its in self._here:
            one.delay, one.shown_at, one.last_at = its.delay, None, None
            if second := self._doubles.get(one.number):
                second.delay = its.delay
        for start in range(0, len(everybody), _AT_ONCE):
            some = everybody[start : start + _AT_ONCE]
            await asyncio.gather(*(one.go(f"/live/{self._session.id}") for one in some))

    async def leave(self) -> None:
        """Everybody goes."""
        await asyncio.gather(*(one.leave() for one in self._everybody))

    async def run(self, heard: Callable[[str, int], Awaitable[None]], *, pressed: bool) -> None:
        """From the opening, which has just been ordered, to the hard close and a moment beyond."""
        opened = self._opened = self._flow.now()
        await asyncio.gather(*(one.see_opening(self._flow.now) for one in self._everybody))
        announced = self._desk.now(self._contest).closes_at or opened + _PRESSED_AFTER
        early = opened + min(_PRESSED_AFTER, (announced - opened) * 0.6)
        closes = early if pressed else announced
        await self._first_ballots(opened, closes - 2 * _MEASURED_BEFORE)
        await self._come_back(closes - 2 * _MEASURED_BEFORE)
        await self._flow.to(closes - _MEASURED_BEFORE)
        await asyncio.gather(*(one.tell_delay(self._session.id) for one, _ in self._here))
        await heard(self._session.id, len(self._here))
        await self._flow.to(closes)
        if pressed:
            await self._desk.order(Kind.CLOSE, self._contest)
        async with asyncio.timeout(PATIENCE):
            await self._desk.until(self._contest, Phase.CLOSING)
        closing = self._desk.now(self._contest)
        self._closed, self._hard = closing.closes_at or closes, closing.hard_close_at or closes
        await self._last_moment()

    async def _first_ballots(self, opened: datetime, latest: datetime) -> None:
        """Each when its picture has shown the opening and it has decided; some are gone right after."""

        def when(watcher: Watcher) -> datetime:
            one, its = watcher
            return min(latest, (one.shown_at or opened) + its.decides_after)

        for instant, some in groupby(sorted(self._voters, key=when), key=when):
            await self._flow.to(instant)
            await asyncio.gather(*(self._first(*watcher) for watcher in some))

    async def _first(self, one: Viewer, its: Part) -> None:
        await self._cast(one, 0)
        if second := self._doubles.get(one.number):
            await self._cast(second, _SECOND_DEVICE)
        if its.drops:
            await one.leave()

    async def _come_back(self, latest: datetime) -> None:
        gone = [one for one, its in self._voters if its.drops]
        if gone:
            await self._flow.to(min(latest, self._flow.now() + _BACK_AFTER))
        for one in gone:
            await one.go(f"/live/{self._session.id}")
            await one.until("contest", phase="open", contest=self._contest.id)
            self._returned += 1

    async def _last_moment(self) -> None:
        """Everybody votes again in the last instant that counts, and some once more after it."""
        everybody = [one for one, _ in self._voters] + list(self._doubles.values())
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*(one.until("contest", phase="closing") for one in everybody))
        await self._flow.to(self._hard)
        await asyncio.gather(*(self._in_time(one) for one in everybody))
        self._flow.now.go_to(self._hard + _TICK)
        late = [one for one, its in self._voters if its.late]
        answers = await asyncio.gather(*(self._answered(one, _LATE) for one in late))
        self._late = len(answers)
        self._late_accepted = sum(answer["type"] == "receipt" for answer in answers)
        self._flow.at(self._hard + timedelta(seconds=1))

    async def _in_time(self, one: Viewer) -> None:
        if not await self._cast(one, _LAST):
            self._refused_in_time.add(one.number)

    async def _cast(self, one: Viewer, attempt: int) -> bool:
        """Whether a ballot was acknowledged."""
        answer = await self._answered(one, attempt)
        if answer["type"] == "receipt":
            self._told.add(one.number)
            return True
        return False

    async def _answered(self, one: Viewer, attempt: int) -> dict[str, Any]:
        """The last word about a ballot: whoever is told to come back comes back."""
        while True:
            answer = await one.cast(attempt)
            if answer["type"] != "refused" or answer["code"] != "busy":
                return answer
            await asyncio.sleep(float(answer["facts"]["retry_after_ms"]) / 1000)

    def votes(self, result: Result) -> Votes:
        """What became of it, by what people were told and by the result."""
        room, grace = self._closed - self._opened, self._hard - self._closed
        near = [one for one, its in self._voters if its.delay <= grace]
        short = [
            one
            for one in near
            if one.number in self._refused_in_time or one.last_at is None or one.had < room
        ]
        return Votes(
            contest=self._contest.id,
            room=int(room.total_seconds()),
            grace=int(grace.total_seconds()),
            near=len(near),
            far=len(self._voters) - len(near),
            short=len(short),
            late=self._late,
            late_accepted=self._late_accepted,
            dropped=sum(its.drops for _, its in self._voters),
            returned=self._returned,
            doubled=len(self._doubles),
            absent=self._absent,
            told=len(self._told),
            counted=result.ballots,
            held=sum(one.quarantined for one in result.electorates),
            disputed=result.disputed,
        )


def _second(one: Viewer) -> Viewer:
    """The same person on another device."""
    return Viewer(one.url, one.origin, one.cookies, one.heard, number=one.number, delay=one.delay)
