"""Several nodes, one contest with several stations: each ballot once, whoever dies.

A close is a line under every log.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pytest

from expo.errors import Fault
from tests.support.closing_race import closed_meanwhile
from tests.support.contests import House, contest, house, person
from tests.support.killed_desk import ballot_id
from tests.support.killing import desk
from tests.support.stations import S, Written, logs_of
from voting import store
from voting.closing_follower import ClosingFollower
from voting.lanes.writer import Lanes

OTHER = 1_000_000
"""First ballot of the second desk: other ballots of the same voters."""


async def closed(there: House, contest_id: str = "s1") -> list[Written]:
    """Every line of a contest that is closed: the last of each station, and none but that, closes it."""
    logs = await logs_of(there, contest_id)
    assert set(logs) == set(range(S))
    for log in logs.values():
        assert [n for n, line in enumerate(log) if line.kind == "closed"] == [len(log) - 1]
    lines = [line for log in logs.values() for line in log]
    known, result = there.voting.contests.get(contest_id), await there.voting.result(contest_id)
    assert known is not None
    assert result is not None
    position, recount = await ClosingFollower(there.voting)._recount(known)
    assert (result.disputed, result.position) == (False, position)
    assert position == len(lines)
    assert recount == there.voting.tally(contest_id)
    voters = {line.voter for line in lines if line.voter}
    async with there.database.read() as tx:
        current = await store.current(tx, contest_id, voters)
    assert len(current) == len(voters)
    assert result.ballots == sum(1 for one in current if one.ranking)
    return lines


def check_voters(lines: Sequence[Written]) -> None:
    """Every voter's revisions rise along the one log they stand in."""
    revisions = defaultdict(list)
    for line in sorted(lines):
        revisions[line.voter].append(line.revision)
    revisions.pop(None)
    assert all(found == list(range(1, len(found) + 1)) for found in revisions.values())


@pytest.mark.timeout(60)
async def test_killed_node_leaves_each_ballot_once_and_the_others_go_on(
    tmp_path: Path, postgres_url: str
) -> None:
    async with house(tmp_path, url=postgres_url) as there:
        await there.open(contest(stations=S))
        async with desk(tmp_path, 0, postgres_url) as one:
            async with desk(tmp_path, OTHER, postgres_url) as two:
                await asyncio.gather(one.casts(300), two.casts(300))
            await one.casts(200)  # the second one is dead by now
        for n in range(20):
            await again(there, n)
        await there.voting.refresh()
        await there.finish()
        lines = await closed(there)
    check_voters(lines)
    said = {line.ballot_id: f"{line.tracker} {line.revision}" for line in lines}
    for number, told in (one.acknowledged | two.acknowledged).items():
        assert said[ballot_id(number)] == told
    assert len({line.ballot_id for line in lines} - {None}) == len(lines) - S


async def again(there: House, n: int) -> None:
    """A ballot of a voter whom the killed node may have left in the middle of one."""
    while True:
        try:
            await there.vote(person(f"p{n}"), "dcba")
        except Fault:
            await asyncio.sleep(0.05)  # until the server has noticed who is gone
        else:
            return


async def _closed_meanwhile(houses: Sequence[House], contest_id: str) -> None:
    """Close on the first node while the others cast; every receipt stands before the close."""
    asked = contest(contest_id, stations=S)
    receipts = await closed_meanwhile(houses, asked, enough=80, at_once=16)

    lines = await closed(houses[0], contest_id)
    assert {one.id for one in receipts} == {line.ballot_id for line in lines} - {None}


@pytest.mark.timeout(60)
async def test_close_is_a_line_under_every_log(tmp_path: Path, postgres_url: str) -> None:
    async with (
        house(tmp_path, url=postgres_url) as first,
        house(tmp_path, first.clock, url=postgres_url) as second,
        house(tmp_path, first.clock, url=postgres_url) as third,
    ):
        for n in range(4):
            await _closed_meanwhile((first, second, third), f"s{n}")


async def test_stations_are_written_side_by_side(tmp_path: Path, postgres_url: str) -> None:
    async with (
        house(tmp_path, url=postgres_url) as one,
        house(tmp_path, one.clock, url=postgres_url) as two,
    ):
        await one.open(contest(stations=S))
        await two.voting.refresh()
        station = {n: one.voting.contests.station("s1", person(f"p{n}").id) for n in range(40)}
        raw = one.database.raw_postgres()
        try:  # another node has station 2 in its hand and does not let go
            raw.execute("SELECT 1 FROM station WHERE station = 2 FOR NO KEY UPDATE")
            free = [n for n, at in station.items() if at != 2]
            await asyncio.gather(*[two.vote(person(f"p{n}")) for n in free])
            stuck = asyncio.create_task(
                two.vote(person(next(f"p{n}" for n, at in station.items() if at == 2)))
            )
            await asyncio.gather(*[one.vote(person(f"p{n}"), "b") for n in free])
            assert not stuck.done()
        finally:
            raw.close()
        await stuck
        assert isinstance(two.voting.writer, Lanes)
        assert [writer.recorded for writer in two.voting.writer.writers][2] == 1
