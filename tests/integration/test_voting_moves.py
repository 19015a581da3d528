"""What organisers and the clock do to a contest, from ready to published."""

import asyncio
import logging
import sqlite3
from pathlib import Path

import msgspec
import pytest

from expo.errors import Refusal, StaleVersion
from tests.support.contests import House, contest, house, person
from tests.support.live import until
from voting import moves
from voting.contests import Contest, IllegalMove, Phase, Rules
from voting.eligibility import UnknownContest
from voting.moves import Incomplete, NotCounted, RecountDiffers, TooLong

pytestmark = pytest.mark.each_database


async def crowd(there: House, count: int, ranking: str = "abcd", *, start: int = 0) -> None:
    """So many customers cast."""
    await asyncio.gather(
        *[there.vote(person(f"p{n}"), ranking) for n in range(start, start + count)]
    )


async def test_clock_closes_counts_and_freezes(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        opened = await there.open()
        await crowd(there, 12)
        assert opened.closes_at is not None

        there.clock.at = opened.closes_at
        await there.closing.look()
        lapsed = _known(there)
        there.clock.move(seconds=11)
        await there.closing.look()

        assert lapsed.phase is Phase.CLOSING
        assert lapsed.closes_at == opened.closes_at
        assert _known(there).phase is Phase.CLOSED
        result = there.voting.frozen("s1")
        assert result is not None
        assert (result.ballots, result.ranks[0], result.position) == (12, ("a",), 13)


async def test_running_closer_needs_nobody(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await crowd(there, 5)
        running = asyncio.create_task(there.closing.run())

        await there.move("s1", moves.close)
        there.clock.move(seconds=11)
        await until(lambda: there.voting.frozen("s1"))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

        assert _known(there).phase is Phase.CLOSED


async def test_contest_that_ended_while_the_server_was_down_is_closed(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await there.vote(person())
        clock = there.clock
    clock.move(hours=2)

    async with house(tmp_path, clock) as back:
        await back.closing.look()
        await back.closing.look()

        assert _known(back).phase is Phase.CLOSED
        assert back.voting.frozen("s1") is not None


async def test_pause_stops_the_clock(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await there.move("s1", moves.pause)
        there.clock.move(hours=1)

        await there.closing.look()

        assert _known(there).phase is Phase.PAUSED


async def test_closing_out_of_a_pause_ends_where_the_pause_began(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        paused = await there.move("s1", moves.pause)
        there.clock.move(minutes=5)

        closed = await there.move("s1", moves.close)

        assert (closed.closes_at, closed.paused_at) == (paused.paused_at, None)


async def test_places_appear_one_by_one_from_the_last(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await crowd(there, 12)
        await there.finish()
        before = there.voting.state("s1")
        shown: list[list[tuple[str, ...]]] = []
        for _ in range(4):
            await (there.move("s1", moves.review) if not shown else asyncio.sleep(0))
            await there.move("s1", moves.reveal)
            shown.append([place.ids for place in there.voting.state("s1").places])
        with pytest.raises(IllegalMove):
            await there.move("s1", moves.reveal)
        published = await there.move("s1", moves.publish)

        assert (before.places, before.total_places) == ((), 4)
        assert shown[0] == [("d",)]
        assert shown[1] == [("d",), ("c",)]
        assert shown[3] == [("d",), ("c",), ("b",), ("a",)]
        assert (published.phase, published.revealed) == (Phase.PUBLISHED, 4)


async def test_publishing_early_reveals_the_rest(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await crowd(there, 12)
        await there.finish()
        await there.move("s1", moves.review)
        await there.move("s1", moves.reveal)
        await there.move("s1", moves.publish)

        assert len(there.voting.state("s1").places) == 4


async def test_contest_without_ballots_can_be_published(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await there.finish()
        await there.move("s1", moves.review)
        revealing = await there.move("s1", moves.reveal)
        await there.move("s1", moves.publish)

        assert revealing.revealed == 0
        assert there.voting.state("s1").places == ()


async def test_result_has_to_be_counted_before_it_is_reviewed(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        closing = await there.move("s1", moves.close)
        there.clock.move(seconds=11)
        async with there.database.write() as tx:
            await moves.hard_close(tx, closing.id, there.clock())
        await there.voting.refresh()

        with pytest.raises(NotCounted):
            await there.move("s1", moves.review)


@pytest.mark.sqlite_only
async def test_difference_in_the_recount_stops_everything(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await crowd(there, 6)
        await there.voting.refresh()
        raw = sqlite3.connect(tmp_path / "sawt.sqlite3")
        raw.execute("DROP TRIGGER contest_line_no_update")
        raw.execute("UPDATE contest_line SET ranking = '[\"d\"]' WHERE position = 3")
        raw.commit()
        raw.close()

        with caplog.at_level(logging.CRITICAL):
            await there.finish()

        assert "recount differs" in caplog.text
        assert there.voting.is_disputed("s1")
        with pytest.raises(RecountDiffers):
            await there.move("s1", moves.review)
        assert there.voting.state("s1").places == ()


async def test_stale_and_illegal_moves_are_refused(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        opened = await there.open()

        for move in (moves.open, moves.resume):
            with pytest.raises(IllegalMove):
                await there.move("s1", move)
        async with there.database.write() as tx:
            with pytest.raises(StaleVersion) as stale:
                await moves.close(tx, opened.id, opened.version - 1, there.clock())
            with pytest.raises(UnknownContest):
                await moves.close(tx, "nowhere", 1, there.clock())
        assert stale.value.facts["version"] == opened.version


async def test_two_organisers_press_close_and_one_wins(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()

        answers = await asyncio.gather(
            *[there.move("s1", moves.close) for _ in range(2)], return_exceptions=True
        )

        assert sum(isinstance(answer, Contest) for answer in answers) == 1
        assert sum(isinstance(answer, Refusal) for answer in answers) == 1


async def test_extension_moves_the_close_within_reason(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        opened = await there.open()

        longer = await there.move("s1", moves.extend, 5)

        assert opened.closes_at is not None
        assert longer.closes_at is not None
        assert (longer.closes_at - opened.closes_at).total_seconds() == 300
        with pytest.raises(TooLong):
            await there.move("s1", moves.extend, 60 * 24)


async def test_draft_can_be_redefined_until_it_is_ready(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        draft = contest()
        async with there.database.write() as tx:
            await moves.create(tx, draft)
            changed = await moves.redefine(tx, contest(rules=Rules(method="borda")))
            await moves.ready(tx, changed.id, changed.version, there.clock())
            with pytest.raises(IllegalMove):
                await moves.redefine(tx, draft)
        await there.voting.refresh()

        assert _known(there).rules.method == "borda"


async def test_contest_that_cannot_be_ranked_does_not_become_ready(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        nothing = msgspec.structs.replace(contest(), options=())
        light = [msgspec.structs.replace(one, weight=0) for one in contest().electorates]
        weightless = msgspec.structs.replace(contest("s2"), electorates=tuple(light))
        for bad, expected in ((nothing, Incomplete), (weightless, Refusal)):
            async with there.database.write() as tx:
                made = await moves.create(tx, bad)
                with pytest.raises(expected):
                    await moves.ready(tx, made.id, made.version)


def _known(there: House) -> Contest:
    found = there.voting.contests.get("s1")
    assert found is not None
    return found


async def test_nothing_happens_before_its_time(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        async with there.database.write() as tx:
            early = await moves.lapse(tx, "s1", there.clock())
        await there.move("s1", moves.close)
        async with there.database.write() as tx:
            hasty = await moves.hard_close(tx, "s1", there.clock())

        assert (early, hasty) == (None, None)
        assert _known(there).phase is Phase.CLOSING


async def test_pause_after_the_announced_close_is_too_late(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        there.clock.move(minutes=10)

        with pytest.raises(IllegalMove):
            await there.move("s1", moves.pause)


@pytest.mark.sqlite_only
async def test_closer_survives_a_broken_database(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await there.move("s1", moves.close)
        there.clock.move(seconds=11)
        await there.database.close()
        (tmp_path / "sawt.sqlite3").rename(tmp_path / "gone")
        running = asyncio.create_task(there.closing.run())

        await until(lambda: "could not be closed yet" in caplog.text)
        await there.database.close()
        (tmp_path / "gone").replace(tmp_path / "sawt.sqlite3")
        for extra in ("sawt.sqlite3-wal", "sawt.sqlite3-shm"):
            (tmp_path / extra).unlink(missing_ok=True)
        await until(lambda: there.voting.frozen("s1"))
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

        assert _known(there).phase is Phase.CLOSED
