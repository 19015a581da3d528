"""The writer on both databases: batches, idempotency, the close, and what is refused."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from expo.errors import Fault
from tests.support.contests import cast, contest, employee, house, member, person
from voting import moves, store
from voting.ballots import IdConflict, admit
from voting.contests import Phase
from voting.eligibility import ContestClosed, ContestNotOpen, ContestPaused, UnknownContest
from voting.protocol import Receipt
from voting.writer import Told

pytestmark = pytest.mark.each_database


async def test_ballot_is_answered_after_it_is_on_record(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()

        receipt = await there.vote(person("p1"), "bac")

        assert (receipt.revision, receipt.ranking, receipt.proof) == (1, ("b", "a", "c"), None)
        assert receipt.accepted_at == there.clock()
        async with there.database.read() as tx:
            position, lines = await store.lines(tx, "s1", 0, 10)
        assert position == 1
        assert [(line.ranking, line.electorate, line.own) for line in lines] == [
            (("b", "a", "c"), "customers", ())
        ]


async def test_sending_again_brings_the_same_receipt(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        sent = cast("abc")

        first = await there.voting.cast(person(), sent, there.clock())
        there.clock.move(seconds=5)
        second = await there.voting.cast(person(), sent, there.clock())

        assert second == first
        async with there.database.read() as tx:
            assert (await store.lines(tx, "s1", 0, 10))[0] == 1


async def test_hundred_identical_at_once_are_one_ballot(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        sent = cast("abc")

        receipts = await asyncio.gather(
            *[there.voting.cast(person(), sent, there.clock()) for _ in range(100)]
        )

        assert len({receipt.tracker for receipt in receipts}) == 1
        assert {receipt.revision for receipt in receipts} == {1}
        async with there.database.read() as tx:
            assert (await store.lines(tx, "s1", 0, 200))[0] == 1


async def test_id_of_another_ballot_is_a_conflict(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        sent = cast("abc")
        await there.voting.cast(person("p1"), sent, there.clock())
        other = cast("cba", ballot_id=sent.id)

        with pytest.raises(IdConflict):
            await there.voting.cast(person("p1"), other, there.clock())
        with pytest.raises(IdConflict):
            await there.voting.cast(person("p2"), sent, there.clock())


async def test_answer_lost_at_the_close_can_still_be_asked_for(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        sent = cast("abc")
        first = await there.voting.cast(person(), sent, there.clock())
        await there.finish()

        assert await there.voting.cast(person(), sent, there.clock()) == first
        with pytest.raises(ContestClosed):
            await there.voting.cast(person(), cast("abc"), there.clock())


async def test_fifty_casts_of_one_voter_at_once_count_once(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()

        receipts = await asyncio.gather(*[there.vote(person("p1"), "ab") for _ in range(50)])
        await there.voting.refresh()

        assert sorted(receipt.revision for receipt in receipts) == list(range(1, 51))
        assert there.voting.turnout("s1").ballots == 1
        assert len({receipt.tracker for receipt in receipts}) == 1


async def test_crowd_is_written_in_few_commits(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()

        await asyncio.gather(*[there.vote(person(f"p{n}"), "abcd") for n in range(1_200)])
        await there.voting.refresh()

        assert there.voting.turnout("s1").ballots == 1_200
        assert there.voting.writer.batches <= 10
        assert there.voting.writer.waiting == 0


async def test_ballots_of_two_contests_share_a_commit(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open(contest("s1"))
        await there.open(contest("s2"))

        one, two = await asyncio.gather(
            there.vote(person(), "ab", contest="s1"), there.vote(person(), "ba", contest="s2")
        )

        assert there.voting.writer.batches == 1
        assert one.tracker != two.tracker
        assert (one.revision, two.revision) == (1, 1)


async def test_full_queue_asks_to_come_back(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        there.writer._most_waiting = 3
        answers: list[Told] = []

        for n in range(5):
            there.voting.submit(person(f"p{n}"), cast("ab"), there.clock(), answers.append)
        at_once = list(answers)
        await there.voting.drain()

        assert [answer.code for answer in at_once if isinstance(answer, Fault)] == ["busy", "busy"]
        assert all(
            500 <= int(a.facts["retry_after_ms"]) < 1_000 for a in at_once if isinstance(a, Fault)
        )
        assert sum(isinstance(answer, Receipt) for answer in answers) == 3
        assert there.voting.refusals("s1") == {"busy": 2}


async def test_ballot_the_database_will_not_have_leaves_its_neighbours_alone(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as there:
        opened = await there.open()
        answers: list[Told] = []
        odd = admit(cast("ab"), opened, person("odd"), "customers", there.clock())
        writer = there.voting.writer

        for n in range(3):
            there.voting.submit(person(f"p{n}"), cast("ab"), there.clock(), answers.append)
        writer.put(msgspec.structs.replace(odd, id="0000"), answers.append)
        await writer.drain()

        assert sum(isinstance(answer, Receipt) for answer in answers) == 3
        assert [answer.code for answer in answers if isinstance(answer, Fault)] == ["busy"]


async def test_answer_that_cannot_be_delivered_stops_nobody(tmp_path: Path) -> None:
    def gone(_told: Told) -> None:
        raise ConnectionError

    async with house(tmp_path) as there:
        await there.open()

        there.voting.submit(person("p1"), cast("ab"), there.clock(), gone)

        assert (await there.vote(person("p2"))).revision == 1
        await there.voting.refresh()
        assert there.voting.turnout("s1").ballots == 2


async def test_stopped_writer_answers_everybody(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        answers: list[Told] = []
        for n in range(10):
            there.voting.submit(person(f"p{n}"), cast("ab"), there.clock(), answers.append)

        await there.voting.close()
        there.voting.submit(person("late"), cast("ab"), there.clock(), answers.append)

        assert [isinstance(answer, Receipt) for answer in answers] == [True] * 10 + [False]


async def test_cancelled_writer_answers_everybody(tmp_path: Path) -> None:
    answers: list[Told] = []

    async with house(tmp_path) as there:
        await there.open()
        for n in range(700):
            there.voting.submit(person(f"p{n}"), cast("ab"), there.clock(), answers.append)

    assert len(answers) == 700


async def test_ballots_of_unknown_contests_are_refused(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.make(contest("soon"))

        with pytest.raises(UnknownContest):
            await there.vote(person(), contest="nowhere")
        with pytest.raises(ContestNotOpen):
            await there.vote(person(), contest="soon")

        assert there.voting.refusals("nowhere") == {}
        assert there.voting.refusals("soon") == {"contest-not-open": 1}


async def test_arrival_decides_about_the_pause(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        there.clock.move(seconds=10)
        before = there.clock()
        there.clock.move(seconds=1)
        await there.move("s1", moves.pause)

        assert (await there.voting.cast(person("p1"), cast(), before)).revision == 1
        with pytest.raises(ContestPaused):
            await there.vote(person("p2"))

        there.clock.move(minutes=3)
        resumed = await there.move("s1", moves.resume)
        assert resumed.closes_at is not None
        assert resumed.opened_at is not None
        assert (resumed.closes_at - resumed.opened_at).total_seconds() == 13 * 60
        assert (await there.vote(person("p2"))).revision == 1


async def test_grace_counts_and_its_end_is_exact(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        closing = await there.move("s1", moves.close)
        hard_close_at = closing.hard_close_at
        assert hard_close_at is not None

        there.clock.at = hard_close_at
        assert (await there.vote(person("in-time"))).revision == 1
        there.clock.move(milliseconds=1)
        with pytest.raises(ContestClosed) as late:
            await there.vote(person("late"))

        assert late.value.facts["late_ms"] == 1
        assert late.value.facts["closed_at"] == hard_close_at.isoformat()


async def test_closing_answers_what_arrived_in_time_before_the_last_line(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        closing = await there.move("s1", moves.close)
        assert closing.hard_close_at is not None
        there.clock.at = closing.hard_close_at
        answers: list[Told] = []
        for n in range(300):
            there.voting.submit(person(f"p{n}"), cast("abc"), there.clock(), answers.append)
        there.clock.move(milliseconds=1)
        there.voting.submit(person("late"), cast("abc"), there.clock(), answers.append)
        there.clock.move(seconds=1)  # where there may be other nodes, their writers are waited for

        await there.closing.look()

        assert sum(isinstance(answer, Receipt) for answer in answers) == 300
        closed = there.voting.contests.get("s1")
        result = there.voting.frozen("s1")
        assert closed is not None
        assert result is not None
        assert (closed.phase, result.ballots, result.position) == (Phase.CLOSED, 300, 301)
        assert not result.disputed


async def test_withdrawn_ballot_does_not_count_but_stays_on_record(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        first = await there.vote(employee("e1"), "ab")

        withdrawn = await there.vote(employee("e1"), "")
        await there.voting.refresh()

        assert (withdrawn.revision, withdrawn.ranking) == (2, ())
        assert withdrawn.tracker == first.tracker
        assert there.voting.turnout("s1").by_electorate == {
            "employees": 0, "teams": 0, "customers": 0,
        }  # fmt: skip


async def test_own_initiative_is_taken_out_at_counting(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()

        receipt = await there.vote(member("m1", "entity-a"), "abc")
        await there.voting.refresh()
        tally = there.voting.tally("s1")

        assert receipt.ranking == ("a", "b", "c")
        assert tally is not None
        teams = next(group for group in tally.groups() if group.id == "teams")
        assert (teams.n, teams.abstained) == (1, (1, 0, 0, 0))
        assert sum(teams.above[0]) == 0


@pytest.mark.parametrize(
    "change",
    ["position = position - 1", "revision = revision - 1", "position = 9", "revision = 9"],
)
async def test_current_ballot_only_goes_forward(tmp_path: Path, change: str) -> None:
    async with house(tmp_path) as there:
        await there.open()
        for _ in range(2):
            await there.vote(person(), "ab")

        with pytest.raises(IntegrityError, match="only goes forward"):
            async with there.database.write() as tx:
                await tx.execute(text(f"UPDATE ballot SET {change}"))  # noqa: S608 - our own words


async def test_restart_folds_to_the_same_count(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        for n in range(20):
            await there.vote(person(f"p{n % 7}"), "abcd"[n % 3 :])
        await there.voting.refresh()
        before = there.voting.tally("s1")
        clock = there.clock

    async with house(tmp_path, clock) as back:
        assert back.voting.tally("s1") == before
        assert (await back.vote(person("p0"))).revision == 4
