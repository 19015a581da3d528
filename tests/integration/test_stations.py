"""A contest with several polling stations is to everybody a contest like any other."""

import asyncio
import uuid
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from expo.errors import Refusal
from tests.support.contests import House, cast, contest, house, person
from tests.support.stations import S, logs_of
from voting import moves, store
from voting.ballots import IdConflict, admit, tag_of
from voting.contests import IllegalMove
from voting.heads import store as heads
from voting.holds import VoidReason
from voting.integrity import moves as fair
from voting.protocol import Receipt
from voting.snapshots import store as snapshots
from voting.stations import at, station_of
from voting.voters import moves as voters
from voting.writer import Told

pytestmark = pytest.mark.each_database


async def crowd(there: House, people: int, ranking: str = "abc") -> list[Receipt]:
    """A ballot of everybody, all at once."""
    return await asyncio.gather(*[there.vote(person(f"p{n}"), ranking) for n in range(people)])


async def test_each_voter_has_one_ballot_in_one_station_and_all_are_counted(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as there:
        await there.open(contest(stations=S))
        first = await crowd(there, 60)
        again = await crowd(there, 30, "ba")
        await crowd(there, 10, "")
        await there.voting.refresh()

        turnout = there.voting.turnout("s1")
        assert (turnout.position, turnout.ballots) == (100, 50)
        assert [one.revision for one in again] == [2] * 30
        assert [one.tracker for one in again] == [one.tracker for one in first[:30]]
        logs = await logs_of(there)
        assert set(logs) == set(range(S))
        assert {line.kind for lines in logs.values() for line in lines} == {"cast"}

        await there.finish()
        logs = await logs_of(there)
        assert all(
            [line.kind for line in log].index("closed") == len(log) - 1 for log in logs.values()
        )
        result = await there.voting.result("s1")
        assert result is not None
        assert not result.disputed
        assert (result.position, result.ballots, result.ranks[0]) == (100 + S, 50, ("a",))
        assert there.voting.turnout("s1").position == 100 + S


async def test_repeated_ballot_has_its_receipt_and_a_taken_id_is_refused(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open(contest(stations=S))
        sent = cast("abc", ballot_id=str(uuid.uuid4()))
        names = [f"p{n}" for n in range(40)]

        told = await asyncio.gather(
            *[there.voting.cast(person(name), sent, there.clock()) for name in names],
            crowd(there, 40),
            return_exceptions=True,
        )

        *same, others = told
        taken = [one for one in same if isinstance(one, Receipt)]
        assert len(taken) == 1
        assert sum(isinstance(one, IdConflict) for one in same) == 39
        assert isinstance(others, list)
        again = await there.voting.cast(person(names[same.index(taken[0])]), sent, there.clock())
        assert again == taken[0]


async def test_start_goes_on_from_a_snapshot_of_each_station(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open(contest(stations=S))
        await crowd(there, 40)
        await there.voting.refresh()
        await there.voting.follower.folds.keep()
        await crowd(there, 12, "cb")
        await there.voting.refresh()
        before = there.voting.tally("s1")
        assert before is not None

    async with house(tmp_path, there.clock) as back:
        folds = back.voting.follower.folds
        assert (folds.adopted, folds.folded) == (S, 12)
        assert back.voting.tally("s1") == before
        assert back.voting.turnout("s1").position == 52
        await back.finish()
        assert not back.voting.is_disputed("s1")


async def test_snapshot_of_another_station_is_not_used(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open(contest(stations=2))
        await crowd(there, 20)
        await there.voting.refresh()
        await there.voting.follower.folds.keep()
        async with there.database.write() as tx:
            found = await snapshots.find(tx, "s1", 1)
            assert found is not None
            old = await snapshots.find(tx, "s1", 0)
            assert old is not None
            await snapshots.discard(tx, old)
            await snapshots.keep(tx, msgspec.structs.replace(found, station=0), there.clock())

    async with house(tmp_path, there.clock) as back:
        assert back.voting.turnout("s1").ballots == 20
        assert back.voting.follower.folds.adopted == 1


async def test_instant_runoff_counts_the_ballots_of_all_stations(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        rules = msgspec.structs.replace(contest().rules, method="irv")
        await there.open(contest(rules=rules, stations=S))
        for n, ranking in enumerate(["abc", "bca", "cab", "bac", "cba"] * 6):
            await there.vote(person(f"p{n}"), ranking)
        await there.voting.refresh()
        assert [row.rank for row in there.voting.standing("s1").rows] == [1, 2, 3, 4]

        await there.finish()

        result = await there.voting.result("s1")
        assert result is not None
        assert (result.ballots, result.disputed) == (30, False)


async def test_withdrawal_stands_in_the_log_of_its_voter(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open(contest(stations=S))
        await crowd(there, 8)
        async with there.database.write() as tx:
            for n in range(8):
                assert await voters.withdraw(tx, f"p{n}", there.clock()) == ("s1",)
        await there.voting.refresh()

        assert there.voting.turnout("s1").ballots == 0
        assert there.voting.turnout("s1").position == 16
        assert sum(len(log) for log in (await logs_of(there)).values()) == 16
        assert (await crowd(there, 8))[0].revision == 3


async def test_number_of_stations_is_fixed_with_the_definition(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        async with there.database.write() as tx:
            made = await moves.create(tx, contest())
            made = await moves.redefine(tx, contest(stations=3))
            assert await heads.lengths(tx, ["s1"]) == {}
            await moves.ready(tx, "s1", made.version)
        async with there.database.write() as tx:
            assert await heads.lengths(tx, ["s1"]) == {"s1": (0, 0, 0)}
            with pytest.raises(IllegalMove):
                await moves.redefine(tx, contest(stations=2))
            found = await store.find(tx, "s1")
        assert found is not None
        assert found.stations == 3


@pytest.mark.parametrize("stations", [-1, 0, 65])
async def test_senseless_number_of_stations_is_refused_by_the_database(
    tmp_path: Path, stations: int
) -> None:
    async with house(tmp_path) as there:
        with pytest.raises(IntegrityError):
            async with there.database.write() as tx:
                await moves.create(tx, contest(stations=stations))


async def test_node_of_the_release_before_cannot_append_where_there_are_stations(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as there:
        await there.open(contest(stations=2))
        with pytest.raises(IntegrityError):
            async with there.database.write() as tx:
                await tx.execute(text("UPDATE contest SET position = 1"))
        with pytest.raises(IntegrityError, match="only goes forward"):
            async with there.database.write() as tx:
                await tx.execute(text("UPDATE station SET position = 0"))


async def test_contests_with_and_without_stations_go_side_by_side(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open(contest("s1", stations=S))
        await there.open(contest("s2"))
        await there.open(contest("s3", stations=64))

        async def vote(n: int) -> None:
            for name in ("s1", "s2", "s3"):
                await there.vote(person(f"p{n}"), "ab", contest=name)

        await asyncio.gather(*[vote(n) for n in range(100)])
        await there.voting.refresh()

        assert [there.voting.turnout(name).ballots for name in ("s1", "s2", "s3")] == [100] * 3
        await there.move("s1", moves.close)
        await there.move("s3", moves.close)
        there.clock.move(seconds=11)
        await there.closing.look()
        with pytest.raises(Refusal):
            await there.vote(person("late"), "ab", contest="s3")
        async with there.database.read() as tx:
            secret = await store.secret(tx, "s3")
            assert secret is not None
            (kept,) = await store.current(tx, "s3", [tag_of(secret, "p7")])
        assert at(kept.position, 64) == station_of(kept.voter, 64)
        for name, stations in (("s1", S), ("s3", 64)):
            result = await there.voting.result(name)
            assert result is not None
            assert (result.position, result.disputed) == (100 + stations, False)


async def test_held_ballots_are_decided_about_each_in_its_log(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        opened = await there.open(contest(stations=S))
        told: list[Told] = []
        for n in range(12):
            sent = admit(cast("bca"), opened, person(f"h{n}"), "customers", there.clock())
            held = msgspec.structs.replace(sent, held="device")
            there.voting.writer.put(held, told.append)
        await crowd(there, 6)
        await there.voting.drain()
        await there.finish()
        async with there.database.write() as tx:
            waiting = [one.position for one in await store.held(tx, "s1")]
            assert await fair.release(tx, "s1", waiting[:7], there.clock()) == 7
            assert await fair.void(tx, "s1", waiting[7:], VoidReason.AUTOMATED, there.clock()) == 5
        await there.voting.refresh()
        await there.closing.look()

        logs = await logs_of(there)
        casts = 0
        for log in logs.values():
            kinds = [line.kind for line in log]
            casts += kinds.index("closed")
            assert set(kinds[: kinds.index("closed")]) <= {"cast"}  # a log may have no voters
            assert set(kinds[kinds.index("closed") + 1 :]) <= {"release", "void"}
        assert casts == 18
        result = await there.voting.result("s1")
        assert result is not None
        assert (result.ballots, result.disputed, result.position) == (13, False, 18 + S + 12)
        assert there.voting.turnout("s1").position == 18 + S + 12
