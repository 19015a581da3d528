"""The load page: for organisers, in two languages, of one node and of several; and what it stands on."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from sqlalchemy import text

from expo.db import Database
from expo.load import VERSION, store
from expo.load.figures import Machine, Minute, NodeLoad, Place, Sample
from expo.load.nodes_follower import NodesFollower
from expo.load.pulse_follower import Pulse
from expo.rights import Role
from tests.support.databases import url_in
from tests.support.postgres import Cluster
from tests.support.roles import stranger
from tests.support.whole import PROGRAM, Whole, ballot, whole

NOON = datetime(2017, 4, 17, 8, 0, tzinfo=UTC)
SECRET = "nZ2b-Qw8_rT5yU1iOp3aSd6fGh9jKl0xCv7m"
PAGE = {"accept": "text/html"}


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Whole]:
    async with whole(tmp_path) as there:
        yield there


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = Database(url_in(tmp_path))
    yield opened
    await opened.close()


def strained(node: str) -> NodeLoad:
    """A node with too much of everything."""
    return NodeLoad(
        node=node,
        version=VERSION,
        at=NOON,
        started_at=NOON,
        minute=Minute(p50=3.0, p95=9.0, busy=70, lag_max=0.9, connections=(1, 2), ballots=(3, 4)),
        connections=990,
        connections_most=1_000,
        places=(Place("session", 990, "gone-<b>"),),
        waiting=4_900,
        waiting_most=5_000,
        machine=Machine(memory=95, memory_most=100, disk_free=1, disk_total=100),
        parts={"database": "failed", "notifier": "not-connected", "sealing": "key-lost"},
        unsealed=17,
        unsealed_seconds=95.0,
        no_bundle={"khda": "differs", "x<b>": "key-lost"},
        notifier="shared",
    )


@pytest.mark.parametrize("lang", ["ar", "en"])
async def test_organiser_sees_the_load_in_either_language(house: Whole, lang: str) -> None:
    organiser = await house.person(Role.ORGANISER)

    answer = await organiser.get(f"/{lang}/staff/load", headers=PAGE)

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert house.expo.settings.node in answer.text
    assert f'href="/{lang}/staff/load"' in (await organiser.get(f"/{lang}/staff/control")).text


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ORGANISER])
async def test_nobody_else_sees_it(house: Whole, role: Role) -> None:
    answer = await (await house.person(role)).get("/ar/staff/load", headers=PAGE)

    assert answer.status_code == 403
    assert house.expo.settings.node not in answer.text


async def test_program_gets_the_figures_of_what_has_happened(house: Whole) -> None:
    await house.open()
    organiser, voter = await house.person(Role.ORGANISER), await house.person(Role.CUSTOMER)
    option = house.contest().options[0].id
    async with house.ear("/live/khda", voter):
        for _ in range(3):
            cast = await voter.post("/en/ballots/khda", json=ballot(option), headers=PROGRAM)
            assert cast.status_code == 200
        await house.ballots()
        for _ in range(2):  # a second has to pass before there is a before and an after
            house.expo.load.pulse._take(())
        answer = await organiser.get("/en/staff/load", headers=PROGRAM)

    [found] = msgspec.json.decode(answer.content, type=list[NodeLoad])
    assert found.connections == found.connections_peak == 1
    assert Place("session", 1, "khda") in found.places
    assert found.minute.answered == 3
    assert found.minute.p95 is not None
    assert found.machine.memory > 10_000_000
    assert found.waiting_most == 5_000


async def test_ballots_that_came_together_are_timed_by_one_reading(house: Whole) -> None:
    await house.open()
    voters = [await house.person(Role.CUSTOMER, f"v{n}") for n in range(5)]
    option = house.contest().options[0].id
    casts = [
        voter.post("/en/ballots/khda", json=ballot(option), headers=PROGRAM) for voter in voters
    ]
    await asyncio.gather(*casts)

    writer = house.expo.voting.writer
    assert sum(writer.answer_seconds.counts) == 5
    assert sum(writer.batch_sizes.counts) == writer.batches
    assert 0 < writer.answer_seconds.sum < 5 * 10
    assert writer.oldest_seconds == 0.0


@pytest.mark.each_database
async def test_nodes_read_what_the_others_said(database: Database) -> None:
    async with database.write() as tx:
        await store.put(tx, strained("expo-2"))
        await store.put(tx, strained("expo-1"))
        await store.put(tx, strained("expo-1"))
    async with database.read() as tx:
        seen = await store.others(tx, "expo-3")
        own = await store.others(tx, "expo-2")

    assert [one.node for one in seen] == ["expo-1", "expo-2"]
    assert [one.node for one in own] == ["expo-1"]
    assert seen[0] == strained("expo-1")


@pytest.mark.each_database
async def test_silent_node_is_told_of_then_forgotten(database: Database) -> None:
    async with database.write() as tx:
        await store.put(tx, strained("expo-1"))
        await tx.execute(text("UPDATE node_load SET at_ms = at_ms - 40000"))
    async with database.read() as tx:
        [silent] = await store.others(tx, "expo-2")
    async with database.write() as tx:
        await tx.execute(text("UPDATE node_load SET at_ms = at_ms - 100000"))
        gone = await store.others(tx, "expo-2")
        await store.put(tx, strained("expo-2"))
        left = (await tx.execute(text("SELECT node FROM node_load"))).scalars().all()

    assert silent.silent_seconds in (40, 41)
    assert gone == []
    assert left == ["expo-2"]


async def test_figures_of_another_version_or_none_are_left_out(database: Database) -> None:
    async with database.write() as tx:
        for node, figures in (("a", '{"node": 1}'), ("b", "not json"), ("c", "")):
            await store.put(tx, strained(node))
            asked = text("UPDATE node_load SET figures = :figures WHERE node = :node")
            await tx.execute(asked, {"figures": figures, "node": node})
        await store.put(tx, strained("expo-1"))
    async with database.read() as tx:
        seen = await store.others(tx, "expo-2")

    assert [one.node for one in seen] == ["expo-1"]


async def test_node_that_stops_as_it_should_is_missed_by_nobody(database: Database) -> None:
    told = asyncio.Event()

    async def here() -> NodeLoad:
        told.set()
        return strained("expo-1")

    telling = asyncio.create_task(NodesFollower(database, here, "expo-1").run())
    await told.wait()
    async with asyncio.timeout(5):
        while True:
            async with database.read() as tx:
                if seen := await store.others(tx, "expo-2"):
                    break
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)
    async with database.read() as tx:
        after = await store.others(tx, "expo-2")

    assert [one.node for one in seen] == ["expo-1"]
    assert after == []


async def test_page_says_what_ails_another_node_and_what_to_do(house: Whole) -> None:
    async with house.expo.database.write() as tx:
        await store.put(tx, strained("zz<script>alert(1)</script>"))
    organiser = await house.person(Role.ORGANISER)

    answer = await organiser.get("/en/staff/load", headers=PAGE)

    assert "<script>alert" not in answer.text
    assert "gone-&lt;b&gt;" in answer.text
    assert 'data-level="over"' in answer.text
    assert "The database does not answer." in answer.text
    assert "Ballots are on record, but the public ledger is later" in answer.text
    assert "the record comes to another result than the published one" in answer.text
    assert "x&lt;b&gt;: the key that signs it cannot be opened" in answer.text
    assert re.search(r"Together: .*2.* nodes", answer.text)


@pytest.mark.timeout(120)
async def test_two_nodes_are_one_page_whoever_answers(
    tmp_path: Path, postgres_cluster: Cluster
) -> None:
    url = postgres_cluster.fresh()
    common = {"SAWT_DATABASE_URL": url, "SAWT_SECRET_KEY": SECRET}
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    async with (
        whole(one, common | {"SAWT_NODE": "expo-1"}) as first,
        whole(other, common | {"SAWT_NODE": "expo-2"}) as second,
    ):
        for there in (first, second):
            await NodesFollower(there.expo.database, there.expo.load.here, "").tell()
        pages = []
        for there in (first, second):
            organiser = await there.person(Role.ORGANISER)
            answer = await organiser.get("/en/staff/load", headers=PROGRAM)
            pages.append([node["node"] for node in answer.json()])
        async with stranger(second.url) as client:
            ready = await client.get("/readyz")

    assert pages == [["expo-1", "expo-2"]] * 2
    assert ready.json()["node"] == "expo-2"
    assert "disk" not in ready.json()["parts"]


async def test_pulse_notices_that_the_loop_was_held_up() -> None:
    pulse = Pulse(lambda: Sample(connections=3))
    beating = asyncio.create_task(pulse.run())
    await asyncio.sleep(0)
    held_until = asyncio.get_running_loop().time() + 0.8
    while asyncio.get_running_loop().time() < held_until:  # nothing else runs meanwhile
        pass
    async with asyncio.timeout(5):
        while not pulse.minute.lag_max:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.05)
    beating.cancel()
    await asyncio.gather(beating, return_exceptions=True)

    assert 0.3 < pulse.minute.lag_max < 2.0
    assert pulse.connections_peak == 3
    assert sum(pulse.lag_seconds.counts) >= 4
