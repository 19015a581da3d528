"""A hall with somebody who takes care of its people's data, and one of those people."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import text

from expo.db import Row
from expo.identity.entering.usecases import Arrival
from expo.identity.people import Person, PersonId
from expo.identity.privacy.usecases import Privacy
from expo.rights import Role
from tests.support.entering import Hall, by_mail, hall
from voting import moves
from voting.forgetting.usecases import Forgetting

BOSS: Final = Person(PersonId("boss-1"), Role.ORGANISER, label="Mariam Bossmark")
NAME: Final = "Fatima Namemark"
ADDRESS: Final = "fatima.mailmark@x.ae"


@dataclass
class Room:
    """A hall, and whoever takes care of its people's data."""

    hall: Hall
    privacy: Privacy

    async def everything(self) -> str:
        """All text there is in the database."""
        found = []
        async with self.hall.house.database.read() as tx:
            for table in Row.metadata.sorted_tables:
                found += [str(tuple(row)) for row in await tx.execute(table.select())]
        return "\n".join(found)

    async def one(self, statement: str, **values: Any) -> Any:
        """The only value a statement finds."""
        async with self.hall.house.database.read() as tx:
            return (await tx.execute(text(statement), values)).scalar_one_or_none()

    async def publish(self, contest_id: str = "s1") -> None:
        """Finish a contest and publish its result."""
        house = self.hall.house
        await house.finish(contest_id)
        await house.move(contest_id, moves.review)
        await house.move(contest_id, moves.reveal)
        await house.move(contest_id, moves.publish)


@asynccontextmanager
async def room_in(folder: Path) -> AsyncIterator[Room]:
    """A room in a folder."""
    async with hall(folder) as found:
        house = found.house

        def end_sockets(ended: Any, code: int) -> None:
            found.closed.append((ended, code))

        votes = Forgetting(house.voting)
        yield Room(found, Privacy(house.database, house.clock, end_sockets, votes, found.voters))


def person_of(arrival: Arrival) -> Person:
    """Who came in."""
    assert arrival.visit.person is not None
    return arrival.visit.person


async def fatima(room: Room, device: str = "phone") -> Arrival:
    """Somebody with a name, an address and a device that joined before."""
    claim = msgspec.structs.replace(by_mail(ADDRESS), label=NAME)
    return await room.hall.enter(await room.hall.joined(device), claim)
