"""What happened before the rehearsal begins: earlier sessions with their results, the present one open.

A newcomer who starts at 09:20 finds the first entity's result published and the second entity's
contest open with ballots in it: all of it made by the ordinary use cases under a clock put forward,
nothing written around them.
"""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from expo.clock import Movable
from expo.identity.people import Assurance, Person, PersonId
from expo.rights import Role
from sessions.cues import Status
from sessions.orders import Kind
from sessions.programme import Programme, Session
from sessions.rehearsal.crowd import Dice, habit, ranking
from sessions.rehearsal.desk import Desk
from sessions.rehearsal.direction import OPENS_AFTER
from sessions.usecases import Show
from voting.contests import Contest, Phase
from voting.protocol import Cast
from voting.usecases import Voting

_ROLES: Final = {"employees": Role.EMPLOYEE, "teams": Role.TEAM}


class History:
    """Plays the day up to the instant the rehearsal begins.

    Args:
        show: Gives the orders.
        voting: Takes the ballots.
        clock: Put forward from event to event; left at ``until``.
        seed: Of the crowd.
        size: People in the crowd of each contest.
    """

    def __init__(
        self, show: Show, voting: Voting, clock: Movable, *, seed: int = 2017, size: int = 150
    ) -> None:
        self._show = show
        self._desk = Desk(show, voting)
        self._voting = voting
        self._clock = clock
        self._seed = seed
        self._size = size

    async def play(self, programme: Programme, until: datetime) -> None:
        """Everything that the programme puts before ``until``, in its order.

        A show that has begun already, in a data folder that was kept, has its own history.
        """
        if any(self._show.status(one.id) is not Status.SCHEDULED for one in programme.sessions):
            return
        for session in programme.sessions:
            if session.starts_at > until:
                break
            await self._begin(session)
            if session.ends_at <= until:
                await self._finish(session)
        self._clock.go_to(until)

    async def catch_up(self, programme: Programme, day: int) -> None:
        """What is still to come of the days before this one, so that a final has its finalists."""
        for session in (one for past in programme.days if past.n < day for one in past.sessions):
            if self._show.status(session.id) is Status.SCHEDULED:
                await self._begin(session)
                await self._finish(session)

    async def _begin(self, session: Session) -> None:
        self._clock.go_to(session.starts_at)
        contest = await self._desk.start(session.id)
        if contest is not None:
            self._clock.go_to(session.starts_at + OPENS_AFTER)
            await self._desk.order(Kind.OPEN, contest)
            await self._vote(contest, self._size)

    async def _finish(self, session: Session) -> None:
        contest = self._show.contest(session.id)
        if contest is not None:
            closes_at = self._desk.now(contest).closes_at or self._clock()
            self._clock.go_to(closes_at)
            await self._desk.until(contest, Phase.CLOSING)
            self._clock.go_to(closes_at + timedelta(seconds=contest.rules.grace_seconds + 1))
            await self._desk.publish(contest)
        self._clock.go_to(session.ends_at)
        await self._desk.end(session.id)

    async def _vote(self, contest: Contest, size: int) -> None:
        for number, person in enumerate(self._crowd(contest, size)):
            options = [option.id for option in contest.options]
            ballot = Cast(
                id=str(uuid.uuid4()),
                contest=contest.id,
                ranking=ranking(self._seed, number, options, contest.rules.max_ranked),
            )
            await self._voting.cast(person, ballot, self._clock())

    def _crowd(self, contest: Contest, size: int) -> Iterator[Person]:
        """People of every electorate; customers are the most, as on the day."""
        kinds = [group.id for group in contest.electorates]
        for number in range(size):
            if habit(self._seed, number).silent:
                continue
            kind = kinds[min(len(kinds) - 1, Dice(self._seed, "group", number).between(0, 4))]
            role = _ROLES.get(kind, Role.CUSTOMER)
            yield Person(
                PersonId(f"rehearsal-{contest.id}-{number}"),
                role,
                electorate=kind,
                assurance=Assurance.DEVICE if role is Role.CUSTOMER else Assurance.CONTACT,
            )
