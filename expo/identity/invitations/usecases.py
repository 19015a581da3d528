"""Inviting people: look at a list, put it in force, send again, take back; and following a link."""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Protocol

import msgspec

from expo.budgets import Budget
from expo.clock import Now
from expo.db import Database, Tx
from expo.errors import Fault, NotFound, Refusal
from expo.identity.admission import PassTargets
from expo.identity.entering.identities import Claim
from expo.identity.entering.usecases import Arrival, Entering
from expo.identity.invitations import store
from expo.identity.invitations.guests import COLUMNS, Guest, GuestList, guests_in
from expo.identity.invitations.values import (
    VALID,
    Invitation,
    InvitationExpired,
    InvitationRevoked,
    InvitationUnknown,
    NothingToImport,
    State,
    admit,
)
from expo.identity.moves import new_id
from expo.identity.people import Person, Visit
from expo.lists import store as drafts
from expo.lists.reading import rows_of
from expo.lists.store import ListOutdated
from expo.lists.workbooks import cells_in
from expo.mailboxes import owner
from expo.passes import PassExpired, PassUnknown, fingerprint, opened, signed
from expo.post.letters import Letter
from expo.record import store as staff_log
from expo.record.lines import Facts

MOST_LISTED: Final = 500
_NONCE_BYTES: Final = 16
_MOST_TRIES: Final = 20
_TRY_SECONDS: Final = 6.0


class Letters(Protocol):
    """Writes the letters; `expo.identity.invitations.mail.Inviting` does."""

    def letter(self, invitation: Invitation, path: str) -> Letter:
        """The letter with this link's path."""
        ...

    async def send(self, tx: Tx, letters: Sequence[Letter]) -> None:
        """Give letters to the post inside the caller's transaction."""
        ...

    def ring(self) -> None:
        """Say, after the commit, that letters were written."""
        ...


class Invitations:
    """One per process.

    Args:
        database: Where invitations are kept.
        now: The clock.
        secret_keys: The first signs links, all verify.
        targets: Electorates and entities of the programme in force.
        entering: Lets people in.
        letters: Writes to whom is invited.
    """

    def __init__(
        self,
        database: Database,
        now: Now,
        secret_keys: tuple[str, ...],
        targets: Callable[[], PassTargets],
        entering: Entering,
        letters: Letters,
    ) -> None:
        self._database = database
        self._now = now
        self._secret_keys = secret_keys
        self._targets = targets
        self._entering = entering
        self._letters = letters
        self._budget = Budget(burst=_MOST_TRIES, seconds=_TRY_SECONDS)

    # --- organisers ---

    async def look_at(self, actor: Person, raw: bytes) -> str:
        """Read a list and keep it waiting; nothing is imported. The id of what waits.

        Raises:
            ListUnreadable: The file as a whole is no list.
        """
        async with self._database.read() as tx:
            known = await store.invited(tx)
        value = await asyncio.to_thread(_read, raw, self._targets(), known)
        draft_id = secrets.token_hex(16)
        async with self._database.write() as tx:
            await drafts.keep(tx, draft_id, value, actor.id, self._now())
        return draft_id

    async def waiting(self, draft_id: str) -> GuestList:
        """The list that waits under this id.

        Raises:
            ListOutdated: It does not wait any more.
        """
        async with self._database.read() as tx:
            return _list(await drafts.find(tx, draft_id, self._now()))

    async def put_in_force(self, actor: Person, draft_id: str) -> int:
        """Invite everybody of a waiting list whose row is good; how many. All of them or nobody.

        Raises:
            ListOutdated: It does not wait any more, or somebody on it was invited meanwhile.
            NothingToImport: It has no good row.
        """
        now = self._now()
        async with self._database.read() as tx:
            read = _list(await drafts.find(tx, draft_id, now))
        # Thousands of letters are written before the transaction: ballots wait for its end.
        made, letters = await asyncio.to_thread(self._written, read.guests, now)
        async with self._database.write() as tx:
            await drafts.take(tx, draft_id, now)
            if not (await store.invited(tx)).isdisjoint(owner(one.email) for one in made):
                raise ListOutdated
            if not read.guests:
                raise NothingToImport
            await store.add(tx, made, actor.id)
            await self._letters.send(tx, letters)
            facts: Facts = {"count": len(read.guests), "left_out": read.bad_rows}
            await staff_log.append(
                tx, at=now, actor=actor, action="invite-people", subject=draft_id, facts=facts
            )
        self._letters.ring()
        return len(read.guests)

    async def send_again(self, actor: Person, invitation_id: str) -> None:
        """A new link for somebody, in already or not; the one sent before opens nothing any more.

        Raises:
            NotFound: There is no such invitation.
            InvitationRevoked: It was taken back.
        """
        now = self._now()
        async with self._database.write() as tx:
            old = await store.by_id(tx, invitation_id)
            if old is None:
                raise NotFound
            if old.revoked_at is not None:
                raise InvitationRevoked
            again = msgspec.structs.replace(old, sent_at=now, sends=old.sends + 1)
            token, fresh = self._linked(again, now)
            await store.sent_again(tx, fresh)
            await self._letters.send(tx, (self._letters.letter(fresh, path_of(token)),))
            await self._log(tx, actor, "send-invitation", fresh, now)
        self._letters.ring()

    async def revoke(self, actor: Person, invitation_id: str) -> None:
        """Take an invitation back; who came in by it stays who they are. Harmless when repeated.

        Raises:
            NotFound: There is no such invitation.
        """
        now = self._now()
        async with self._database.write() as tx:
            found = await store.by_id(tx, invitation_id)
            if found is None:
                raise NotFound
            if found.revoked_at is None:
                await store.revoked(tx, found.id, now)
                await self._log(tx, actor, "revoke-invitation", found, now)

    async def listed(
        self, words: str = "", state: State | None = None, limit: int = MOST_LISTED
    ) -> tuple[Invitation, ...]:
        """Invitations whose name or address has these words in it, newest first."""
        async with self._database.read() as tx:
            return await store.found(tx, words.strip(), state, self._now(), limit)

    async def counts(self) -> dict[State, int]:
        """How many invitations stand in each state."""
        async with self._database.read() as tx:
            return await store.counts(tx, self._now())

    # --- whoever follows a link ---

    async def look(self, token: str, visit: Visit) -> Invitation:
        """The invitation behind a link, if it lets somebody in now; changes nothing.

        Raises:
            InvitationUnknown, InvitationUsed, InvitationExpired, InvitationRevoked: It does not.
            TooFast: This device tries more links than a person has.
        """
        mark = self._mark(token, visit)
        async with self._database.read() as tx:
            found = await store.by_mark(tx, mark, hold=False)
        if found is None:
            raise InvitationUnknown
        admit(found, self._now())
        return found

    async def accept(self, token: str, visit: Visit) -> Arrival:
        """Let in whoever follows the link, once.

        Raises:
            InvitationUnknown, InvitationUsed, InvitationExpired, InvitationRevoked: Nobody came in.
            TooFast: This device tries more links than a person has.
        """
        mark = self._mark(token, visit)
        now = self._now()
        async with self._database.write() as tx:
            found = await store.by_mark(tx, mark, hold=True)
            if found is None:
                raise InvitationUnknown
            admit(found, now)
            await store.accepted(tx, found.id, now)
        try:
            return await self._entering.enter(visit, found.claim)
        except (Refusal, Fault):
            async with self._database.write() as tx:
                await store.accepted(tx, found.id, None)
            raise

    async def claim_for(self, address: str) -> Claim | None:
        """What an invitation says of whoever has proved to read this mailbox; None without one.

        Args:
            address: As `expo.mailboxes.mailbox` gives it, proved just now.
        """
        async with self._database.write() as tx:
            found = await store.for_mailbox(tx, owner(address))
            if found is None:
                return None
            if found.accepted_at is None:
                await store.accepted(tx, found.id, self._now())
        return found.claim

    # --- inside ---

    def _written(
        self, guests: tuple[Guest, ...], now: datetime
    ) -> tuple[tuple[Invitation, ...], tuple[Letter, ...]]:
        """The invitations and letters of these guests; for a thread, they may be thousands."""
        made = [self._linked(_invitation(guest, now), now) for guest in guests]
        letters = tuple(self._letters.letter(one, path_of(token)) for token, one in made)
        return tuple(one for _, one in made), letters

    def _linked(self, invitation: Invitation, now: datetime) -> tuple[str, Invitation]:
        """A new link's token, and the invitation with its mark."""
        nonce, until = secrets.token_urlsafe(_NONCE_BYTES), now + VALID
        token = signed(nonce, until, self._secret_keys)
        changed = msgspec.structs.replace(invitation, mark=fingerprint(nonce), expires_at=until)
        return token, changed

    def _mark(self, token: str, visit: Visit) -> str:
        now = self._now()
        self._budget.spend(visit.device, now)
        try:
            return fingerprint(opened(token, self._secret_keys, now).nonce)
        except PassUnknown as error:
            raise InvitationUnknown from error
        except PassExpired as error:
            raise InvitationExpired from error

    async def _log(
        self, tx: Tx, actor: Person, action: str, one: Invitation, now: datetime
    ) -> None:
        facts: Facts = {"role": one.role.value, "sends": one.sends}
        await staff_log.append(tx, at=now, actor=actor, action=action, subject=one.id, facts=facts)


def path_of(token: str) -> str:
    """Address of the page behind a link, without origin and language."""
    return f"/invitation/{token}"


_lists = msgspec.json.Decoder(GuestList)


def _list(value: str) -> GuestList:
    """The list that was kept.

    Raises:
        ListOutdated: What waits under this id is another kind of list.
    """
    try:
        return _lists.decode(value)
    except msgspec.DecodeError as error:
        raise ListOutdated from error


def _read(raw: bytes, targets: PassTargets, known: frozenset[str]) -> str:
    """The list in a file, as it is kept; for a thread, it may have thousands of rows."""
    rows = rows_of(cells_in(raw), COLUMNS)
    return msgspec.json.encode(guests_in(rows, targets, known)).decode()


def _invitation(guest: Guest, now: datetime) -> Invitation:
    return Invitation(
        id=new_id(now),
        email=guest.email,
        name=guest.name,
        role=guest.role,
        electorate=guest.electorate,
        entity=guest.entity,
        language=guest.language,
        mark="",
        expires_at=now,
        sent_at=now,
    )
