"""An election through nginx on a fleet, with something going wrong beside it, looked at by other code."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx2

from command.rehearse import attended, come
from sessions.orders import Kind
from sessions.rehearsal.audience import Audience
from sessions.rehearsal.control_room import ControlRoom
from sessions.rehearsal.door import Door
from sessions.rehearsal.election import SESSION, programme_for
from sessions.schedule_dump import dump
from sessions.schedule_file import parse
from tests.support.fleet import Fleet, fleet
from tests.support.held_elections import Election, Evidence
from tests.support.show import ROOT

Trouble = Callable[[Fleet, Audience], Coroutine[Any, Any, None]]
"""What goes on beside the voting; ends by itself."""


async def held_by_fleet(
    folder: Path,
    database_url: str,
    election: Election,
    trouble: Trouble,
    *,
    pace: float,
    size: int = 2,
    has_nats: bool = True,
    most_seconds: float = 600,
) -> Evidence:
    """The election, held at nginx from the first ballot to the published result.

    Args:
        folder: For the programme and for what is written to look closer.
        database_url: A migrated PostgreSQL database.
        election: What is asked, and the ballots.
        trouble: Goes on beside the voting.
        pace: How much faster than people.
        size: How many nodes.
        has_nats: Whether NATS carries word between them.
        most_seconds: How long the voting may take.
    """
    electorates = parse((ROOT / "schedule.yaml").read_bytes()).electorates
    programme = programme_for(election.file, electorates)
    schedule = folder / "election.yaml"
    schedule.write_text(dump(programme), encoding="utf-8")
    async with fleet(
        at=programme.sessions[0].starts_at,
        database_url=database_url,
        size=size,
        has_nats=has_nats,
        schedule=schedule,
    ) as there:
        organiser = await there.organiser()
        audience, room = await come(
            there.address, organiser, len(election.ballots), pace=pace, ballots=election.ballots
        )
        async with audience.door, asyncio.TaskGroup() as tasks:
            making = tasks.create_task(trouble(there, audience))
            result = await attended(audience, room, SESSION, most_seconds=most_seconds)
            await making
        return Evidence(result, audience, programme, database_url, folder)


@contextlib.asynccontextmanager
async def control_room(there: Fleet) -> AsyncIterator[ControlRoom]:
    """Somebody at the control room, through nginx."""
    async with Door(there.address) as door:
        room = ControlRoom(door, await door.redeem(await there.organiser()))
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(room.watch())
            yield room
            watching.cancel()


async def opened(room: ControlRoom, session: str = "khda") -> None:
    """Put a session on the stage with its contest open."""
    await room.press(session, Kind.START, lambda _view, line: line.status == "live")
    for kind, phase in ((Kind.READY, "ready"), (Kind.OPEN, "open")):
        await room.press(
            session,
            kind,
            lambda _view, line, phase=phase: (  # type: ignore[misc]  # mypy sees no default there
                line.contest is not None and line.contest.phase in (phase, "open")
            ),
        )


class Walkers:
    """People who go from page to page at nginx and count what they get.

    Args:
        url: Of nginx.
        paths: Where they go, in turn.
    """

    def __init__(self, url: str, paths: tuple[str, ...]) -> None:
        self.pages = 0
        self.wrong: list[str] = []
        """Every answer that was not a whole page."""
        self._url = url
        self._paths = paths

    async def walk(self) -> None:
        """Until cancelled."""
        async with httpx2.AsyncClient(base_url=self._url, trust_env=False, timeout=15) as client:
            while True:
                for path in self._paths:
                    await self._look(client, path)
                    await asyncio.sleep(0.02)

    async def _look(self, client: httpx2.AsyncClient, path: str) -> None:
        try:
            answer = await client.get(path)
        except httpx2.TransportError as error:
            self.wrong.append(f"{path}: {error!r}")
            return
        self.pages += 1
        if answer.status_code != httpx2.codes.OK:
            self.wrong.append(f"{path}: {answer.status_code}")
