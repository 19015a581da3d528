"""Who somebody is, for telling reviewers apart, inside somebody else's transaction."""

from expo.db import Tx
from expo.identity import store as people
from expo.identity.entering import store as identities
from expo.identity.people import PersonId


async def identities_of(tx: Tx, person: str) -> frozenset[str]:
    """The marks of a person's ways of signing in, and of the pass the person came with."""
    known = await identities.of_person(tx, person)
    by_pass = await people.pass_of(tx, PersonId(person))
    return frozenset(one.mark for one in known) | ({f"pass {by_pass}"} if by_pass else frozenset())
