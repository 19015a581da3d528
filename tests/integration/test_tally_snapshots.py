"""A start goes on from what was counted before it; what was kept wrongly is found out at the latest by the recount."""

from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.contests import House, employee, house, member, person
from voting import moves
from voting.methods.tally import Line
from voting.moves import RecountDiffers
from voting.snapshots import store as snapshots
from voting.snapshots.stored import stored

pytestmark = pytest.mark.each_database


async def kept(there: House) -> int:
    """The position of the stored snapshot; 0 for none."""
    async with there.database.read() as tx:
        found = await snapshots.find(tx, "s1")
    return 0 if found is None else found.position


async def crowd(there: House, first: int, last: int, ranking: str = "abcd") -> None:
    for n in range(first, last):
        await there.vote(person(f"p{n}"), ranking)


async def test_start_folds_only_what_came_after_the_snapshot(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await crowd(there, 0, 8)
        await there.voting.refresh()
        assert not await there.voting.follower.folds.keep(), "there is nobody to tell"
        assert await kept(there) == 8
        await there.vote(person("p1"), "dcb")
        await there.vote(employee("e1"), "ba")
        await there.vote(member("m1"), "")
        await there.voting.refresh()
        before = there.voting.tally("s1")

    async with house(tmp_path, there.clock) as back:
        folds = back.voting.follower.folds
        assert (folds.adopted, folds.folded) == (1, 3)
        assert back.voting.turnout("s1").position == 11
        assert back.voting.tally("s1") == before
        await crowd(back, 0, 4, "bd")  # people whose first ballots this process has never read
        await back.finish()
        assert not back.voting.is_disputed("s1")


async def test_snapshots_only_go_forward(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await crowd(there, 0, 3)
        await there.voting.refresh()
        tally = there.voting.tally("s1")
        assert tally is not None
        for position, is_kept in ((3, True), (3, False), (2, False), (7, True)):
            async with there.database.write() as tx:
                assert (
                    await snapshots.keep(tx, stored("s1", position, tally), there.clock())
                    == is_kept
                )
        assert await kept(there) == 7


async def test_snapshot_is_kept_at_its_pace(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        folds = there.voting.follower.folds
        await crowd(there, 0, 3)
        await there.voting.refresh()
        await folds.keep()
        await crowd(there, 3, 6)
        await there.voting.refresh()
        await folds.keep()
        assert (folds.kept, await kept(there)) == (1, 3)

        folds.desks["s1"].keep_at = 0.0  # as if the time had come
        await folds.keep()
        assert (folds.kept, await kept(there)) == (2, 6)


@pytest.mark.parametrize("damage", ["version = 99", "value = '{}'", "position = 99"])
async def test_damaged_snapshot_is_replaced(tmp_path: Path, damage: str) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await crowd(there, 0, 4)
        await there.voting.refresh()
        await there.voting.follower.folds.keep()
        async with there.database.write() as tx:
            await tx.execute(text(f"UPDATE tally_snapshot SET {damage}"))  # noqa: S608 - ours

    async with house(tmp_path, there.clock) as back:
        folds = back.voting.follower.folds
        assert (folds.adopted, folds.folded) == (0, 4)
        await folds.keep()
        assert await kept(back) == 4


async def test_sealed_snapshot_with_false_figures_is_found_out_by_the_recount(
    tmp_path: Path,
) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await crowd(there, 0, 4)
        await there.voting.refresh()
        tally = there.voting.tally("s1")
        assert tally is not None
        other = type(tally).from_figures(tally.figures())
        other.apply(Line(5, "nobody", "customers", 1, ("a", "b", "c", "d")))
        async with there.database.write() as tx:
            await snapshots.keep(tx, stored("s1", 5, other), there.clock())
        await there.vote(person("p9"), "ab")

    async with house(tmp_path, there.clock) as back:
        assert back.voting.turnout("s1").ballots == 5
        tampered = back.voting.tally("s1")
        assert tampered is not None
        await back.finish()

        assert back.voting.is_disputed("s1")
        with pytest.raises(RecountDiffers):
            await back.move("s1", moves.review)
