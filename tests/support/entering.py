"""A voting house with doors: people come in by identities, join and vote, without a server."""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from expo.identity.entering.identities import Claim, Kind
from expo.identity.entering.usecases import Arrival, Entering
from expo.identity.people import Assurance, Person, Visit, VisitId
from expo.identity.usecases import Passes, Visits
from expo.rights import Role
from tests.support.contests import House, house
from voting.voters.usecases import Voters

SECRETS = ("nZ2b-Qw8_rT5yU1iOp3aSd6fGh9jKl0xCv7m",)


@dataclass
class Hall:
    """Everything somebody needs to come in and vote."""

    house: House
    visits: Visits
    passes: Passes
    entering: Entering
    voters: Voters
    closed: list[tuple[Collection[VisitId], int]]
    """Visits whose sockets were closed, with the code."""

    async def at_door(self, device: str, token: str | None = None) -> Visit:
        """The visit of a device of this name, by a cookie or none."""
        return await self.visits.of(token, device.ljust(24, "_"))

    async def joined(self, device: str) -> Visit:
        """A customer by this device."""
        _, token = await self.visits.join(await self.at_door(device))
        return await self.at_door(device, token)

    async def enter(self, visit: Visit, claim: Claim) -> Arrival:
        """Whoever comes in by a claim, seen as the next request would see them."""
        return await self.entering.enter(visit, claim)


@asynccontextmanager
async def hall(folder: Path, secrets: tuple[str, ...] = SECRETS) -> AsyncIterator[Hall]:
    """A hall in a folder; another one in the same folder is another node."""
    async with house(folder) as found:
        closed: list[tuple[Collection[VisitId], int]] = []

        def end_sockets(ended: frozenset[VisitId], code: int) -> None:
            closed.append((ended, code))

        common, voters = (found.database, found.clock), Voters(found.voting)
        yield Hall(
            house=found,
            visits=Visits(*common, end_sockets),
            passes=Passes(*common, secrets, end_sockets, voters),
            entering=Entering(*common, secrets, end_sockets, voters),
            voters=voters,
            closed=closed,
        )


def by_mail(address: str = "a@x.ae", role: Role = Role.CUSTOMER) -> Claim:
    """Proved by a code sent to an address."""
    return Claim(Kind.EMAIL, "", address, Assurance.CONTACT, role, contact=address)


def by_employer(subject: str = "sub-1", role: Role = Role.EMPLOYEE) -> Claim:
    """Proved by an employer's OpenID provider."""
    return Claim(Kind.OIDC, "https://id.example", subject, Assurance.VERIFIED, role)


def known(visit: Visit) -> Person:
    """The person of a visit that has one."""
    assert visit.person is not None
    return visit.person
