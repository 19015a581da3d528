"""Coming in, leaving, and what organisers do with passes."""

import logging
import secrets
from datetime import datetime, timedelta
from typing import Final

import msgspec

from expo.budgets import Budget
from expo.clock import Now
from expo.db import Database, Tx
from expo.errors import N_, NotFound, Refusal
from expo.identity import store
from expo.identity.admission import (
    CUSTOMERS,
    IssuedPass,
    Pass,
    PassLine,
    PassOrder,
    admit,
    assurance_of,
    checked,
    is_device,
    made,
    state_of,
)
from expo.identity.entering import store as entering
from expo.identity.entering.moves import (
    Ballots,
    Taken,
    at_the_door,
    bear,
    held_by,
    is_by,
    take_device,
)
from expo.identity.moves import EndSockets, Joined, begin, new_id
from expo.identity.people import Assurance, Person, PersonId, Visit, VisitId
from expo.passes import PassUnknown, fingerprint, nonce_behind, nonce_for, opened, signed
from expo.record import store as staff_log
from expo.record.lines import Facts
from expo.rights import Role
from expo.together import Together
from expo.wire.codes import Close
from expo.wire.hub import Hub

logger = logging.getLogger(__name__)

MOST_LISTED: Final = 500
_SCOPES: Final = ("electorate", "entity")
_FIRST: Final = "first-organiser"  # batch id of the link printed at start
_FIRST_HOURS: Final = 12  # a newcomer may take lunch before opening the printed link
_NONCE_BYTES: Final = 16
_DEVICE_BYTES: Final = 18


class SignInAgain(Refusal):
    """Somebody signed in on this device; a customer of its own would be a second ballot."""

    code = N_("sign-in-again")
    status = 409


class AlreadyIssued(Refusal):
    """This very order was carried out before; its links were shown then and are kept nowhere."""

    code = N_("already-issued")
    status = 409


def closing_through(hub: Hub) -> EndSockets:
    """Closes sockets through the hub of this process, whose viewers' ``who`` is or has a visit."""

    def close(ended: frozenset[VisitId], code: int) -> None:
        if ended:
            hub.close_where(lambda who: (v := visit_of(who)) is not None and v.id in ended, code)

    return close


def device_token(given: str | None) -> str:
    """The device token given, or a new one where it is none of ours."""
    return given if given and is_device(given) else secrets.token_urlsafe(_DEVICE_BYTES)


def visit_of(who: object) -> Visit | None:
    """The visit a viewer's ``who`` is or has."""
    visit = getattr(who, "visit", who)
    return visit if isinstance(visit, Visit) else None


class Visits:
    """Who is at the door; joining and leaving.

    Args:
        database: Where visits and people are kept.
        now: The clock.
        end_sockets: Closes what a visit has open.
    """

    def __init__(self, database: Database, now: Now, end_sockets: EndSockets) -> None:
        self._database = database
        self._now = now
        self._end_sockets = end_sockets
        self._lookups = Together(self._look_up)
        self._joins = Together(self._write_joins, order=str)
        self._budget = Budget(burst=10, seconds=6)

    async def of(self, cookie: str | None, device: str | None) -> Visit:
        """The visit behind a cookie; somebody unknown, with a new device token, in doubt.

        Raises:
            Busy: There is a cookie, and the database does not answer.
        """
        found = None if cookie is None else await self._lookups.ask(fingerprint(cookie))
        return msgspec.structs.replace(found or Visit(), device=device_token(device))

    async def _look_up(self, marks: tuple[str, ...]) -> tuple[Visit | None, ...]:
        async with self._database.read() as tx:
            found = await store.find_visits(tx, marks, self._now())
        return tuple(found.get(mark) for mark in marks)

    async def join(self, visit: Visit) -> tuple[Visit, str]:
        """The visit as a customer bound to its device, with the token for its cookie.

        A device is one customer, however often it joins, leaves or loses its cookie. Somebody who
        is known already stays who they are; then the token is empty and the cookie in hand good.

        Raises:
            SignInAgain: Somebody signed in on this device, and left.
            TooFast: This device joins more often than a person would.
            Busy: The database did not take it.
        """
        if visit.person is not None:
            return visit, ""
        self._budget.spend(visit.device, self._now())
        joined = await self._joins.ask(visit.device)
        return joined.visit, joined.token

    async def leave(self, visit: Visit) -> None:
        """End the visit and close its sockets; the device may join again as the same customer."""
        if visit.id is None:
            return
        async with self._database.write() as tx:
            await store.end_visit(tx, visit.id, self._now())
        self._end_sockets(frozenset({visit.id}), Close.REVOKED)

    async def _write_joins(self, devices: tuple[str, ...]) -> tuple[Joined | Exception, ...]:
        """A device that is held is refused before anything was changed; its neighbours go on."""
        async with self._database.write() as tx:
            held = await entering.held(tx, [fingerprint(device) for device in devices])
            return tuple(
                [
                    SignInAgain()
                    if fingerprint(device) in held
                    else await self._join_device(tx, device)
                    for device in devices
                ]
            )

    async def _join_device(self, tx: Tx, device: str) -> Joined:
        now, mark = self._now(), fingerprint(device)
        person = await store.find_device_person(tx, mark)
        if person is None:
            person = Person(
                id=PersonId(new_id(now)),
                role=Role.CUSTOMER,
                electorate=CUSTOMERS,
                assurance=Assurance.DEVICE,
            )
            person = await store.add_device_person(tx, person, at=now, device=mark)
        return await begin(tx, person, device, now)


class Passes:
    """Issues, redeems and takes back passes.

    Args:
        database: Where passes and people are kept.
        now: The clock.
        secret_keys: The first signs, all verify.
        end_sockets: Closes what the visits of a revoked pass have open.
        ballots: Knows and withdraws ballots; None where nobody votes.
    """

    def __init__(
        self,
        database: Database,
        now: Now,
        secret_keys: tuple[str, ...],
        end_sockets: EndSockets,
        ballots: Ballots | None = None,
    ) -> None:
        self._database = database
        self._now = now
        self._ballots = ballots
        self._secret_keys = secret_keys
        self._end_sockets = end_sockets
        self._redeeming = Together(self._write_redeemed, order=lambda one: one[0])
        self._budget = Budget(burst=20, seconds=6)

    async def issue(
        self,
        actor: Person | None,
        *,
        role: Role,
        electorate: str | None = None,
        entity: str | None = None,
        label: str = "",
        expires_at: datetime,
        uses: int = 1,
    ) -> IssuedPass:
        """One new pass; ``actor`` None means the expo itself.

        Raises:
            BadRequest: The order makes no sense; ``what`` names the field.
        """
        order = PassOrder(role, electorate, entity, label, expires_at, uses)
        return (await self.issue_batch(actor, order, count=1, batch=secrets.token_hex(8)))[0]

    async def issue_batch(
        self, actor: Person | None, order: PassOrder, *, count: int, batch: str
    ) -> tuple[IssuedPass, ...]:
        """New passes of one kind; ``batch`` is the form's own id, so that sending it twice is harmless.

        Raises:
            BadRequest: The order makes no sense; ``what`` names the field.
            AlreadyIssued: This batch was issued before.
        """
        now = self._now()
        order = checked(order, count, now)
        new = {
            secrets.token_urlsafe(_NONCE_BYTES): made(order, new_id(now), now) for _ in range(count)
        }
        async with self._database.write() as tx:
            if await store.has_batch(tx, batch):
                raise AlreadyIssued
            await self._keep(tx, actor, batch, new)
        return tuple(self._signed(nonce, one) for nonce, one in new.items())

    async def look(self, token: str, visit: Visit) -> Pass:
        """The pass behind a token, if it would let this visit in now; changes nothing.

        Raises:
            PassUnknown, PassExpired, PassUsed, PassRevoked: As `redeem`.
        """
        now = self._now()
        mark = fingerprint(opened(token, self._secret_keys, now).nonce)
        async with self._database.read() as tx:
            found = await store.find_pass(tx, mark, hold=False)
            if found is None:
                raise PassUnknown
            if not await is_by(tx, found, visit) and await held_by(tx, found, visit) is None:
                admit(found, await store.used(tx, found.id), now)
        return found

    async def redeem(self, token: str, visit: Visit) -> tuple[Visit, str]:
        """A new visit as the person the pass makes, with the token for its cookie.

        The pass is locked while it is counted, so of two tabs at once one wins. The same device
        may press the button again: it stays the same person, under a new cookie.

        Raises:
            PassUnknown, PassExpired, PassUsed, PassRevoked: Nobody was let in.
            TooFast: This device tries more often than a person would.
        """
        now = self._now()
        self._budget.spend(visit.device, now)
        mark = fingerprint(opened(token, self._secret_keys, now).nonce)
        found, joined, taken = await self._redeeming.ask((mark, visit))
        if visit.id is not None:
            self._end_sockets(frozenset({visit.id}), Close.CHANGED)
        if taken.people and self._ballots is not None:
            await self._ballots.settle(taken.people, taken.contests)
        logger.info("A pass was redeemed", extra={"pass": found.id, "role": found.role.value})
        return joined.visit, joined.token

    async def _write_redeemed(
        self, asked: tuple[tuple[str, Visit], ...]
    ) -> tuple[tuple[Pass, Joined, Taken] | Exception, ...]:
        """A refused pass has changed nothing by then, so its neighbours' transaction goes on."""
        told: list[tuple[Pass, Joined, Taken] | Exception] = []
        async with self._database.write() as tx:
            for mark, visit in asked:
                try:
                    told.append(await self._redeemed(tx, mark, visit))
                except Refusal as refusal:
                    told.append(refusal)
        return tuple(told)

    async def _redeemed(self, tx: Tx, mark: str, visit: Visit) -> tuple[Pass, Joined, Taken]:
        now = self._now()
        found = await store.find_pass(tx, mark)
        if found is None:
            raise PassUnknown
        person = await self._person_for(tx, found, visit, now)
        taken = Taken()
        if self._ballots is not None:
            before = await at_the_door(tx, visit, now)
            taken = await take_device(tx, self._ballots, visit, before, person, now)
        if visit.id is not None:
            await store.end_visit(tx, visit.id, now)
        return found, await begin(tx, person, visit.device, now), taken

    async def revoke(self, actor: Person, pass_id: str) -> None:
        """Take a pass back, end the visits it made and close their sockets; harmless when repeated.

        Raises:
            NotFound: There is no such pass.
        """
        now = self._now()
        async with self._database.write() as tx:
            found = await store.find_pass_by_id(tx, pass_id)
            if found is None:
                raise NotFound
            if found.revoked_at is not None:
                return
            ended = await self._revoke(tx, actor, found, now)
        self._end_sockets(ended, Close.REVOKED)

    async def list_(self) -> tuple[PassLine, ...]:
        """The latest passes, newest first, each with its state now."""
        now = self._now()
        async with self._database.read() as tx:
            found = await store.list_passes(tx, MOST_LISTED)
        return tuple(PassLine(one, used, state_of(one, used, now)) for one, used in found)

    async def first_organiser(self) -> str | None:
        """Path of the one-time organiser link, while nobody is in as organiser.

        There is one; a start of whichever node tells it again until it is used or over.
        """
        now = self._now()
        async with self._database.write() as tx:
            if await store.has_organiser(tx, now):
                return None
            for mark, old in await store.open_passes(tx, _FIRST):
                nonce = nonce_behind(mark, old.id, self._secret_keys)
                if nonce and old.expires_at > now and not await store.used(tx, old.id):
                    return self._signed(nonce, old).path
                await self._revoke(tx, None, old, now)
            order = PassOrder(Role.ORGANISER, None, None, "", now + timedelta(hours=_FIRST_HOURS))
            one = made(order, new_id(now), now)
            nonce = nonce_for(one.id, self._secret_keys[0])
            await self._keep(tx, None, _FIRST, {nonce: one})
        return self._signed(nonce, one).path

    def new_batch(self) -> str:
        """A batch id for one showing of the form."""
        return secrets.token_hex(16)

    def _signed(self, nonce: str, one: Pass) -> IssuedPass:
        return IssuedPass(one, signed(nonce, one.expires_at, self._secret_keys))

    async def _keep(self, tx: Tx, actor: Person | None, batch: str, new: dict[str, Pass]) -> None:
        kept = {fingerprint(nonce): one for nonce, one in new.items()}
        await store.add_passes(tx, batch, actor.id if actor else None, kept)
        one = next(iter(kept.values()))
        facts: Facts = {"count": len(kept), "role": one.role.value}
        facts |= {name: found for name in _SCOPES if (found := getattr(one, name))}
        subject = one.id if len(kept) == 1 else batch
        at = one.issued_at
        await staff_log.append(
            tx, at=at, actor=actor, action="issue-passes", subject=subject, facts=facts
        )

    async def _revoke(
        self, tx: Tx, actor: Person | None, one: Pass, now: datetime
    ) -> frozenset[VisitId]:
        await store.revoke_pass(tx, one.id, now)
        ended = await store.end_visits_of_pass(tx, one.id, now)
        facts: Facts = {"role": one.role.value, "ended": len(ended)}
        await staff_log.append(
            tx, at=now, actor=actor, action="revoke-pass", subject=one.id, facts=facts
        )
        return ended

    async def _person_for(self, tx: Tx, one: Pass, visit: Visit, now: datetime) -> Person:
        """Who the pass makes: the one this device is by it already, who signed in here, or a new person."""
        if visit.person and await is_by(tx, one, visit):
            return visit.person
        if (back := await held_by(tx, one, visit)) is not None:
            return back
        admit(one, await store.used(tx, one.id), now)
        if self._ballots is not None:
            bearer = await bear(tx, self._ballots, one, visit, now)
            if bearer is not None:
                return bearer
        person = Person(
            id=PersonId(new_id(now)),
            role=one.role,
            electorate=one.electorate,
            entity=one.entity,
            assurance=assurance_of(one.role),
            label=one.label,
        )
        await store.add_person(tx, person, at=now, pass_id=one.id)
        return person
