"""Decisions about held ballots on both databases: in the log, once, by two, and in every count."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from expo.errors import BadRequest
from expo.identity.people import Assurance, Person, Visit
from expo.rights import Role
from tests.support.contests import House, cast, contest, house, person
from voting import moves, store
from voting.contests import IllegalMove, Phase, Rules
from voting.holds import HoldRule, Origin, VoidReason
from voting.integrity import moves as decisions
from voting.integrity.appealing.usecases import Appeals
from voting.integrity.appeals import (
    AppealedEnough,
    AppealGone,
    Ground,
    ReceiptUnknown,
    TooLateToAppeal,
    Verdict,
)
from voting.integrity.review import NothingHeld, ProposalGone, SecondPersonNeeded
from voting.integrity.reviewing.usecases import Reviews
from voting.integrity.usecases import FairPlay
from voting.protocol import Receipt

pytestmark = pytest.mark.each_database
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


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    async with house(tmp_path) as there:
        await there.open(contest(rules=ONE_DEVICE))
        yield Watched(there)


async def test_held_ballot_is_acknowledged_and_in_no_count(watched: Watched) -> None:
    first, second = await watched.vote("p1"), await watched.vote("p2")

    assert (first.status, second.status) == ("counted", "quarantined")
    assert await watched.figures() == (1, {"device": 1}, {})
    assert watched.voting.turnout("s1").held == {"device": 1}
    mine = await watched.voting.mine(person("p2"), "s1")
    assert mine.receipt == second


async def test_later_revision_supersedes_also_when_it_is_held(watched: Watched) -> None:
    elsewhere = Origin(device="own phone")
    await watched.vote("p1")
    await watched.vote("p2", origin=elsewhere)
    assert (await watched.figures())[0] == 2

    await watched.vote("p2", "cb")  # from the tablet, where p1 was
    assert await watched.figures() == (1, {"device": 1}, {})

    await watched.vote("p2", "ca", origin=elsewhere)
    assert await watched.figures() == (2, {}, {})


async def test_same_ballot_sent_again_stays_held_and_is_counted_once(watched: Watched) -> None:
    await watched.vote("p1")
    sent = cast("ab")
    for _ in range(3):
        again = await watched.voting.cast(person("p2"), sent, watched.there.clock(), TABLET)
        assert (again.status, again.revision) == ("quarantined", 1)

    assert await watched.figures() == (1, {"device": 1}, {})


@pytest.mark.parametrize("act", ["release", "void"])
async def test_two_people_decide_and_the_result_follows(watched: Watched, act: str) -> None:
    for name in ("p1", "p2", "p3"):
        await watched.vote(name)
    await watched.there.finish()
    before = watched.voting.frozen("s1")
    assert before is not None
    assert before.ballots == 1
    assert before.with_held is not None
    proposal = await watched.proposal(officer("one"), act)

    done = await watched.reviews.confirm(officer("other"), "s1", proposal)
    assert watched.voting.frozen("s1") is None  # the one before is of a shorter log
    await watched.there.closing.look()

    released: tuple[int, dict[str, int], dict[str, int]]
    released = {"release": (3, {}, {}), "void": (1, {}, {"automated": 2})}[act]
    assert (done, await watched.figures()) == (2, released)
    after = watched.voting.frozen("s1")
    assert after is not None
    assert (after.ballots, after.disputed, after.with_held) == (released[0], False, None)
    assert after.position == before.position + 2


async def test_nobody_decides_twice_or_alone(watched: Watched) -> None:
    await watched.vote("p1")
    await watched.vote("p2")
    await watched.there.finish()
    proposal, one = await watched.proposal(officer("one")), officer("one")
    for second in (
        one,
        officer("one", "another device"),
        officer("one@2"),
        officer("two", one.device),
    ):
        with pytest.raises(SecondPersonNeeded):
            await watched.reviews.confirm(second, "s1", proposal)
    assert await watched.figures() == (1, {"device": 1}, {})

    other = await watched.proposal(officer("three"))
    assert await watched.reviews.confirm(officer("two"), "s1", proposal) == 1
    with pytest.raises(ProposalGone):
        await watched.reviews.confirm(officer("three"), "s1", proposal)
    assert await watched.reviews.confirm(officer("two"), "s1", other) == 0  # decided already
    assert await watched.figures() == (2, {}, {})
    with pytest.raises(NothingHeld):
        await watched.reviews.propose(one, "s1", "void", "all", "automated")


async def test_two_confirmations_at_once_count_once(watched: Watched) -> None:
    await watched.vote("p1")
    await watched.vote("p2")
    await watched.there.finish()
    proposal = await watched.proposal(officer("one"))

    told = await asyncio.gather(
        *(watched.reviews.confirm(officer(who), "s1", proposal) for who in ("two", "three")),
        return_exceptions=True,
    )

    assert sorted(isinstance(one, ProposalGone) for one in told) == [False, True]
    assert await watched.figures() == (2, {}, {})


async def test_decisions_belong_between_close_and_review(watched: Watched) -> None:
    await watched.vote("p1")
    await watched.vote("p2")
    proposal = await watched.proposal(officer("one"))
    with pytest.raises(IllegalMove):
        await watched.reviews.confirm(officer("two"), "s1", proposal)
    await watched.there.finish()
    await watched.there.move("s1", moves.review)
    with pytest.raises(IllegalMove):
        await watched.reviews.confirm(officer("two"), "s1", proposal)
    with pytest.raises(IllegalMove):
        await watched.reviews.propose(officer("one"), "s1", "release", "all", "")

    result = watched.voting.frozen("s1")
    assert result is not None
    assert result.electorates[2].held == {"device": 1}
    assert await watched.figures() == (1, {"device": 1}, {})


async def test_review_waits_for_the_count_after_a_decision(watched: Watched) -> None:
    await watched.vote("p1")
    await watched.vote("p2")
    await watched.there.finish()
    proposal = await watched.proposal(officer("one"))
    await watched.reviews.confirm(officer("two"), "s1", proposal)

    with pytest.raises(moves.NotCounted):
        await watched.there.move("s1", moves.review)
    await watched.there.closing.look()
    assert (await watched.there.move("s1", moves.review)).phase is Phase.REVIEWED


async def test_ballot_changed_after_the_proposal_is_left_alone(watched: Watched) -> None:
    await watched.vote("p1")
    await watched.vote("p2")
    proposal = await watched.proposal(officer("one"), "void")
    await watched.vote("p2", "cab", origin=Origin(device="own phone"))
    await watched.there.finish()

    assert await watched.reviews.confirm(officer("two"), "s1", proposal) == 0
    assert await watched.figures() == (2, {}, {})


async def test_stronger_sign_in_lifts_the_hold(watched: Watched) -> None:
    await watched.vote("p1")
    await watched.vote("p2")
    same, surer = person("p2"), person("p2", assurance=Assurance.CONTACT)

    assert await watched.fair_play.lift(same) == ()
    assert await watched.fair_play.lift(surer) == ("s1",)
    assert await watched.fair_play.lift(surer) == ()
    assert await watched.figures() == (2, {}, {})
    mine = (await watched.voting.mine(person("p2"), "s1")).receipt
    assert mine is not None
    assert (mine.status, mine.revision) == ("counted", 1)

    again = await watched.voting.cast(surer, cast("dc"), watched.there.clock(), TABLET)
    assert (again.status, again.revision) == ("counted", 2)
    assert await watched.figures() == (2, {}, {})


async def test_declined_proposal_changes_nothing(watched: Watched) -> None:
    await watched.vote("p1")
    await watched.vote("p2")
    await watched.there.finish()
    proposal = await watched.proposal(officer("one"))

    await watched.reviews.decline(officer("one"), "s1", proposal)

    with pytest.raises(ProposalGone):
        await watched.reviews.confirm(officer("two"), "s1", proposal)
    assert await watched.figures() == (1, {"device": 1}, {})


async def test_log_and_record_refuse_what_no_decision_may_do(watched: Watched) -> None:
    await watched.vote("p1")
    await watched.vote("p2")
    await watched.there.finish()
    async with watched.there.database.write() as tx:
        await decisions.void(tx, "s1", [2], VoidReason.AUTOMATED, watched.there.clock())
    for wrong in (
        "UPDATE contest_line SET status = 'counted' WHERE position = 2",
        "DELETE FROM contest_line WHERE kind = 'void'",
        "UPDATE ballot SET position = position + 5 WHERE decided = 1",
        "INSERT INTO contest_line (contest, position, kind, at) VALUES ('s1', 99, 'void', '2017-04-17')",
    ):
        with pytest.raises(IntegrityError):
            async with watched.there.database.write() as tx:
                await tx.execute(text(wrong))


async def test_kept_marks_tell_nothing_and_their_key_is_destroyed(watched: Watched) -> None:
    await watched.vote("p1")
    await watched.vote("p2")
    async with watched.there.database.read() as tx:
        (row,) = await tx.execute(text("SELECT * FROM held_mark"))
    assert "tablet" not in str(row)
    assert "192.0.2" not in str(row)
    await watched.there.finish()
    await watched.fair_play.forget()
    async with watched.there.database.read() as tx:
        assert (await tx.execute(text("SELECT secret FROM source_key"))).scalar_one() is not None

    watched.there.clock.move(days=8)
    await watched.fair_play.forget()

    async with watched.there.database.read() as tx:
        assert (await tx.execute(text("SELECT secret FROM source_key"))).scalar_one() is None
        assert (await tx.execute(text("SELECT count(*) FROM fairness_window"))).scalar_one() == 0


async def test_burst_rule_is_armed_on_every_node(watched: Watched) -> None:
    rules = Rules(max_ranked=4, holds=(HoldRule("burst", most=0, seconds=10),))
    await watched.there.open(contest("s2", rules=rules))
    nobody = Origin()
    sent = cast("ab", contest="s2")
    assert (
        await watched.voting.cast(person("p1"), sent, watched.there.clock(), nobody)
    ).status == "counted"
    await watched.reviews.arm(officer("one"), "s2", armed=True)
    await watched.fair_play.keep()
    sent = cast("ab", contest="s2")
    assert (
        await watched.voting.cast(person("p2"), sent, watched.there.clock(), nobody)
    ).status == "quarantined"
    with pytest.raises(BadRequest):
        await watched.reviews.arm(officer("one"), "s1", armed=True)


# --- appeals ---


async def test_appeal_needs_the_receipt_and_is_answered(watched: Watched) -> None:
    await watched.vote("p1")
    receipt = await watched.vote("p2")
    stranger, own = Visit(device="x"), Visit(None, person("p2"), "y")
    for tracker, proof in (("0" * 16, ""), (receipt.tracker, ""), (receipt.tracker, "wrong")):
        with pytest.raises(ReceiptUnknown):
            await watched.appeals.make(stranger, tracker, proof, Ground.HELD, "why")

    await watched.appeals.make(stranger, receipt.tracker, receipt.id, Ground.HELD, "I am real")
    await watched.appeals.make(own, receipt.tracker, "", Ground.OTHER, "x" * 900)
    await watched.appeals.make(own, receipt.tracker, "", Ground.OTHER, "")
    with pytest.raises(AppealedEnough):
        await watched.appeals.make(own, receipt.tracker, "", Ground.OTHER, "")

    view = await watched.appeals.of(own, receipt.tracker)
    assert (view.status, view.is_own, len(view.appeals)) == ("quarantined", True, 3)
    mine = next(one for one in view.appeals if one.ground is Ground.HELD)
    boss = officer("one").person
    assert boss is not None
    await watched.appeals.answer(boss, "s1", mine.id, Verdict.UPHELD, "Counted now")
    with pytest.raises(AppealGone):
        await watched.appeals.answer(boss, "s1", mine.id, Verdict.REJECTED, "")
    told = (await watched.appeals.of(stranger, receipt.tracker)).appeals
    assert {(one.answer, one.answer_words) for one in told if one.id == mine.id} == {
        (Verdict.UPHELD, "Counted now")
    }


async def test_appeals_end_after_two_days(watched: Watched) -> None:
    receipt = await watched.vote("p1")
    await watched.there.finish()
    watched.there.clock.move(hours=49)
    own = Visit(None, person("p1"), "y")

    with pytest.raises(TooLateToAppeal):
        await watched.appeals.make(own, receipt.tracker, "", Ground.OTHER, "")
    assert not (await watched.appeals.of(own, receipt.tracker)).is_open


async def test_windows_of_two_nodes_are_seen_together(watched: Watched) -> None:
    other = FairPlay(watched.voting, "other node")
    for node in (watched.fair_play, other):
        watched.voting.watch = node
        await watched.vote(f"p at {id(node)}", origin=Origin(device=f"d{id(node)}"))
    watched.there.clock.move(seconds=10)
    for node in (watched.fair_play, other):
        await node.keep()

    rate = next(one for one in (await watched.reviews.view("s1")).rates if one.by_level)

    assert sum(rate.recent) == 2


async def test_restart_in_between_loses_no_hold(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open(contest(rules=ONE_DEVICE))
        watched = Watched(there)
        await watched.vote("p1")
        sent = cast("ab")
        await watched.voting.cast(person("p2"), sent, there.clock(), TABLET)  # notes not written
        clock = there.clock
    async with house(tmp_path, clock) as back:
        again = Watched(back)
        view = await again.reviews.view("s1")
        assert (view.undecided, [one.key for one in view.groups][:2]) == (
            1,
            ["all", "reason:device"],
        )
        clock.move(minutes=1)
        async with back.database.read() as tx:
            (kept,) = await store.held(tx, "s1")
        assert kept.why == "device"
        assert kept.accepted_at < clock() - timedelta(seconds=1)
        assert msgspec.json.encode(view)
