"""A server that is stopped after any cue says the same when it is back: stage, contest, and what can be undone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from expo.identity.people import Assurance, Person, PersonId
from expo.rights import Role
from sessions.cues import Scene
from sessions.orders import Kind, Order
from sessions.protocol import StageState
from tests.support.clock import Clock
from tests.support.stagehouse import ORGANISER, STAGED, House, house
from voting.contests import Phase
from voting.protocol import Cast, ContestState


async def add_minutes(stage: House, n: int) -> None:
    version = stage.show.progress("water").version
    await stage.show.act(ORGANISER, Order(Kind.MINUTES, version, session="water", by=n))


@asynccontextmanager
async def back(folder: Path, at: Clock) -> AsyncIterator[House]:
    """Another process on the same data, at the same instant."""
    async with house(folder, STAGED) as found:
        found.clock.move(seconds=(at() - found.clock()).total_seconds())
        await found.show.catch_up()
        yield found


def said(stage: House) -> tuple[StageState, ContestState, object]:
    """What screens and phones are told, and where every session stands."""
    contest = stage.voting.state(stage.contest().id)
    told = msgspec.structs.replace(stage.show.stage(), turnout=None)  # counted by a follower
    return told, contest, stage.show.rundown.progress


async def vote(stage: House) -> None:
    """One ballot that ranks everything, so that every place is one initiative's."""
    writing = asyncio.create_task(stage.voting.writer.run())
    person = Person(
        PersonId("v1"), Role.EMPLOYEE, electorate="employees", assurance=Assurance.VERIFIED
    )
    ranking = tuple(one.id for one in stage.contest().options)
    cast = Cast("01890000-0000-7000-8000-000000000001", stage.contest().id, ranking)
    try:
        await stage.voting.cast(person, cast, stage.clock())
    finally:
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing


async def test_every_cue_outlives_the_process(tmp_path: Path) -> None:
    async with house(tmp_path) as stage:
        steps: list[tuple[Kind, dict[str, Any]]] = [
            (Kind.START, {}),
            (Kind.HOLD, {}),
            (Kind.GO_ON, {}),
            (Kind.OPEN, {}),
            (Kind.SCENE, {"scene": Scene.BLACK}),
            (Kind.SCENE, {}),
            (Kind.PAUSE, {}),
            (Kind.RESUME, {}),
            (Kind.EXTEND, {"minutes": 1}),
            (Kind.CLOSE, {}),
        ]
        for kind, more in steps:
            await stage.order(kind, **more)
            async with back(tmp_path, stage.clock) as again:
                assert said(again) == said(stage), kind
            await stage.pass_time(seconds=3)
            if kind is Kind.OPEN:
                await vote(stage)
        await stage.count()
        places = len(stage.contest().options)
        for revealed, kind in enumerate((Kind.REVIEW, *[Kind.REVEAL] * places)):
            await stage.order(kind)
            async with back(tmp_path, stage.clock) as again:
                assert said(again) == said(stage), kind
                assert len(again.voting.state(again.contest().id).places) == revealed
                assert again.show.stage().final is None
        await stage.order(Kind.PUBLISH)
        async with back(tmp_path, stage.clock) as again:
            assert said(again) == said(stage)
            assert again.contest().phase is Phase.PUBLISHED


async def test_a_step_is_taken_back_after_the_server_came_back(tmp_path: Path) -> None:
    async with house(tmp_path) as stage:
        await stage.order(Kind.START)
        before = stage.show.board()
        await add_minutes(stage, 5)
        assert stage.show.board() != before
        async with back(tmp_path, stage.clock) as again:
            assert said(again) == said(stage)
            await again.order(Kind.UNDO)
            restored = again.show.board()
            assert restored.late_minutes == before.late_minutes
            assert restored.now == before.now
