"""Entering: from what a way of signing in found out to a visit of one person.

Every way of signing in ends here, in one transaction: the identity is found or kept, the person is
raised by precedence, ballots of whoever the device was before give way, and the visit is a new one
(a cookie that was planted before signing in is worth nothing after it).
"""

import logging
from datetime import datetime

import msgspec

from expo.budgets import Budget
from expo.clock import Now
from expo.db import Database, Tx, one_at_a_time
from expo.errors import NotAllowed, NotFound
from expo.identity import store as people
from expo.identity.entering import store
from expo.identity.entering.identities import (
    KEPT,
    WITHDRAWN,
    Claim,
    Known,
    Standing,
    checked,
    given,
    marks_of,
    may_join,
    newcomer,
    raised,
    told_anew,
)
from expo.identity.entering.moves import Ballots, Taken, at_the_door, take_device
from expo.identity.entering.store import Listed
from expo.identity.moves import EndSockets, Joined, begin, new_id
from expo.identity.people import Assurance, Person, PersonId, Visit, VisitId, stronger
from expo.passes import fingerprint
from expo.record import store as staff_log
from expo.record.lines import Facts
from expo.rights import STAFF, VOTERS, Action
from expo.together import Together
from expo.wire.codes import Close

logger = logging.getLogger(__name__)

_MOST_AT_ONCE = 12  # of one device; a family at one tablet, or somebody with every way there is
_ENTER_SECONDS = 60.0  # until one of them is given back
_MOST_TOGETHER = 25  # entries in one transaction: about 100 ms in which ballots wait


class Arrival(msgspec.Struct, frozen=True):
    """Somebody who has come in: the new visit, the token for its cookie, and what to tell them."""

    visit: Visit
    token: str
    told: tuple[str, ...] = ()


class _Asked(msgspec.Struct, frozen=True):
    """One entry on its way into a batch."""

    visit: Visit
    claim: Claim
    marks: tuple[tuple[str, ...], ...]
    """For each claim that is proved, its mark by each secret, the newest first."""

    @property
    def locks(self) -> tuple[str, ...]:
        """What nobody else may decide about at the same time."""
        return f"device {fingerprint(self.visit.device)}", *(
            f"identity {one[0]}" for one in self.marks
        )


class _Done(msgspec.Struct, frozen=True):
    """What an entry did, for what comes after the commit."""

    arrival: Arrival
    stale: frozenset[VisitId]
    """Visits whose sockets must come back to know who they are."""
    taken: Taken


class Entering:
    """One per process.

    Args:
        database: Where people and identities are kept.
        now: The clock.
        secret_keys: The first makes marks, all find them.
        end_sockets: Closes what a visit has open.
        ballots: Knows and withdraws ballots.
    """

    def __init__(
        self,
        database: Database,
        now: Now,
        secret_keys: tuple[str, ...],
        end_sockets: EndSockets,
        ballots: Ballots,
    ) -> None:
        self._database = database
        self._now = now
        self._secret_keys = secret_keys
        self._end_sockets = end_sockets
        self._ballots = ballots
        self._entries = Together(
            self._enter_all, most_at_once=_MOST_TOGETHER, order=lambda one: one.marks[0][0]
        )
        self._attests = Together(
            self._attest_all, most_at_once=_MOST_TOGETHER, order=lambda one: one[0].id or ""
        )
        self._budget = Budget(burst=_MOST_AT_ONCE, seconds=_ENTER_SECONDS)

    async def enter(self, visit: Visit, claim: Claim) -> Arrival:
        """A new visit as the person of this identity.

        Args:
            visit: At the door; it ends.
            claim: Proved just now by the way of signing in.

        Raises:
            NotAllowed: This way may not say so much.
            TooFast: This device enters more identities than people share a device.
            Busy: The database did not take it; nothing was changed.
        """
        proved = checked(claim).proves
        self._budget.spend(visit.device, self._now())
        marks = tuple(marks_of(one, self._secret_keys) for one in proved)
        done = await self._entries.ask(_Asked(visit, claim, marks))
        ended = frozenset({visit.id}) if visit.id is not None else frozenset[VisitId]()
        self._end_sockets(ended | done.stale, Close.CHANGED)
        if done.taken.people:
            await self._ballots.settle(done.taken.people, done.taken.contests)
        entered = done.arrival.visit
        if entered.person is not None:
            await self._ballots.surer(entered.person)
        logger.info(
            "Somebody signed in", extra={"way": claim.kind.value, "role": entered.role.value}
        )
        return done.arrival

    async def attest(self, visit: Visit, assurance: Assurance) -> Arrival:
        """A new visit of the same person, known more surely while it lasts; no identity is kept.

        Raises:
            NotAllowed: Nobody who votes is on this visit.
            TooFast: As `enter`.
            Busy: The database did not take it; nothing was changed.
        """
        self._budget.spend(visit.device, self._now())
        joined = await self._attests.ask((visit, assurance))
        if visit.id is not None:
            self._end_sockets(frozenset({visit.id}), Close.CHANGED)
        if joined.visit.person is not None:
            await self._ballots.surer(joined.visit.person)
        return Arrival(joined.visit, joined.token)

    async def ways(self, person: Person) -> tuple[Listed, ...]:
        """By what this person signs in, oldest first."""
        async with self._database.read() as tx:
            return await store.listed(tx, person.id)

    async def has_cast(self, person: Person) -> bool:
        """Whether the person's electorate is settled, because a ballot was cast."""
        async with self._database.read() as tx:
            return await self._ballots.has_cast(tx, person.id)

    async def leave_everywhere(self, person: Person) -> None:
        """End every visit of this person, on whatever device."""
        async with self._database.write() as tx:
            ended = await people.end_visits_of(tx, person.id, self._now())
        self._end_sockets(ended, Close.REVOKED)

    async def change(self, actor: Person, person_id: str, to: Standing) -> Person:
        """The person with the standing an organiser gave them, by the same rule as everywhere.

        Raises:
            NotFound: There is no such person.
            ElectorateSettled: A ballot was cast, so electorate and entity stay.
            Busy: The database did not take it; nothing was changed.
        """
        now = self._now()
        async with self._database.write() as tx:
            person = await people.find_person(tx, person_id, hold=True)
            if person is None:
                raise NotFound
            after = given(person, to, has_cast=await self._ballots.has_cast(tx, person.id))
            gone: tuple[str, ...] = ()
            if after.role in STAFF and person.role not in STAFF:
                gone = await self._ballots.withdraw(tx, person.id, now)
            await people.save_person(tx, after)
            await staff_log.append(
                tx,
                at=now,
                actor=actor,
                action="change-person",
                subject=person.id,
                facts=_before_and_after(person, after),
            )
            stale = await people.visits_of(tx, person.id, now)
        self._end_sockets(stale, Close.CHANGED)
        if after.role in STAFF:
            await self._ballots.settle((person.id,), gone)
        return after

    async def _attest_all(
        self, asked: tuple[tuple[Visit, Assurance], ...]
    ) -> tuple[Joined | Exception, ...]:
        told: list[Joined | Exception] = []
        async with self._database.write() as tx:
            for visit, assurance in asked:
                try:
                    told.append(await self._attested(tx, visit, assurance))
                except NotAllowed as refusal:  # nothing was changed by then
                    told.append(refusal)
        return tuple(told)

    async def _attested(self, tx: Tx, visit: Visit, assurance: Assurance) -> Joined:
        now = self._now()
        person = await people.person_on(tx, visit.id, now) if visit.id is not None else None
        if person is None or visit.id is None or person.role not in VOTERS:
            raise NotAllowed(action=Action.SIGN_IN.value)
        await people.end_visit(tx, visit.id, now)
        return await begin(tx, person, visit.device, now, stronger(person.assurance, assurance))

    async def _enter_all(self, asked: tuple[_Asked, ...]) -> tuple[_Done | Exception, ...]:
        async with self._database.write() as tx:
            for lock in sorted({lock for one in asked for lock in one.locks}):
                await one_at_a_time(tx, lock)
            return tuple([await self._entered(tx, one) for one in asked])

    async def _entered(self, tx: Tx, asked: _Asked) -> _Done:
        now = self._now()
        before = await at_the_door(tx, asked.visit, now)
        known = await store.find(tx, [mark for marks in asked.marks for mark in marks])
        person, is_new = await self._person(tx, asked, known, before, now)
        told: list[str] = []
        stale = frozenset[VisitId]()
        if is_new:
            await people.add_person(tx, person, at=now)
        else:
            claim = told_anew(
                asked.claim, person, is_known=bool(known.keys() & set(asked.marks[0]))
            )
            person, stale = await self._raised(tx, person, claim, now, told)
        await self._keep(tx, asked, known, person, now)
        taken = await take_device(tx, self._ballots, asked.visit, before, person, now)
        if person.role in STAFF and not is_new:
            gone = await self._ballots.withdraw(tx, person.id, now)
            taken = Taken((*taken.people, person.id), (*taken.contests, *gone))
        told += [WITHDRAWN] if taken.contests else []
        if asked.visit.id is not None:
            await people.end_visit(tx, asked.visit.id, now)
        surely = _assurance(asked.claim, before, person)
        joined = await begin(tx, person, asked.visit.device, now, surely)
        return _Done(Arrival(joined.visit, joined.token, tuple(told)), stale, taken)

    async def _person(
        self, tx: Tx, asked: _Asked, known: dict[str, Known], before: Person | None, now: datetime
    ) -> tuple[Person, bool]:
        """Who the claim makes of whoever is at the door, and whether that is somebody new."""
        found = next(
            (known[mark] for marks in asked.marks for mark in marks if mark in known), None
        )
        if found is not None:
            person = await people.find_person(tx, found.person, hold=True)
            if person is not None:
                return person, False
        if before is not None and may_join(
            before, await store.of_person(tx, before.id), asked.claim
        ):
            own = await people.find_person(tx, before.id, hold=True)
            if own is not None:
                return own, False
        return newcomer(asked.claim, PersonId(new_id(now))), True

    async def _raised(
        self, tx: Tx, person: Person, claim: Claim, now: datetime, told: list[str]
    ) -> tuple[Person, frozenset[VisitId]]:
        """The person as the claim leaves them, and the visits that must learn of it."""
        after, _ = raised(person, claim, has_cast=False)
        if (after.electorate, after.entity) != (person.electorate, person.entity):
            has_cast = await self._ballots.has_cast(tx, person.id)
            after, is_kept = raised(person, claim, has_cast=has_cast)
            told.extend([KEPT] if is_kept else [])
        if after == person:
            return person, frozenset()
        await people.save_person(tx, after)
        if after.role is person.role and after.electorate == person.electorate:
            return after, frozenset()
        if after.role in STAFF:
            facts: Facts = {"role": after.role.value, "before": person.role.value}
            await staff_log.append(
                tx, at=now, actor=after, action="sign-in-as-staff", subject=after.id, facts=facts
            )
        return after, await people.visits_of(tx, person.id, now)

    async def _keep(
        self, tx: Tx, asked: _Asked, known: dict[str, Known], person: Person, now: datetime
    ) -> None:
        """Keep what was proved as the person's; what is somebody else's stays theirs."""
        for one, marks in zip(asked.claim.proves, asked.marks, strict=True):
            found = next((known[mark] for mark in marks if mark in known), None)
            if found is None:
                fresh = Known(new_id(now), person.id, one.kind, one.issuer, marks[0])
                await store.add(tx, fresh, one, now)
            elif found.person == person.id:
                await store.used(tx, found, one, marks[0], now)


def _before_and_after(before: Person, after: Person) -> Facts:
    """What changed about a person, for the staff log."""
    facts: Facts = {}
    for name in ("role", "electorate", "entity"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            facts |= {f"{name}_before": str(old or ""), name: str(new or "")}
    return facts


def _assurance(claim: Claim, before: Person | None, person: Person) -> Assurance:
    """How surely the person is known from now on: a second way on top of the first keeps the surer."""
    if before is not None and before.id == person.id:
        return stronger(before.assurance, claim.assurance)
    return claim.assurance
