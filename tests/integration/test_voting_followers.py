"""What the rooms are told and when, and what happens by the contest's own clock."""

import asyncio
import logging
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from expo.errors import Refusal, StaleVersion
from tests.support.contests import House, cast, contest, employee, house, person, visit
from tests.support.live import until
from voting import moves, visibility
from voting.contests import Contest, IllegalMove, Phase, Rules
from voting.eligibility import UnknownContest
from voting.moves import Incomplete, NotCounted, RecountDiffers, TooLong


def told(there: House, room: str) -> Any:
    """The last frame of a room, or None."""
    payload = there.hub.latest(room)
    return None if payload is None else msgspec.json.decode(payload)


async def crowd(there: House, count: int, ranking: str = "abcd", *, start: int = 0) -> None:
    """So many customers cast."""
    await asyncio.gather(
        *[there.vote(person(f"p{n}"), ranking) for n in range(start, start + count)]
    )


async def look(there: House) -> None:
    """Let the follower see everything and publish whatever its rates held back."""
    there.voting.follower._free_at.clear()
    await there.voting.refresh()


async def test_rooms_hold_where_everything_stands_before_anybody_comes(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.make(contest())

        state = told(there, "contest.s1")
        assert (state["type"], state["phase"], state["places"]) == ("contest", "ready", [])
        assert state["options"] == ["a", "b", "c", "d"]
        assert told(there, "contest.s1.turnout")["ballots"] == 0
        assert told(there, "contest.s1.staff")["rows"] == []


async def test_draft_is_told_to_nobody(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        async with there.database.write() as tx:
            await moves.create(tx, contest())
        await there.voting.refresh()

        assert told(there, "contest.s1") is None
        with pytest.raises(UnknownContest):
            await there.vote(person())


async def test_hidden_contest_tells_the_public_turnout_and_nothing_else(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await crowd(there, 12)
        await look(there)

        assert told(there, "contest.s1.turnout") == {
            "type": "turnout",
            "contest": "s1",
            "position": 12,
            "ballots": 12,
            "by_electorate": {"employees": 0, "teams": 0, "customers": 12},
        }
        assert told(there, "contest.s1.live") is None
        assert told(there, "contest.s1.voted") is None
        assert told(there, "contest.s1.staff")["rows"][0] == {
            "id": "a", "rank": 1, "support": 1000, "wins": 3, "draws": 0, "losses": 0,
        }  # fmt: skip
        assert told(there, "contest.s1.staff")["waiting"] == {"employees": 5, "teams": 5}


async def test_public_rooms_are_the_same_whatever_the_ballots_say(tmp_path: Path) -> None:
    seen = []
    for name, rankings in (("one", ("abcd", "abdc")), ("other", ("dcba", "c"))):
        (tmp_path / name).mkdir()
        async with house(tmp_path / name) as there:
            await there.open()
            await crowd(there, 12, rankings[0])
            await crowd(there, 6, rankings[1], start=12)
            await look(there)
            during = [there.hub.latest(room) for room in _public_rooms()]
            await there.finish()
            await there.move("s1", moves.review)
            await look(there)
            seen.append([*during, *[there.hub.latest(room) for room in _public_rooms()]])

    assert seen[0] == seen[1]
    assert seen[0][0] is not None


def _public_rooms() -> list[str]:
    return ["contest.s1", "contest.s1.turnout", "contest.s1.live", "contest.s1.voted"]


async def test_live_order_is_coarse_and_ends_at_the_close(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open(contest(rules=Rules(max_ranked=4, visibility="live")))
        await crowd(there, 9)
        await look(there)
        few = told(there, "contest.s1.live")
        await crowd(there, 4, "ba", start=9)
        await look(there)
        enough = told(there, "contest.s1.live")

        await there.move("s1", moves.close)
        await look(there)

        assert (few["ballots"], few["rows"]) == (9, [])
        assert [row["support"] % 10 for row in enough["rows"]] == [0, 0, 0, 0]
        assert enough["rows"][0]["id"] == "a"
        assert told(there, "contest.s1.live") is None
        assert told(there, "contest.s1.staff") is not None


async def test_rooms_keep_their_rates(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        there.voting.follower._free_at.clear()
        await crowd(there, 1)
        await there.voting.refresh()
        await crowd(there, 3)
        await there.voting.refresh()

        assert told(there, "contest.s1.turnout")["ballots"] == 1  # half a second has not passed
        assert there.voting.turnout("s1").ballots == 3
        assert there.voting.follower._is_late


async def test_running_follower_publishes_within_its_rate(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        following = asyncio.create_task(there.voting.follower.run())
        await crowd(there, 5)

        await until(lambda: told(there, "contest.s1.turnout")["ballots"] == 5)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def test_running_order_by_instant_runoff_is_counted_from_ballots(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open(contest(rules=Rules(method="irv", max_ranked=4)))
        await crowd(there, 12, "bca")
        await there.voting.refresh()

        assert [row.id for row in there.voting.standing("s1").rows][:1] == ["b"]


async def test_clock_closes_counts_and_freezes(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        opened = await there.open()
        await crowd(there, 12)
        assert opened.closes_at is not None

        there.clock.at = opened.closes_at
        await there.closing.look()
        lapsed = _known(there)
        there.clock.move(seconds=10, milliseconds=1)
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


async def test_log_that_does_not_fit_is_told_and_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with house(tmp_path) as there:
        await there.open(contest("s1"))
        await there.open(contest("s2"))
        await there.vote(person(), "ab", contest="s1")
        raw = sqlite3.connect(tmp_path / "sawt.sqlite3")
        raw.execute("DROP TRIGGER contest_line_no_update")
        raw.execute("UPDATE contest_line SET ranking = '[\"never\"]'")
        raw.commit()
        raw.close()

        with caplog.at_level(logging.CRITICAL):
            await there.voting.refresh()
        await there.vote(person(), "ab", contest="s2")
        await there.voting.refresh()
        await there.finish("s1")

        assert "does not fit" in caplog.text
        assert there.voting.is_disputed("s1")
        assert there.voting.turnout("s2").ballots == 1
        with pytest.raises(RecountDiffers):
            await there.move("s1", moves.review)


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


async def test_mine_tells_the_truth_in_every_phase(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.make(contest())
        before = await there.voting.mine(person(), "s1")
        await there.move("s1", moves.open)
        nobody = await there.voting.mine(None, "s1")
        opened = await there.voting.mine(person(), "s1")
        receipt = await there.vote(person())
        cast_ = await there.voting.mine(person(), "s1")
        await there.finish()
        closed = await there.voting.mine(person(), "s1")

        assert (before.blocked, nobody.blocked) == ("contest-not-open", "join-first")
        assert (opened.blocked, opened.receipt, opened.electorate) == (None, None, "customers")
        assert cast_.receipt == receipt
        assert (closed.blocked, closed.receipt) == ("contest-closed", receipt)
        with pytest.raises(UnknownContest):
            await there.voting.mine(person(), "nowhere")


async def test_receipt_is_found_by_tracker_and_owned_by_one(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        receipt = await there.vote(employee("e1"), "ab")

        own = await there.voting.receipt(visit(employee("e1")), receipt.tracker)
        strange = await there.voting.receipt(visit(person("p9")), receipt.tracker)
        nobody = await there.voting.receipt(visit(), receipt.tracker)

        assert own is not None
        assert strange is not None
        assert nobody is not None
        assert (own[2], strange[2], nobody[2]) == (True, False, False)
        assert await there.voting.receipt(visit(), "0" * 16) is None


async def test_unreadable_database_leaves_what_is_known(tmp_path: Path) -> None:
    async with house(tmp_path) as there:
        await there.open()
        await there.vote(person(), "ab")
        await there.voting.refresh()
        await there.database.close()
        (tmp_path / "sawt.sqlite3").rename(tmp_path / "gone")

        await there.voting.refresh()

        assert there.voting.turnout("s1").ballots == 1
        assert visibility.rooms(person().role, _known(there), has_ballot=True) == (
            "contest.s1",
            "contest.s1.turnout",
        )
        (tmp_path / "gone").rename(tmp_path / "sawt.sqlite3")
        assert cast().contest == "s1"


def _known(there: House) -> Contest:
    found = there.voting.contests.get("s1")
    assert found is not None
    return found
