"""Accepted ballots become leaves of the public ledger: in which order, when, and with what proof."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic

import pytest

from expo.record import merkle, notes
from tests.support.contests import House, cast, contest, employee, house, person
from tests.support.ledgers import Sealed, sealed
from voting import store
from voting.ballots import Ballot
from voting.batches import Head
from voting.contests import ContestId, Rules
from voting.holds import HoldRule, VoidReason
from voting.integrity import moves as deciding
from voting.methods import lot
from voting.sealing import batching
from voting.sealing import moves as sealing
from voting.writer import Told

pytestmark = pytest.mark.each_database


async def crowd(there: House, names: range, ranking: str = "abcd") -> None:
    await asyncio.gather(*[there.vote(person(f"p{n}"), ranking) for n in names])


async def hold(there: House, name: str, why: str = "burst") -> None:
    """A ballot that is held for review."""
    head = (await _head(there)).contest
    ballot = Ballot(
        cast().id, head.id, person(name).id, "customers", ("a",), (), there.clock(), held=why
    )
    answered: asyncio.Future[Told] = asyncio.get_running_loop().create_future()
    there.voting.writer.put(ballot, answered.set_result)
    await answered


async def _head(there: House) -> Head:
    async with there.database.write() as tx:
        return (await store.lock(tx, ["s1"]))[0]


async def test_a_ledger_begins_when_its_contest_opens(tmp_path: Path) -> None:
    async with sealed(tmp_path) as found:
        await found.house.open()

        first, *rest = await found.records()
        assert rest == []
        assert (first["t"], first["sid"], first["options"]) == ("open", "s1", ["a", "b", "c", "d"])
        assert first["opens"].endswith("Z")
        assert len(first["lot_commit"]) == len(first["rules_hash"]) == len(first["code_hash"]) == 64
        assert await found.ledgers.checkpoint("s1") is None
        assert await found.ledgers.closing("s1") is None


async def test_a_batch_waits_until_it_hides_who_is_in_it(tmp_path: Path) -> None:
    async with sealed(tmp_path) as found:
        there = found.house
        await there.open()
        await crowd(there, range(7))
        there.clock.move(seconds=59.9)
        await found.follower.look()
        assert await found.kinds() == ["open"]

        await crowd(there, range(7, 8))
        await found.follower.look()
        assert await found.kinds() == ["open", *["ballot"] * 8]

        await crowd(there, range(8, 16))
        there.clock.move(seconds=9.9)
        await found.follower.look()
        progress = found.follower.progress
        assert progress.lines == 8
        assert 9 <= progress.oldest_seconds(monotonic()) < 12
        assert len(await found.kinds()) == 9
        there.clock.move(seconds=1)
        await found.follower.look()
        assert len(await found.kinds()) == 17

        await crowd(there, range(16, 17))
        there.clock.at = datetime(2017, 4, 17, 5, 21, 59, tzinfo=UTC)
        await found.follower.look()
        there.clock.move(seconds=1)
        await found.follower.look()
        assert await found.verify() == 18
        assert len(await found.ledgers.checkpoints("s1")) == 3
        assert (progress.lines, progress.oldest_seconds(monotonic())) == (0, 0)
        assert (progress.looks, found.ledgers.sealed) == (6, 17)
        assert progress.look_seconds > 0


async def test_the_order_in_a_batch_hides_who_came_first(tmp_path: Path) -> None:
    async with sealed(tmp_path) as found:
        there = found.house
        await there.open()
        came = [(await there.vote(person(f"p{n}"))).tracker for n in range(40)]
        await found.ledgers.seal("s1")

        hashes = [merkle.leaf_hash(one) for one in (await found.raw())[1:]]
        stand = [one["trk"] for one in (await found.records())[1:]]
        assert hashes == sorted(hashes)
        assert set(stand) == set(came)
        assert stand != came


async def test_a_close_draws_the_lot_before_the_count(tmp_path: Path) -> None:
    async with sealed(tmp_path) as found:
        there = found.house
        await there.open()
        await crowd(there, range(20), "abcd")
        await crowd(there, range(20, 40), "dcba")
        await crowd(there, range(40, 43), "")
        await crowd(there, range(5), "dcba")
        await crowd(there, range(20, 25), "abcd")
        await there.finish()

        closing = await found.ledgers.closing("s1")
        last = (await found.records())[-1]
        result = there.voting.frozen("s1")
        assert closing is not None
        assert result is not None
        assert last == {
            "counted": {"customers": 40, "employees": 0, "teams": 0}, "held": 0,
            "lot_seed": closing.seed.hex(), "sid": "s1", "superseded": 10, "t": "close", "v": 1,
            "void": 0, "withdrawn": 3,
        }  # fmt: skip
        drawn = lot.final("abcd", seed=closing.seed, root=closing.root)
        found_order = [option.id for option in result.options]
        assert found_order == sorted("abcd", key=lambda o: (o in "bc", drawn.index(o)))
        assert [set(rank) for rank in result.ranks] == [set("ad"), set("bc")]
        assert not result.disputed
        assert closing.size == await found.verify() == 1 + 53 + 1


async def test_a_ledger_in_which_nobody_voted_has_its_close(tmp_path: Path) -> None:
    async with sealed(tmp_path) as found:
        await found.house.open(contest(stations=2))
        await found.house.finish()

        assert await found.kinds() == ["open", "close"]
        assert await found.verify() == 2
        assert found.house.voting.frozen("s1") is not None


@pytest.mark.parametrize("stations", [1, 3])
async def test_decisions_follow_the_close_and_leave_its_figures_and_lot(
    tmp_path: Path, stations: int
) -> None:
    async with sealed(tmp_path) as found:
        there = found.house
        await there.open(contest(stations=stations))
        await crowd(there, range(3))
        for n in range(3, 6):
            await hold(there, f"p{n}")
        await there.finish()
        before = await found.ledgers.closing("s1")
        async with there.database.write() as tx:
            held = [line.position for line in await store.held(tx, ContestId("s1"))]
            await deciding.release(tx, "s1", held[:1], there.clock())
            await deciding.void(tx, "s1", held[1:2], VoidReason.AUTOMATED, there.clock())
        await there.voting.refresh()
        await there.closing.look()

        kinds, result = await found.kinds(), there.voting.frozen("s1")
        close = (await found.records())[kinds.index("close")]
        assert sorted(kinds[-3:]) == ["close", "release", "void"]
        assert kinds[-3] == "close"
        assert kinds.count("hold") == 3
        assert all(kinds[n - 1] == "ballot" for n, kind in enumerate(kinds) if kind == "hold")
        assert (close["counted"]["customers"], close["held"], close["void"]) == (3, 3, 0)
        assert result is not None
        assert result.ballots == 4
        assert await found.ledgers.closing("s1") == before
        statuses = [one.status async for one in found.ledgers.openings("s1")]
        assert sorted(statuses) == ["counted"] * 4 + ["held", "void"]
        await found.verify()


async def test_a_lifted_hold_is_released_in_its_batch(tmp_path: Path) -> None:
    rules = Rules(max_ranked=4, holds=(HoldRule("burst", most=1),))
    async with sealed(tmp_path) as found:
        there = found.house
        await there.open(contest(rules=rules))
        await hold(there, "p1")
        head = await _head(there)
        async with there.database.write() as tx:
            voter = (await store.held(tx, "s1"))[0].voter
            assert await deciding.lift(
                tx, head.contest.id, voter, employee("x").assurance, there.clock()
            )
        await there.vote(person("p1"), "b")
        await there.finish()

        assert sorted((await found.kinds())[1:-1]) == ["ballot", "ballot", "hold", "release"]
        assert (await found.records())[-1]["held"] == 0
        assert [one.revision async for one in found.ledgers.openings("s1")] == [2]
        await found.verify()


async def test_a_restart_in_the_middle_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "MOST_AT_ONCE", 10)
    async with sealed(tmp_path) as found:
        there = found.house
        await there.open()
        await crowd(there, range(35))
        first = await found.ledgers._batch("s1")
        assert first is not None
        async with there.database.write() as tx:
            key = found.keys.current()
            assert await sealing.append(tx, *first, key, there.clock())
        assert len(await found.raw()) == 10

        async with sealed(tmp_path, there.clock) as again:
            await again.house.finish()
            assert await again.verify() == 37
            assert [len(await again.ledgers.checkpoints("s1"))] == [5]


async def test_two_who_seal_at_once_make_one_ledger(tmp_path: Path) -> None:
    async with sealed(tmp_path) as found:
        there = found.house
        await there.open()
        await crowd(there, range(60))
        other = Sealed(there)
        await other.keys.begin()

        await asyncio.gather(*[one.ledgers.seal("s1") for one in (found, other, found, other)])

        assert found.ledgers.sealed + other.ledgers.sealed == 60
        assert await found.verify() == 61
        assert len(await found.ledgers.checkpoints("s1")) == 1


async def test_the_crowd_votes_while_a_ledger_is_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "MOST_AT_ONCE", 20)
    async with sealed(tmp_path) as found:
        there = found.house
        await there.open()
        await crowd(there, range(200))
        sealing_ = asyncio.create_task(found.ledgers.seal("s1", gently=True))
        for n in range(200, 320, 40):
            await crowd(there, range(n, n + 40))
            await crowd(there, range(n - 80, n - 40), "ba")
        await sealing_
        await there.finish()

        assert there.voting.writer.busy == 0
        assert await found.verify() == 1 + 320 + 120 + 1
        result = there.voting.frozen("s1")
        assert result is not None
        assert (result.ballots, result.disputed) == (320, False)


async def test_several_stations_make_one_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batching, "MOST_AT_ONCE", 9)
    async with sealed(tmp_path) as found:
        there = found.house
        await there.open(contest(stations=4))
        await crowd(there, range(30))
        await found.ledgers.seal("s1")
        await crowd(there, range(10), "b")
        for n in range(40, 45):
            await hold(there, f"p{n}")
        await there.finish()

        close = (await found.records())[-1]
        result = there.voting.frozen("s1")
        assert (close["counted"]["customers"], close["held"], close["superseded"]) == (30, 5, 10)
        assert await found.verify() == 1 + 45 + 5 + 1
        assert result is not None
        assert not result.disputed


async def test_a_contest_that_opened_before_has_no_ledger_and_is_counted(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        found = Sealed(there)
        await found.keys.begin()
        await crowd(there, range(4))
        await found.follower.look()
        await there.finish()

        assert there.voting.frozen("s1") is not None
        assert await found.ledgers.closing("s1") is None
        assert await found.ledgers.vkey("s1") is None
        assert await found.raw() == []


async def test_a_clock_that_goes_back_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sealed(tmp_path) as found:
        there = found.house
        await there.open()
        await crowd(there, range(3))
        there.clock.move(seconds=-3600)
        await found.follower.look()
        assert await found.kinds() == ["open"]

        found.follower._since["s1"] -= 70  # as if so long had passed for this process
        await found.follower.look()
        assert await found.verify() == 4


async def test_a_checkpoint_proves_that_the_earlier_one_was_its_beginning(tmp_path: Path) -> None:
    async with sealed(tmp_path) as found:
        there = found.house
        await there.open()
        for n in range(5):
            await crowd(there, range(n * 30, n * 30 + 30))
            await found.ledgers.seal("s1")
        vkey = notes.parsed_vkey(await found.ledgers.vkey("s1") or "")
        points = [
            notes.parsed_checkpoint(note, vkey) for note in await found.ledgers.checkpoints("s1")
        ]
        assert [point.size for point in points] == [31, 61, 91, 121, 151]
        for old in points:
            for new in points:
                path = await found.ledgers.consistency("s1", old.size, new.size)
                if old.size > new.size:
                    assert path is None
                else:
                    assert path is not None
                    sizes, roots = (old.size, new.size), (old.root, new.root)
                    assert merkle.verify_consistency(*sizes, path, *roots)
        assert await found.ledgers.consistency("s1", 30, 61) is None
        assert await found.ledgers.consistency("none", 1, 1) is None
        await found.verify()
