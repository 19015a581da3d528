"""Background tasks that die take the server down, loudly; tasks that are asked to end do not."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
from starlette.applications import Starlette

from expo.wire.supervisor import Supervisor
from tests.support.serving import serving


async def forever() -> None:
    await asyncio.Event().wait()


async def crash() -> None:
    raise ZeroDivisionError


async def nothing() -> None:
    pass


async def gives_up(work: Any, **options: Any) -> Supervisor:
    """A supervisor that has been told about the death of this work."""
    told = asyncio.Event()
    async with Supervisor(told.set) as supervisor:
        supervisor.run("tally", work, **options)
        await told.wait()
    return supervisor


@pytest.mark.parametrize("end", [crash, nothing])
async def test_task_that_dies_is_critical_and_asks_to_exit(
    end: Any, caplog: pytest.LogCaptureFixture
) -> None:
    supervisor = await gives_up(end())

    assert supervisor.has_failed
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.CRITICAL, "Background task tally has died")
    ]


async def test_task_cancelled_by_somebody_else_has_died_too(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def cancel_oneself() -> None:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        await forever()

    assert (await gives_up(cancel_oneself())).has_failed


async def test_leaving_the_block_ends_the_tasks_quietly(caplog: pytest.LogCaptureFixture) -> None:
    told = asyncio.Event()
    ended = asyncio.Event()

    async def tidy() -> None:
        with contextlib.suppress(asyncio.CancelledError):
            await forever()
        ended.set()

    async with Supervisor(told.set) as supervisor:
        supervisor.run("a", tidy())
        supervisor.run("b", forever())
        await asyncio.sleep(0)
        assert supervisor.running() == ("a", "b")

    assert ended.is_set()
    assert (told.is_set(), supervisor.has_failed, supervisor.running()) == (False, False, ())
    assert caplog.records == []


async def test_work_that_has_an_end_may_end() -> None:
    told = asyncio.Event()
    async with Supervisor(told.set) as supervisor:
        supervisor.run("once", nothing(), is_endless=False)
        await asyncio.sleep(0)
        await asyncio.sleep(0)

        assert supervisor.running() == ()
    assert not supervisor.has_failed
    assert not told.is_set()


async def test_server_ends_when_a_follower_dies() -> None:
    stop = asyncio.Event()
    wound = asyncio.Event()

    async def follower() -> None:
        await wound.wait()
        raise ZeroDivisionError

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with Supervisor(stop.set) as supervisor:
            supervisor.run("tally", follower())
            yield

    async with serving(Starlette(lifespan=lifespan)) as (_, server):
        wound.set()
        await stop.wait()
        server.stop()
