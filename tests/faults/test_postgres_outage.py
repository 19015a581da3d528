"""A database that goes away under a running expo: told, never lied about, and back without a restart (A1)."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from expo.postgres import ANSWER_S
from expo.rights import Role
from tests.support.postgres import Cluster
from tests.support.roles import stranger
from tests.support.whole import Whole, ballot, whole

SECRET = "nZ2b-Qw8_rT5yU1iOp3aSd6fGh9jKl0xCv7m"
BACK_WITHIN_S = 3.0  # after the database is back


def environ(cluster: Cluster) -> dict[str, str]:
    """The settings of a node on a new database of this cluster."""
    return {"SAWT_DATABASE_URL": cluster.fresh(), "SAWT_SECRET_KEY": SECRET}


async def ready(there: Whole) -> tuple[int, dict[str, dict[str, str]]]:
    """What the readiness page says."""
    async with stranger(there.url) as client:
        answer = await client.get("/readyz")
    return answer.status_code, answer.json()["parts"]


async def until_ready(there: Whole) -> None:
    """Wait until every part works again."""
    async with asyncio.timeout(BACK_WITHIN_S):
        while (await ready(there))[0] != 200:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.05)


@pytest.mark.timeout(120)
async def test_expo_outlives_its_database(tmp_path: Path, own_cluster: Cluster) -> None:
    async with whole(tmp_path, environ(own_cluster)) as there:
        await there.open()
        voter = await there.person(Role.CUSTOMER)
        options = [option.id for option in there.contest().options]
        path = "/live/khda"
        async with there.ear(path, voter) as ear:
            first = ballot(*options[:2])
            await ear.say({"type": "cast", **first})
            receipt = await ear.frame("receipt")

            await asyncio.to_thread(own_cluster.crash)
            second = ballot(*options[1:3])
            await ear.say({"type": "cast", **second})
            refused = await ear.frame("refused")
            pages = {
                lang: await voter.get(f"/{lang}/", headers={"accept-language": lang})
                for lang in ("ar", "en")
            }
            status, parts = await ready(there)

            assert refused["code"] == "busy"
            assert refused["id"] == second["id"]
            assert 'lang="ar"' in pages["ar"].text
            assert 'lang="en"' in pages["en"].text
            for page in pages.values():
                assert page.status_code == 503
                assert int(page.headers["retry-after"]) >= 1
                assert "set-cookie" not in page.headers
            assert (status, parts["database"]["state"]) == (503, "unready")
            assert parts["followers"] == {"state": "ok"}

            await asyncio.to_thread(own_cluster.start)
            await until_ready(there)
            await ear.say({"type": "cast", **second})
            again = await ear.frame("receipt")
            await ear.say({"type": "cast", **first})
            same = await ear.frame("receipt")

            assert again["revision"] == receipt["revision"] + 1
            assert _without_instants(same) == _without_instants(receipt)
            assert (await voter.get("/en/")).status_code == 200
            async with asyncio.timeout(BACK_WITHIN_S):
                while await there.ballots() != 1:  # noqa: ASYNC110 - no event
                    await asyncio.sleep(0.05)
        await there.closed()


@pytest.mark.timeout(120)
async def test_silent_database_is_told_like_one_that_is_gone(
    tmp_path: Path, own_cluster: Cluster
) -> None:
    """Its processes are stopped, so every connection stays open and nothing ever answers."""
    async with whole(tmp_path, environ(own_cluster)) as there:
        await there.open()
        voter = await there.person(Role.CUSTOMER)
        options = [option.id for option in there.contest().options]
        async with there.ear("/live/khda", voter) as ear:
            first = ballot(*options[:2])
            await ear.say({"type": "cast", **first})
            await ear.frame("receipt")
            own_cluster.freeze()
            try:
                async with asyncio.timeout(ANSWER_S + 6):
                    second = ballot(*options[1:3])
                    await ear.say({"type": "cast", **second})
                    refused, page = await asyncio.gather(
                        ear.frame("refused"), voter.get("/en/", timeout=20)
                    )
            finally:
                own_cluster.thaw()

            assert (refused["code"], page.status_code) == ("busy", 503)
            await until_ready(there)
            await ear.say({"type": "cast", **second})
            assert (await ear.frame("receipt"))["revision"] == 2
            assert (await voter.get("/en/")).status_code == 200


def _without_instants(frame: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in frame.items() if name != "at"}


@pytest.mark.timeout(120)
async def test_contest_ends_in_time_though_the_database_was_away_at_its_close(
    tmp_path: Path, own_cluster: Cluster
) -> None:
    async with whole(tmp_path, environ(own_cluster)) as there:
        await there.open()
        await asyncio.to_thread(own_cluster.abort)
        there.pass_time(hours=1)
        await asyncio.sleep(0.3)  # its followers notice
        await asyncio.to_thread(own_cluster.start)
        await until_ready(there)

        async with asyncio.timeout(15):
            while await there.expo.voting.result("khda") is None:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.05)
