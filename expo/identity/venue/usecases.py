"""Coming in by a badge or by the code on the screen; sheets of badges for organisers."""

import secrets
from datetime import datetime
from typing import Final

import msgspec

from expo.budgets import Budget
from expo.clock import Now
from expo.db import Database
from expo.errors import NotFound, Refusal
from expo.identity.entering.identities import Claim
from expo.identity.entering.usecases import Arrival, Entering
from expo.identity.moves import new_id
from expo.identity.people import Assurance, Person, Visit
from expo.identity.usecases import AlreadyIssued, Visits
from expo.identity.venue import store
from expo.identity.venue.codes import (
    Badge,
    BadgeOrder,
    BadgeUnknown,
    HallCodeOver,
    Sheet,
    badge_code,
    badge_mark,
    badge_typed,
    changes_at,
    checked,
    granted,
    grouped,
    hall_code,
    is_granted,
    is_hall_code,
    let_in,
)
from expo.passes import fingerprint
from expo.record import store as staff_log
from expo.together import Together

MOST_LISTED: Final = 200
_TRIES: Final = 10  # of one device at once; a code is typed wrong a few times
_TRY_SECONDS: Final = 30.0  # until one of them is given back


class Printed(msgspec.Struct, frozen=True):
    """A new badge with its code, which is shown once and kept nowhere."""

    badge: Badge
    code: str

    @property
    def path(self) -> str:
        """Address that its QR code holds, without origin."""
        return f"/badge/{self.code}"

    @property
    def shown(self) -> str:
        """The code as people type it."""
        return grouped(self.code)


class Shown(msgspec.Struct, frozen=True):
    """The code on the screen, and when the next one follows."""

    code: str
    changes_at: datetime


class Venue:
    """One per process.

    Args:
        database: Where badges are kept.
        now: The clock.
        secret_keys: The first makes codes and marks, all know them again.
        visits: Joins devices.
        entering: Lets people in.
    """

    def __init__(
        self,
        database: Database,
        now: Now,
        secret_keys: tuple[str, ...],
        visits: Visits,
        entering: Entering,
    ) -> None:
        self._database = database
        self._now = now
        self._secret_keys = secret_keys
        self._visits = visits
        self._entering = entering
        self._uses = Together(self._use_all, order=lambda one: one[0])
        self._budget = Budget(burst=_TRIES, seconds=_TRY_SECONDS)

    # --- people ---

    async def look(self, typed: str, visit: Visit) -> Badge:
        """The badge of this code, if it would let this device in now; changes nothing.

        Raises:
            BadgeUnknown, BadgeUsed, BadgeExpired, BadgeRevoked: As `come_in`.
            TooFast: This device tries more codes than a person would.
        """
        marks = self._marks(typed, visit)
        async with self._database.read() as tx:
            found = await store.find(tx, marks)
        badge = next((found[mark] for mark in marks if mark in found), None)
        if badge is None:
            raise BadgeUnknown
        let_in(badge, fingerprint(visit.device), self._now())
        return badge

    async def come_in(self, typed: str, visit: Visit) -> Arrival:
        """A new visit as whoever wears the badge, or of somebody who sees the screen.

        Args:
            typed: A badge's code, or the code on the screen; however it was grouped.
            visit: At the door.

        Raises:
            BadgeUnknown: No such code.
            BadgeUsed, BadgeExpired, BadgeRevoked: Nobody was let in.
            SignInAgain: The screen's code, on a device on which somebody signed in and left.
            TooFast: This device tries more codes than a person would.
        """
        if is_hall_code(typed, self._secret_keys, self._now()):
            return await self.be_here(self.grant(typed, visit), visit)
        marks = self._marks(typed, visit)
        claim = await self._uses.ask((marks[0], marks, visit.device))
        return await self._entering.enter(visit, claim)

    def grant(self, typed: str, visit: Visit) -> str:
        """What lets this device be here when the button is pressed, after it saw the screen's code.

        Raises:
            HallCodeOver: That is not the code on the screen, or not any more.
        """
        if not is_hall_code(typed, self._secret_keys, self._now()):
            raise HallCodeOver
        return granted(visit.device, self._secret_keys[0], self._now())

    async def be_here(self, grant: str, visit: Visit) -> Arrival:
        """A new visit of the same person, who is known to be in the hall; a customer if nobody was known.

        Raises:
            HallCodeOver: The grant is another device's, or over.
            SignInAgain: Somebody signed in on this device and left.
        """
        if not is_granted(grant, visit.device, self._secret_keys, self._now()):
            raise HallCodeOver
        here = visit
        if visit.person is None:
            here, _ = await self._visits.join(visit)
        return await self._entering.attest(here, Assurance.CONTACT)

    # --- organisers ---

    def shown(self) -> Shown:
        """The code for the screen."""
        now = self._now()
        return Shown(hall_code(self._secret_keys[0], now), changes_at(now))

    async def issue(self, actor: Person, order: BadgeOrder, batch: str) -> tuple[Printed, ...]:
        """A new sheet; ``batch`` is the form's own id, so that sending it twice is harmless.

        Raises:
            BadRequest: The order makes no sense; ``what`` names the field.
            AlreadyIssued: This sheet was issued before.
        """
        now = self._now()
        order = checked(order, now)
        printed = tuple(
            Printed(
                Badge(new_id(now), batch, order.electorate, order.label, now, order.expires_at),
                badge_code(secrets.choice),
            )
            for _ in range(order.count)
        )
        async with self._database.write() as tx:
            if await store.has_batch(tx, batch):
                raise AlreadyIssued
            marked = {badge_mark(one.code, self._secret_keys[0]): one.badge for one in printed}
            await store.add(tx, marked, actor.id)
            await staff_log.append(
                tx,
                at=now,
                actor=actor,
                action="issue-badges",
                subject=batch,
                facts={
                    "count": order.count,
                    "electorate": order.electorate,
                    "label": order.label,
                },
            )
        return printed

    def new_batch(self) -> str:
        """A batch id for one showing of the form."""
        return secrets.token_hex(16)

    async def sheets(self) -> tuple[Sheet, ...]:
        """The latest sheets, newest first."""
        async with self._database.read() as tx:
            return await store.sheets(tx, MOST_LISTED)

    async def revoke(self, actor: Person, batch: str) -> None:
        """Take a sheet back: its badges let nobody more in; whoever is in stays.

        Raises:
            NotFound: There is no such sheet, or it was taken back before.
        """
        now = self._now()
        async with self._database.write() as tx:
            count = await store.revoke(tx, batch, now)
            if not count:
                raise NotFound
            await staff_log.append(
                tx,
                at=now,
                actor=actor,
                action="revoke-badges",
                subject=batch,
                facts={"count": count},
            )

    async def release(self, actor: Person, typed: str) -> None:
        """Let whoever wears this badge come in on another device, as the same person.

        Raises:
            BadgeUnknown: No such code.
        """
        code = badge_typed(typed)
        if code is None:
            raise BadgeUnknown
        now = self._now()
        async with self._database.write() as tx:
            found = await store.find(tx, [badge_mark(code, one) for one in self._secret_keys])
            if not found:
                raise BadgeUnknown
            badge = next(iter(found.values()))
            await store.release(tx, badge.id)
            await staff_log.append(
                tx, at=now, actor=actor, action="release-badge", subject=badge.id, facts={}
            )

    # --- inside ---

    def _marks(self, typed: str, visit: Visit) -> tuple[str, ...]:
        """The marks of a typed code by each secret; a try of this device.

        Raises:
            BadgeUnknown: No code looks like this.
            TooFast: This device tries more codes than a person would.
        """
        self._budget.spend(visit.device, self._now())
        code = badge_typed(typed)
        if code is None:
            raise BadgeUnknown
        return tuple(badge_mark(code, secret) for secret in self._secret_keys)

    async def _use_all(
        self, asked: tuple[tuple[str, tuple[str, ...], str], ...]
    ) -> tuple[Claim | Exception, ...]:
        """What each badge proves, held while it is decided: of two devices at once one wins."""
        told: list[Claim | Exception] = []
        now, taken = self._now(), dict[str, str]()
        async with self._database.write() as tx:
            wanted = [mark for _, marks, _ in asked for mark in marks]
            found = await store.find(tx, wanted, hold=True)
            for _, marks, device in asked:
                badge = next((found[mark] for mark in marks if mark in found), None)
                mark = fingerprint(device)
                try:
                    if badge is None:
                        raise BadgeUnknown
                    first = badge.device or taken.get(badge.id)
                    told.append(let_in(msgspec.structs.replace(badge, device=first), mark, now))
                    if first is None:
                        await store.use(tx, badge.id, mark, now)
                        taken[badge.id] = mark
                except Refusal as refusal:
                    told.append(refusal)
        return tuple(told)
