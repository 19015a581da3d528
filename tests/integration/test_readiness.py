"""Ready means: whoever is sent here is served. Each part says how it is, and why it is not well."""

import asyncio
import signal
from pathlib import Path
from time import monotonic

import httpx2
import pytest

from expo.db import Busy
from expo.load.health import Part, State, degraded, unready
from tests.support.databases import SQLITE
from tests.support.doors import doors
from tests.support.roles import stranger
from tests.support.whole import whole

PARTS = {"serving", "database", "followers", "writer", "count", "sealing", "loop", "notifier"}
WELL = Part(State.OK)


@pytest.mark.each_database
async def test_whole_expo_is_ready_part_by_part(tmp_path: Path, database_kind: str) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as client:
        answer = await client.get("/readyz")

        found = answer.json()
        alive = await client.get("/livez")

    assert answer.status_code == 200
    own_disk = {"disk"} if database_kind == SQLITE else set()  # a server watches its own
    assert set(found["parts"]) == PARTS | own_disk
    assert found["node"] == house.expo.settings.node
    assert {name for name, part in found["parts"].items() if part["state"] == "unready"} == set()
    assert alive.text == "ok\n"


async def test_expo_whose_followers_are_gone_is_not_ready(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        probe = house.expo.probes["followers"]
        before = await probe()

    assert before == WELL
    assert await probe() == unready("dead")
    assert await house.expo.probes["writer"]() == unready("closed")


async def test_server_that_was_asked_to_stop_is_unready_before_it_is_gone(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, stranger(house.url) as client:
        server = house.expo.server
        server._drain_seconds = 60

        server.handle_exit(signal.SIGTERM, None)
        answer = await client.get("/readyz")
        page = await client.get("/en/")

        assert answer.status_code == 503
        assert answer.json()["parts"]["serving"] == {"state": "unready", "why": "stopping"}
        assert page.status_code == 200
        assert not server.should_exit
        server.handle_exit(signal.SIGTERM, None)
        assert server.should_exit  # the second signal waits for nobody


async def test_signal_stops_a_server_alone_at_once(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        house.expo.server.handle_exit(signal.SIGTERM, None)

        assert house.expo.server.should_exit
        assert await house.expo.probes["serving"]() == unready("stopping")


async def test_count_that_looks_at_nothing_any_more_is_told(tmp_path: Path) -> None:
    async with whole(tmp_path) as house:
        follower, probe = house.expo.voting.follower, house.expo.probes["count"]
        await follower._lock.acquire()  # a look that never ends

        follower.looked_at -= 6
        late = await probe()
        follower.looked_at -= 60
        dead = await probe()
        follower._lock.release()

    assert late == degraded("late")
    assert dead == unready("stopped")


async def test_sealing_that_breaks_a_receipts_promise_is_told_and_stops_nothing(
    tmp_path: Path,
) -> None:
    async with whole(tmp_path) as house:
        progress, probe = house.expo.publication.sealing.progress, house.expo.probes["sealing"]
        now = monotonic()
        progress.waits("khda", 3, now - 60)
        in_time = await probe()
        progress.waits("khda", 3, now - 1_000)
        late = await probe()
        async with stranger(house.url) as client:
            answer = await client.get("/readyz")
        progress.sealed("khda")
        progress.begin(now - 1_000)  # no look has come to its end since
        stuck = await probe()
        progress.key_lost("khda")
        lost = await probe()
        progress.end()
        elsewhere = await probe()

    assert (in_time, late, stuck, elsewhere) == (WELL, degraded("late"), degraded("late"), WELL)
    assert lost == degraded("key-lost")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")


async def test_database_that_is_gone_makes_a_node_unready_and_tells_no_address(
    tmp_path: Path,
) -> None:
    async with doors(tmp_path) as house, stranger(house.url) as client:

        async def gone() -> Part:
            raise Busy

        async def hangs() -> Part:
            await asyncio.Event().wait()
            return WELL

        async def refused() -> Part:
            message = "postgresql://sawt:hunter2@db.internal refused"
            raise OSError(message)

        async def weak() -> Part:
            return degraded("not-connected")

        house.probes |= {"database": gone, "disk": hangs, "link": refused, "notifier": weak}
        answer = await client.get("/readyz")
        parts = answer.json()["parts"]

        house.probes.clear()
        house.probes["notifier"] = weak
        limping = await client.get("/readyz")

    assert answer.status_code == 503
    assert parts["database"] == {"state": "unready", "why": "failed"}
    assert parts["disk"] == {"state": "unready", "why": "no-answer"}
    assert parts["link"] == {"state": "unready", "why": "failed"}
    assert parts["notifier"] == {"state": "degraded", "why": "not-connected"}
    assert "hunter2" not in answer.text
    assert limping.status_code == 200
    assert limping.json()["status"] == "degraded"


@pytest.mark.parametrize("path", ["/readyz", "/livez", "/healthz"])
async def test_probes_are_for_everybody_and_are_never_kept(tmp_path: Path, path: str) -> None:
    async with whole(tmp_path) as house, httpx2.AsyncClient(trust_env=False) as client:
        answer = await client.get(house.url + path)

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
