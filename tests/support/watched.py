"""A voting house that watches where ballots come from, with officers who decide."""

from expo.identity.people import Person, Visit
from expo.rights import Role
from tests.support.contests import House, cast, contest, person
from voting.contests import Rules
from voting.holds import HoldRule, Origin
from voting.integrity.appealing.usecases import Appeals
from voting.integrity.reviewing.usecases import Reviews
from voting.integrity.usecases import FairPlay
from voting.protocol import Receipt

ONE_DEVICE = Rules(max_ranked=4, holds=(HoldRule("device", most=1),))
TABLET = Origin(device="tablet", network="192.0.2.0/24")


class Watched:
    """A voting house that watches, with officers."""

    def __init__(self, there: House) -> None:
        self.there = there
        self.voting = there.voting
        self.fair_play = there.voting.watch = FairPlay(there.voting, "node")
        ids = iter(range(1_000))
        self.reviews = Reviews(there.voting, _identities, lambda _: f"id-{next(ids)}")
        self.appeals = Appeals(there.voting, lambda _: f"id-{next(ids)}")

    async def vote(self, name: str, ranking: str = "abc", *, origin: Origin = TABLET) -> Receipt:
        """The receipt of a ballot, its marks written."""
        sent = cast(ranking)
        receipt = await self.voting.cast(person(name), sent, self.there.clock(), origin)
        await self.fair_play.keep()
        return receipt

    async def figures(self) -> tuple[int, dict[str, int], dict[str, int]]:
        """Counted, held and void, once running count and log agree."""
        await self.voting.refresh()
        tally = self.voting.tally("s1")
        assert tally is not None
        group = next(one for one in tally.groups() if one.id == "customers")
        _, recounted = await self.there.closing._recount(contest())
        assert recounted == tally
        return group.n, group.held, group.void

    async def proposal(self, first: Visit, act: str = "release", key: str = "all") -> str:
        """A new proposal's id."""
        await self.reviews.propose(first, "s1", act, key, "automated")  # type: ignore[arg-type]  # by name, as tests write it
        return (await self.reviews.view("s1")).open_proposals[0].id


async def _identities(_tx: object, person_id: str) -> frozenset[str]:
    return frozenset({f"mark of {person_id.partition('@')[0]}"})


def officer(name: str, device: str = "") -> Visit:
    """A visit of an officer; ``name@2`` is another account of the same identity."""
    who = Person(person(name).id, Role.OFFICER, label=name)
    return Visit(None, who, device or f"device of {name}")
