"""What entering asks of voting, as `expo.identity.entering.moves.Ballots` wants it."""

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


class Voters:
    """People's ballots for those who know people.

    Args:
        voting: Has the record, its writer and the word between nodes.
    """

    def __init__(self, voting: Voting) -> None:
        self._voting = voting

    async def has_cast(self, tx: Tx, person: PersonId) -> bool:
        """Whether this person has a ballot on record in any contest, withdrawn or not."""
        return await moves.has_cast(tx, person)

    async def withdraw(self, tx: Tx, person: PersonId, at: datetime) -> tuple[str, ...]:
        """Take this person's ballots out of every contest that is not over; the contests concerned."""
        return await moves.withdraw(tx, person, at)

    async def surer(self, person: Person) -> None:
        """After the commit: being known so surely may lift what holds this person's ballots."""
        try:
            await self._voting.watch.lift(person)
        except Fault:
            logger.warning("A hold could not be lifted; officers still can")

    async def settle(self, people: Iterable[PersonId], contests: Iterable[str]) -> None:
        """After the commit: what these people had under way is withdrawn too, and word goes round.

        A ballot may have stood in the writer's queue while its person became somebody else's.

        Raises:
            Fault: The database does not answer; the first withdrawal stands.
        """
        await self._voting.drain()
        changed = set(contests)
        async with self._voting.database.write() as tx:
            for person in people:
                changed |= set(await moves.withdraw(tx, person, self._voting.now()))
        for contest in sorted(changed):
            self._voting.notifier.notify(f"contest.{contest}")
        if changed:
            self._voting.notifier.notify(ANY_CONTEST)
