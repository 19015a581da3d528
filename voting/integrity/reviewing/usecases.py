"""The officers' desk: what is odd, what is held, and decisions that take two people."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from expo.db import Tx
from expo.errors import N_, BadRequest
from expo.identity.people import Person, Visit
from expo.passes import fingerprint
from expo.record import store as record
from expo.record.lines import Facts
from voting import store as contests
from voting.ballots import whole_ms
from voting.batches import Kept
from voting.contests import Contest, IllegalMove, Phase
from voting.eligibility import UnknownContest
from voting.holds import VoidReason
from voting.integrity import moves, store
from voting.integrity.review import (
    Act,
    HeldBallot,
    Proposal,
    ProposalGone,
    Reviewer,
    check_second,
    groups,
    reason_of,
    selected,
)
from voting.integrity.reviewing.views import FairnessView, Found, Overview, fairness_view
from voting.integrity.signals import Signal, SignalKind, content_alarm, filled, signals
from voting.integrity.store import Marks
from voting.integrity.usecases import tell
from voting.integrity.windows import SECONDS, Window, begins, merged
from voting.methods.group_tally import GroupTally
from voting.usecases import Voting

CALLS: Final = ("open-contest", "resume-contest", "extend-contest", "pick-scene")
"""What the staff log calls the moments at which the audience is called to vote on air."""
PROPOSED: Final[dict[Act, str]] = {"release": N_("propose-release"), "void": N_("propose-void")}
CONFIRMED: Final[dict[Act, str]] = {"release": N_("release-held"), "void": N_("void-held")}
DECLINED: Final = N_("decline-held")
ARMED: Final = N_("arm-burst-rule")
DISARMED: Final = N_("disarm-burst-rule")
_SHOWN: Final = timedelta(minutes=10)
_LOOKED_BACK: Final = timedelta(minutes=20)  # ten minutes to show, and ten before them to compare

Identities = Callable[[Tx, str], Awaitable[frozenset[str]]]
"""The identities by which a person is known: ways of signing in, and the pass."""


class Reviews:
    """One per process.

    Args:
        voting: Has the contests, the counts, the database and the clock.
        identities: Tells people apart.
        new_id: A fresh id for a proposal.
    """

    def __init__(
        self, voting: Voting, identities: Identities, new_id: Callable[[datetime], str]
    ) -> None:
        self._voting = voting
        self._identities = identities
        self._new_id = new_id

    # --- looking ---

    async def overview(self) -> tuple[Overview, ...]:
        """Every contest that has been opened, with what is held in it."""
        async with self._voting.database.read() as tx:
            waiting = await store.open_appeals(tx)
        return tuple(
            Overview(
                contest,
                held=sum(group.quarantined for group in self._groups(contest.id)),
                void=sum(sum(group.void.values()) for group in self._groups(contest.id)),
                appeals=waiting.get(contest.id, 0),
            )
            for contest in self._voting.contests.all()
            if contest.opened_at is not None
        )

    async def view(self, contest_id: str, *, for_organiser: bool = False) -> FairnessView:
        """One contest as officers see it; organisers get the hint about what bursts say.

        Raises:
            UnknownContest: There is no such contest, or it was never open.
        """
        contest = self._known(contest_id)
        now = self._voting.now()
        async with self._voting.database.read() as tx:
            windows = await self._windows(tx, contest, now)
            subjects = (contest.id, "stage")
            calls = await record.times(tx, CALLS, subjects, now - _LOOKED_BACK - _SHOWN)
            proposals = await store.proposals(tx, contest_id)
            held = await self._held(tx, contest_id)
            appeals = await store.appeals_in(tx, contest_id)
            is_armed = contest_id in await store.armed(tx)
            odd = self._odd(contest, windows, calls, now)
            alarm = await self._alarm(tx, contest, odd) if for_organiser else None
        proposed = frozenset(
            position for one in proposals if one.outcome is None for position in one.positions
        )
        found = Found(
            windows=tuple(one for one in windows if one.begins_ms >= _ms(now - _SHOWN)),
            signals=odd,
            groups=groups(held, proposed),
            proposals=proposals,
            appeals=appeals,
            tallies=self._groups(contest_id),
            is_armed=is_armed,
            content_alarm=alarm,
        )
        return fairness_view(contest, found, now)

    async def _windows(self, tx: Tx, contest: Contest, now: datetime) -> tuple[Window, ...]:
        """The whole windows of the last twenty minutes in which ballots could come."""
        opened = contest.opened_at or now
        first = max(begins(_ms(opened)), begins(_ms(now - _LOOKED_BACK)))
        ends = min(one for one in (now, contest.closed_at or now))
        last = begins(_ms(ends)) - SECONDS * 1000
        since = datetime.fromtimestamp(first / 1000, UTC)
        known = merged(await store.windows(tx, contest.id, since))
        return filled(known, first, max(last, known[-1].begins_ms if known else last))

    def _odd(
        self,
        contest: Contest,
        windows: tuple[Window, ...],
        calls: tuple[datetime, ...],
        now: datetime,
    ) -> tuple[Signal, ...]:
        found = signals(windows, [_ms(at) for at in calls], [g.id for g in contest.electorates])
        since = _ms(min(now, contest.closed_at or now) - _SHOWN)
        return tuple(one for one in found if one.begins_ms >= since)

    async def _alarm(self, tx: Tx, contest: Contest, odd: tuple[Signal, ...]) -> bool | None:
        """Whether the first choices in the odd windows differ from all others."""
        bursts = {
            one.begins_ms
            for one in odd
            if one.kind in {SignalKind.BURST, SignalKind.CONCENTRATION, SignalKind.EVEN}
        }
        if not bursts:
            return None
        options = [option.id for option in contest.options]
        within = dict.fromkeys(options, 0)
        outside = dict.fromkeys(options, 0)
        async for at, first in contests.first_choices(tx, contest.id):
            counts = within if begins(_ms(at)) in bursts else outside
            counts[first] = counts.get(first, 0) + 1
        return content_alarm([within[o] for o in options], [outside[o] for o in options])

    async def _held(self, tx: Tx, contest_id: str) -> tuple[HeldBallot, ...]:
        marks = await store.marks(tx, contest_id)
        return tuple(
            _seen(kept, marks.get(kept.ballot_id)) for kept in await contests.held(tx, contest_id)
        )

    # --- deciding ---

    async def propose(self, visit: Visit, contest_id: str, act: Act, key: str, why: str) -> int:
        """Propose what to do with the held ballots a group's key names; how many those are.

        Raises:
            UnknownContest: There is no such contest, or it was never open.
            NothingHeld: No held ballot fits.
            BadRequest: A void has no such reason.
            IllegalMove: The result has been reviewed.
        """
        contest = self._known(contest_id)
        reason = reason_of(act, why)
        if reason is None:
            raise BadRequest(what="why")
        if contest.phase not in moves.LIFTABLE:
            raise IllegalMove(phase=contest.phase.value, move=moves.DECIDE)
        async with self._voting.database.write() as tx:
            now = self._voting.now()
            chosen = selected(await self._held(tx, contest_id), key)
            proposal = Proposal(
                id=self._new_id(now),
                contest=contest_id,
                act=act,
                why=reason,
                positions=tuple(one.position for one in chosen),
                proposer=await self._reviewer(tx, visit),
                proposed_at=whole_ms(now),
            )
            await store.propose(tx, proposal)
            facts: Facts = {"ballots": len(chosen), "group": key, "reason": reason}
            await self._log(tx, visit, PROPOSED[act], contest_id, facts)
        return len(chosen)

    async def confirm(self, visit: Visit, contest_id: str, proposal_id: str) -> int:
        """Carry a proposal out as its second person; how many ballots it still concerned.

        Raises:
            ProposalGone: It does not exist, or was decided before.
            SecondPersonNeeded: Whoever confirms cannot be told from whoever proposed.
            IllegalMove: The contest is not between its close and its review.
        """
        async with self._voting.database.write() as tx:
            now = self._voting.now()
            proposal = await self._undecided(tx, contest_id, proposal_id)
            second = await self._reviewer(tx, visit)
            check_second(proposal.proposer, second)
            facts: Facts = {"ballots": len(proposal.positions), "reason": proposal.why}
            await self._log(tx, visit, CONFIRMED[proposal.act], contest_id, facts)
            if proposal.act == "release":
                done = await moves.release(tx, contest_id, proposal.positions, now)
            else:
                why = VoidReason(proposal.why)
                done = await moves.void(tx, contest_id, proposal.positions, why, now)
            await store.decide(tx, proposal.id, "confirmed", second.person, whole_ms(now), done)
        await tell(self._voting, [contest_id])
        return done

    async def decline(self, visit: Visit, contest_id: str, proposal_id: str) -> None:
        """Put a proposal away; whoever made it may take it back too.

        Raises:
            ProposalGone: It does not exist, or was decided before.
        """
        async with self._voting.database.write() as tx:
            proposal = await self._undecided(tx, contest_id, proposal_id)
            at = whole_ms(self._voting.now())
            await store.decide(tx, proposal.id, "declined", _staff(visit).id, at, 0)
            facts: Facts = {"ballots": len(proposal.positions), "reason": proposal.why}
            await self._log(tx, visit, DECLINED, contest_id, facts)

    async def arm(self, visit: Visit, contest_id: str, *, armed: bool) -> None:
        """Arm the contest's rule against bursts, or put it to rest; nodes follow within a second.

        Raises:
            UnknownContest: There is no such contest, or it was never open.
            BadRequest: The contest has no such rule.
        """
        contest = self._known(contest_id)
        if not any(rule.kind == "burst" for rule in contest.rules.holds):
            raise BadRequest(what="burst")
        async with self._voting.database.write() as tx:
            await store.arm(tx, contest_id, self._voting.now(), armed=armed)
            await self._log(tx, visit, ARMED if armed else DISARMED, contest_id, {})

    # --- inside ---

    def _known(self, contest_id: str) -> Contest:
        contest = self._voting.contests.get(contest_id)
        if contest is None or contest.phase in {Phase.DRAFT, Phase.READY}:
            raise UnknownContest
        return contest

    def _groups(self, contest_id: str) -> tuple[GroupTally, ...]:
        tally = self._voting.tally(contest_id)
        return tally.groups() if tally else ()

    async def _undecided(self, tx: Tx, contest_id: str, proposal_id: str) -> Proposal:
        found = await store.find_proposal(tx, contest_id, proposal_id)
        if found is None or found.outcome is not None:
            raise ProposalGone
        return found

    async def _reviewer(self, tx: Tx, visit: Visit) -> Reviewer:
        person = _staff(visit)
        marks = await self._identities(tx, person.id)
        device = fingerprint(visit.device) if visit.device else ""
        return Reviewer(person.id, person.label or person.role.value, device, marks)

    async def _log(self, tx: Tx, visit: Visit, action: str, contest: str, facts: Facts) -> None:
        at = self._voting.now()
        await record.append(
            tx, at=at, actor=_staff(visit), action=action, subject=contest, facts=facts
        )


def _staff(visit: Visit) -> Person:
    if visit.person is None:
        raise BadRequest(what="person")
    return visit.person


def _seen(kept: Kept, marks: Marks | None) -> HeldBallot:
    seen = HeldBallot(
        kept.position, kept.why or "", kept.electorate, kept.accepted_at, kept.revision
    )
    if marks is None:
        return seen
    return msgspec.structs.replace(
        seen,
        level=marks.level,
        device=marks.device,
        network=marks.network,
        batch=marks.batch,
        waited_ms=marks.waited_ms,
    )


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
