"""What teams and organisers do with proposals, each in a transaction of its own."""

import secrets
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from expo.catalogue.pictures.usecases import Pictures
from expo.catalogue.proposals import moves, store
from expo.catalogue.proposals.moves import Mover, Word
from expo.catalogue.proposals.states import State
from expo.catalogue.proposals.values import (
    MOST_PROPOSALS,
    Content,
    Event,
    Proposal,
    ProposalId,
    Revision,
)
from expo.clock import Now
from expo.db import Database, one_at_a_time
from expo.errors import N_, NotAllowed, NotFound, Refusal
from expo.rights import Action, Standing, may_with

_LETTERS: Final = (
    "23456789abcdefghjkmnpqrstuvwxyz"  # none that is mistaken for another when read out
)
_CHANCE: Final = 6  # letters behind the entity: 9 × 10⁸ for a few hundred proposals
_ENTITY_SHOWN: Final = 40  # characters of the entity's id in the proposal's


class TooManyProposals(Refusal):
    """This entity has as many proposals as anybody will read; ``most`` says how many that is."""

    code = N_("too-many-proposals")
    status = 409


class Proposals:
    """Writes, hands in, reads and judges proposals.

    Args:
        database: Where they are kept.
        now: The clock.
        zone: The event's: it decides which day is today.
        pictures: Where pictures are.
    """

    def __init__(self, database: Database, now: Now, zone: ZoneInfo, pictures: Pictures) -> None:
        self._database = database
        self._now = now
        self._zone = zone
        self._pictures = pictures

    @property
    def now(self) -> datetime:
        """This instant in the event's zone."""
        return self._now().astimezone(self._zone)

    # --- reading ---

    async def get(self, reader: Standing | None, proposal_id: str) -> Proposal:
        """The proposal, for its team, for the organisers, and for everybody once it is public.

        Raises:
            NotFound: There is none, or it is not public and nobody of the public may know of it.
            NotAllowed: It is another entity's and not public.
        """
        async with self._database.read() as tx:
            found = await store.find(tx, proposal_id)
        return _readable(found, reader)

    async def own(self, reader: Standing, proposal_id: str) -> Proposal:
        """The proposal, for its team and the organisers alone.

        Raises:
            NotFound: There is none.
            NotAllowed: It is another entity's.
        """
        async with self._database.read() as tx:
            found = await store.find(tx, proposal_id)
        if found is None:
            raise NotFound
        if not may_with(reader, Action.READ_PROPOSALS, found.entity):
            raise NotAllowed(action=Action.READ_PROPOSALS.value)
        return found

    async def of_entity(self, entity: str) -> tuple[Proposal, ...]:
        """Every proposal of an entity, those written last first."""
        async with self._database.read() as tx:
            return await store.list_(tx, entity=entity)

    async def all_(self, states: Collection[State] | None = None) -> tuple[Proposal, ...]:
        """Every proposal, or those in some states; for organisers."""
        async with self._database.read() as tx:
            return await store.list_(tx, states=states)

    async def events(self, proposal_id: str) -> tuple[Event, ...]:
        """What happened to it, oldest first; for its team and the organisers."""
        async with self._database.read() as tx:
            return await store.events(tx, proposal_id)

    async def revisions(self, proposal_id: str) -> tuple[Revision, ...]:
        """Its changes since it was published, newest first; for everybody."""
        async with self._database.read() as tx:
            return await store.revisions(tx, proposal_id)

    async def of_image(self, reader: Standing | None, image_id: str) -> Proposal:
        """The proposal a picture belongs to, if this reader may see it.

        Raises:
            NotFound, NotAllowed: As `get`.
        """
        async with self._database.read() as tx:
            found = await store.find_by_image(tx, image_id)
        return _readable(found, reader)

    # --- the team ---

    async def create(self, actor: Mover) -> Proposal:
        """A new empty draft of the actor's entity.

        Raises:
            NotAllowed: Whoever asks belongs to no team.
            TooManyProposals: The entity has enough.
        """
        entity = actor.entity
        if entity is None or not may_with(actor, Action.PROPOSE, entity):
            raise NotAllowed(action=Action.PROPOSE.value)
        now = self.now
        made = Proposal(
            id=_new_id(entity),
            entity=entity,
            state=State.DRAFT,
            version=1,
            content=Content(),
            created_at=now,
            saved_at=now,
            saved_by=actor.id,
        )
        async with self._database.write() as tx:
            await one_at_a_time(tx, f"proposals {entity}")
            if await store.count(tx, entity) >= MOST_PROPOSALS:
                raise TooManyProposals(most=MOST_PROPOSALS)
            await store.add(tx, made)
            await store.append_event(tx, made, actor, moves.CREATED)
        return made

    async def save(
        self,
        actor: Mover,
        proposal_id: str,
        version: int,
        edit: Callable[[Content], Content],
        *,
        added: str | None = None,
    ) -> Proposal:
        """The proposal as written by its team; pictures it no longer shows are gone; as `moves.write`.

        Args:
            actor: Who writes.
            proposal_id: Which one.
            version: The version they looked at.
            edit: The new content, from the one that is there.
            added: Id of a picture just taken in, which the new content shows.
        """
        try:
            async with self._database.write() as tx:
                before = await store.find(tx, proposal_id, hold=True)
                written = await moves.write(
                    tx, actor, proposal_id, edit, version=version, now=self.now
                )
                gone = _images(before) - _images(written)
                await store.remove_images(tx, gone)
                if added is not None:
                    await store.add_image(tx, added, written.id, written.saved_at)
        except BaseException:
            await self._pictures.drop([added] if added else [])
            raise
        await self._pictures.drop(gone)
        return written

    async def submit(self, actor: Mover, proposal_id: str, version: int) -> Proposal:
        """Handed in, or handed in again; as `moves.move_to`."""
        return await self.move(actor, proposal_id, version, State.SUBMITTED)

    async def withdraw(
        self, actor: Mover, proposal_id: str, version: int, reason: str = ""
    ) -> Proposal:
        """Withdrawn for good; as `moves.move_to`."""
        return await self.move(actor, proposal_id, version, State.WITHDRAWN, Word(reason=reason))

    async def move(
        self,
        actor: Mover,
        proposal_id: str,
        version: int,
        to: State,
        word: Word | None = None,
    ) -> Proposal:
        """The proposal after any move of the table; as `moves.move_to`."""
        async with self._database.write() as tx:
            return await moves.move_to(
                tx, actor, proposal_id, to, version=version, now=self.now, word=word
            )


def _readable(found: Proposal | None, reader: Standing | None) -> Proposal:
    if found is None:
        raise NotFound
    if found.is_public or may_with(reader, Action.READ_PROPOSALS, found.entity):
        return found
    if reader is not None and reader.entity is not None:
        raise NotAllowed(action=Action.READ_PROPOSALS.value)
    raise NotFound


def _images(proposal: Proposal | None) -> set[str]:
    return {one.id for one in proposal.content.images} if proposal else set()


def _new_id(entity: str) -> ProposalId:
    chance = "".join(secrets.choice(_LETTERS) for _ in range(_CHANCE))
    return ProposalId(f"{entity[:_ENTITY_SHOWN]}-{chance}")
