"""Several nodes write one log: no gap, no double, one current ballot a voter, nothing after the close."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from expo.errors import Refusal
from tests.support.closing_race import closed_meanwhile
from tests.support.contests import House, contest, house, person
from tests.support.killed_desk import ballot_id
from tests.support.killing import check, desk
from tests.support.logged import logged
from voting import moves, store
from voting.contests import Phase, Rules
from voting.protocol import Receipt

OTHER = 1_000_000
"""First ballot of the second desk: other ballots of the same voters."""


@contextlib.asynccontextmanager
async def nodes(folder: Path, url: str, how_many: int = 2) -> AsyncIterator[Sequence[House]]:
    """So many nodes at one instant, each with its own connections and its own writer."""
    async with contextlib.AsyncExitStack() as stack:
        first = await stack.enter_async_context(house(folder, url=url))
        others = [
            await stack.enter_async_context(house(folder, first.clock, url=url))
            for _ in range(how_many - 1)
        ]
        yield (first, *others)


async def test_two_processes_write_one_log_for_the_same_voters(
    tmp_path: Path, postgres_url: str
) -> None:
    async with house(tmp_path, url=postgres_url) as there:
        await there.open()
    async with desk(tmp_path, 0, postgres_url) as one, desk(tmp_path, OTHER, postgres_url) as two:
        await asyncio.gather(one.casts(600), two.casts(600))

    await check(tmp_path, one.acknowledged | two.acknowledged, url=postgres_url)
    ids = [ballot_id(number) for number in (*one.acknowledged, *two.acknowledged)]
    async with house(tmp_path, url=postgres_url) as there:
        lines = await logged(there.database, "s1", ids)
        async with there.database.read() as tx:
            current = await store.current(tx, "s1", {line.voter for line in lines})
    revisions = defaultdict(list)
    for line in lines:
        revisions[line.voter].append(line.revision)
    assert all(found == sorted(set(found)) for found in revisions.values())
    latest = {line.voter: line for line in current}
    assert all(latest[line.voter].position >= line.position for line in lines)
    assert {line.tracker for line in current} == {line.tracker for line in lines}


@pytest.mark.timeout(60)
async def test_voter_who_casts_everywhere_at_once_has_one_ballot_and_receipts_in_order(
    tmp_path: Path, postgres_url: str
) -> None:
    async with nodes(tmp_path, postgres_url, 3) as houses:
        await houses[0].open(contest("s1", rules=Rules(max_ranked=4)))
        await asyncio.gather(*[one.voting.refresh() for one in houses])
        heard: list[list[Receipt]] = [[] for _ in houses]

        async def cast_often(node: int) -> None:
            for n in range(30):
                heard[node].append(await houses[node].vote(person("p1"), "abcd"[n % 4 :]))

        await asyncio.gather(*[cast_often(node) for node in range(3)])

        receipts = sorted((one for told in heard for one in told), key=lambda one: one.revision)
        lines = await logged(houses[0].database, "s1", [one.id for one in receipts])
        assert [one.revision for one in receipts] == list(range(1, 91))
        assert [line.ballot_id for line in lines] == [one.id for one in receipts]
        assert [line.position for line in lines] == list(range(1, 91))
        for told in heard:  # each node answered in the order of the log
            assert [one.revision for one in told] == sorted(one.revision for one in told)
        async with houses[1].database.read() as tx:
            (kept,) = await store.current(tx, "s1", {lines[0].voter})
        assert (kept.position, kept.tracker) == (lines[-1].position, lines[-1].tracker)
        for one in houses:
            await one.voting.refresh()
            assert one.voting.turnout("s1").ballots == 1


async def _closed_meanwhile(houses: Sequence[House], contest_id: str) -> None:
    """Close on the first node while the others cast; every receipt stands before the close."""
    first = houses[0]
    receipts = await closed_meanwhile(houses, contest(contest_id), enough=40, at_once=8)

    async with first.database.read() as tx:
        position, lines = await store.lines(tx, contest_id, 0, 100_000)
    found = await logged(first.database, contest_id, [one.id for one in receipts])
    assert len(found) == len(receipts) == len(lines) == position - 1
    result = await first.voting.result(contest_id)
    assert result is not None
    assert not result.disputed
    assert result.position == position


@pytest.mark.timeout(60)
async def test_close_on_one_node_is_a_point_in_the_log_of_all(
    tmp_path: Path, postgres_url: str
) -> None:
    async with nodes(tmp_path, postgres_url, 3) as houses:
        for n in range(4):
            await _closed_meanwhile(houses, f"s{n}")


@pytest.mark.nightly
@pytest.mark.timeout(1_200)
async def test_close_is_a_point_in_the_log_all_night(tmp_path: Path, postgres_url: str) -> None:
    async with nodes(tmp_path, postgres_url, 3) as houses:
        for n in range(300):
            await _closed_meanwhile(houses, f"s{n}")


async def test_two_organisers_on_two_nodes_cannot_act_on_one_picture(
    tmp_path: Path, postgres_url: str
) -> None:
    async with nodes(tmp_path, postgres_url) as houses:
        made = await houses[0].make(contest())
        await houses[1].voting.refresh()

        done = await asyncio.gather(
            *[one.move("s1", moves.open) for one in houses], return_exceptions=True
        )

        assert sum(isinstance(one, Refusal) for one in done) == 1
        async with houses[0].database.read() as tx:
            found = await store.find(tx, "s1")
        assert found is not None
        assert (found.phase, found.version) == (Phase.OPEN, made.version + 1)
