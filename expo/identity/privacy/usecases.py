"""A copy of what is stored about somebody, and its end."""

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from expo.clock import Now
from expo.db import Database, Tx
from expo.errors import NotFound
from expo.identity.moves import EndSockets
from expo.identity.people import Person, PersonId, VisitId
from expo.identity.privacy import store
from expo.identity.privacy.inventory import TABLES
from expo.identity.privacy.values import BallotCopy, BallotUnderWay, Copy
from expo.record import store as staff_log
from expo.rights import STAFF
from expo.wire.codes import Close

logger = logging.getLogger(__name__)

People = Callable[[Tx, str, int], Awaitable[tuple[str, ...]]]
"""Ids of people in order: those after an id, at most so many."""
Confirm = Callable[[Tx], Awaitable[None]]
"""Makes sure, inside a transaction, that this node may write."""


class Votes(Protocol):
    """What privacy has to know of ballots; whoever assembles the expo gives it."""

    async def under_way(self, tx: Tx, person: str) -> int:
        """In how many contests that still take ballots this person has one."""

    async def copies(self, tx: Tx, person: str) -> tuple[BallotCopy, ...]:
        """This person's ballots as they count now, as long as anybody can tell which those are."""

    async def expire(self, people: People, confirm: Confirm) -> dict[str, int]:
        """Destroy what ties ballots to people where nobody can complain any more; how many."""


class Settling(Protocol):
    """Withdraws what is still on its way to the record."""

    async def settle(self, people: Iterable[PersonId], contests: Iterable[str]) -> None:
        """After the commit: what these people had under way is withdrawn."""


class Privacy:
    """One per process.

    Args:
        database: Where everything is.
        now: The clock.
        end_sockets: Closes what a visit has open.
        votes: Knows of ballots.
        settling: Withdraws what is under way.
    """

    def __init__(
        self,
        database: Database,
        now: Now,
        end_sockets: EndSockets,
        votes: Votes,
        settling: Settling,
    ) -> None:
        self._database = database
        self._now = now
        self._end_sockets = end_sockets
        self._votes = votes
        self._settling = settling

    async def copy(self, person: Person) -> Copy:
        """Everything stored about this person, and about nobody else."""
        async with self._database.read() as tx:
            who = await store.find(tx, person.id)
            rows = await store.rows_of(tx, who)
            ballots = await self._votes.copies(tx, person.id)
        left_out = {
            name: tuple(one for one in TABLES[name].names if one not in TABLES[name].told)
            for name in rows
        }
        return Copy(self._now(), person.id, rows, ballots, left_out)

    async def may_erase(self, person_id: str) -> bool:
        """Whether nothing of this person's is being voted on."""
        async with self._database.read() as tx:
            return not await self._votes.under_way(tx, person_id)

    async def erase(self, actor: Person, person_id: str) -> None:
        """Take away everything that tells who somebody is; ballots stay counted as they are.

        While voting is open where they have a ballot, it would be open to them a second time: so not
        before it is closed, or the ballot withdrawn.

        Args:
            actor: Who does it: an organiser, or the person.
            person_id: Who is erased.

        Raises:
            NotFound: There is no such person, or they were erased before.
            BallotUnderWay: Voting is still open where they have a ballot.
            Busy: The database did not take it; nothing was changed.
        """
        now = self._now()
        async with self._database.write() as tx:
            who = await store.find(tx, person_id)
            if not await store.hold(tx, who):
                raise NotFound
            if under_way := await self._votes.under_way(tx, person_id):
                raise BallotUnderWay(contests=under_way)
            ended = frozenset(map(VisitId, await store.visits_of(tx, person_id)))
            if actor.id != person_id or actor.role in STAFF:
                await staff_log.append(
                    tx, at=now, actor=actor, action="erase-person", subject=person_id, facts={}
                )
            rows = await store.erase(tx, who, now)
        self._end_sockets(ended, Close.REVOKED)
        await self._settling.settle((PersonId(person_id),), ())
        logger.info("Somebody was erased", extra={"rows": rows, "visits": len(ended)})

    async def expire(self, confirm: Confirm) -> dict[str, int]:
        """Take away whatever has had its time; how much of each.

        Raises:
            Fault: The database failed, or another node does this by now.
        """
        async with self._database.write() as tx:
            await confirm(tx)
            gone = await store.expire(tx, self._now())
        return gone | await self._votes.expire(store.people_after, confirm)
