"""What the rooms are told and when, and what happens by the contest's own clock."""

import asyncio
import logging
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.contests import House, cast, contest, employee, house, person, visit
from tests.support.live import until
from voting import moves, visibility
from voting.contests import Contest, Rules
from voting.eligibility import UnknownContest
from voting.moves import RecountDiffers

pytestmark = pytest.mark.each_database


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
            "held": {},
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


@pytest.mark.sqlite_only
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


@pytest.mark.sqlite_only
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
