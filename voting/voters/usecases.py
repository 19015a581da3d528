"""What entering asks of voting, as `expo.identity.entering.moves.Ballots` wants it."""

import asyncio
import logging
from collections.abc import Iterable
from datetime import datetime

from expo.db import Tx
from expo.errors import Fault
from expo.identity.people import Person, PersonId
from voting.usecases import Voting
from voting.voters import moves
from voting.writer import ANY_CONTEST

logger = logging.getLogger(__name__)

LATE_SECONDS = 3.0
"""Until no socket of an ended visit is open on any node and no ballot of it waits in any queue."""


class Voters:
    """People's ballots for those who know people. Its `run` is under the supervisor.

    Args:
        voting: Has the record, its writer and the word between nodes.
    """

    def __init__(self, voting: Voting) -> None:
        self._voting = voting
        self._given_way: set[PersonId] = set()
        self._bell = asyncio.Event()

    async def has_cast(self, tx: Tx, person: PersonId) -> bool:
        """Whether this person has a ballot on record in any contest, withdrawn or not."""
        return await moves.has_cast(tx, person)

    async def withdraw(self, tx: Tx, person: PersonId, at: datetime) -> tuple[str, ...]:
        """Take this person's ballots out of every contest that is not over; the contests concerned."""
        return await moves.withdraw(tx, person, at)

    async def surer(self, person: Person) -> None:
        """After the commit: being known so surely may lift what holds this person's ballots."""
        if self._voting.lift is None:
            return
        try:
            await self._voting.lift(person)
        except Fault:
            logger.warning("A hold could not be lifted; officers still can")

    async def settle(self, people: Iterable[PersonId], contests: Iterable[str]) -> None:
        """After the commit: what these people had under way is withdrawn too, and word goes round.

        A ballot may have stood in this node's queue while its person became somebody else's, and
        one may come through another node until the sockets there are closed: `run` looks again.
        """
        self._tell(contests)
        self._given_way |= set(people)
        self._bell.set()
        await self._voting.drain()
        await self.look()

    async def run(self) -> None:
        """Look again after a while at whoever gave way, until cancelled."""
        while True:
            await self._bell.wait()
            self._bell.clear()
            await asyncio.sleep(LATE_SECONDS)
            late = frozenset(self._given_way)
            if await self.look() and not self._bell.is_set():
                self._given_way -= late

    async def look(self) -> bool:
        """Withdraw what came late of those who gave way; whether the database could be asked."""
        contests = set[str]()
        try:
            async with self._voting.database.write() as tx:
                for person in sorted(self._given_way):
                    contests |= set(await moves.withdraw(tx, person, self._voting.now()))
        except Fault:
            logger.warning("Late ballots could not be withdrawn; the next look will")
            self._bell.set()
            return False
        self._tell(contests)
        return True

    def _tell(self, contests: Iterable[str]) -> None:
        changed = sorted(contests)
        for contest in changed:
            self._voting.notifier.notify(f"contest.{contest}")
        if changed:
            self._voting.notifier.notify(ANY_CONTEST)
