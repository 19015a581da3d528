"""Decisions about held ballots on both databases: in the log, once, by two, and in every count."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from expo.db import Tx
from expo.errors import BadRequest
from expo.identity.people import Assurance
from tests.support.contests import cast, contest, house, person
from tests.support.watched import ONE_DEVICE, TABLET, Watched, officer
from voting import moves, store
from voting.contests import Contest, ContestId, IllegalMove, Phase, Rules
from voting.holds import HoldRule, Origin, VoidReason
from voting.integrity import moves as decisions
from voting.integrity.review import NothingHeld, ProposalGone, SecondPersonNeeded
from voting.integrity.usecases import FairPlay

pytestmark = pytest.mark.each_database


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


async def test_decisions_reach_every_station(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open(msgspec.structs.replace(contest(rules=ONE_DEVICE), stations=3))
        watched = Watched(there)
        for n in range(9):
            await watched.vote(f"p{n}")
        assert await watched.figures() == (1, {"device": 8}, {})
        await there.finish()
        proposal = await watched.proposal(officer("one"))

        assert await watched.reviews.confirm(officer("two"), "s1", proposal) == 8
        await there.closing.look()

        assert await watched.figures() == (9, {}, {})
        result = watched.voting.frozen("s1")
        assert result is not None
        assert (result.ballots, result.disputed) == (9, False)


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


async def left_held(tx: Tx, contest_id: str, version: int, _now: datetime) -> Contest:
    """Approve the count and say that undecided ballots stay held."""
    return await moves.review(tx, contest_id, version, may_stay_held=True)


async def test_count_with_undecided_ballots_is_approved_by_an_explicit_word(
    watched: Watched,
) -> None:
    for name in ("p1", "p2", "p3"):
        await watched.vote(name)
    await watched.there.finish()

    with pytest.raises(moves.HeldUndecided) as refused:
        await watched.there.move("s1", moves.review)

    assert (refused.value.code, refused.value.facts) == ("held-undecided", {"n": 2})
    closed = watched.voting.contests.get(ContestId("s1"))
    assert closed is not None
    assert closed.phase is Phase.CLOSED
    assert (await watched.there.move("s1", left_held)).phase is Phase.REVIEWED


async def test_decisions_belong_between_close_and_review(watched: Watched) -> None:
    await watched.vote("p1")
    await watched.vote("p2")
    proposal = await watched.proposal(officer("one"))
    with pytest.raises(IllegalMove):
        await watched.reviews.confirm(officer("two"), "s1", proposal)
    await watched.there.finish()
    await watched.there.move("s1", left_held)
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
