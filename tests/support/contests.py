"""A small contest, people who may vote in it, and a voting house on a real database."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from typing_extensions import override

from expo.db import Database
from expo.identity.people import Assurance, Person, PersonId, Visit
from expo.rights import Role
from expo.wire.hub import Hub
from expo.wire.notifier import LocalNotifier
from expo.wire.viewer import Limits, Outlet, Viewer
from expo.words import Text
from tests.support.clock import Clock
from tests.support.databases import url_in
from voting import moves
from voting.closing_follower import ClosingFollower
from voting.contests import Contest, ContestId, Electorate, Option, Rules
from voting.lanes.writer import Lanes
from voting.protocol import Cast, Receipt
from voting.usecases import Voting
from voting.writer import Writer

OPTIONS = ("a", "b", "c", "d")
ELECTORATES = (
    Electorate("employees", Text(ar="الموظفون", en="Employees"), 34, 20, 5, Assurance.CONTACT),
    Electorate(
        "teams", Text(ar="فرق الابتكار", en="Innovation teams"), 33, 10, 5, Assurance.CONTACT
    ),
    Electorate("customers", Text(ar="المتعاملون", en="Customers"), 33, 20, 5, Assurance.DEVICE),
)


def option(name: str, entity: str | None = None) -> Option:
    """An option of an entity, by default one of its own name."""
    title = Text(ar=f"مبادرة {name}", en=f"Initiative {name.upper()}")
    home = entity or f"entity-{name}"
    return Option(name, title, title, title, home, Text(ar=home, en=home), f"/initiative/{name}")


def contest(
    contest_id: str = "s1",
    *,
    rules: Rules | None = None,
    day: int = 1,
    stations: int = 1,
) -> Contest:
    """A draft with four options of four entities and three electorates."""
    return Contest(
        id=ContestId(contest_id),
        subject=contest_id,
        href=f"/session/{contest_id}",
        title=Text(ar="ترتيب المبادرات", en="Ranking"),
        day=day,
        options=tuple(option(name) for name in OPTIONS),
        electorates=ELECTORATES,
        rules=rules or Rules(max_ranked=4),
        stations=stations,
    )


def person(
    name: str = "p1",
    electorate: str | None = "customers",
    *,
    role: Role = Role.CUSTOMER,
    entity: str | None = None,
    assurance: Assurance = Assurance.DEVICE,
) -> Person:
    """Somebody who may vote, by default a customer at a device."""
    return Person(PersonId(name), role, electorate, entity, assurance, label=name)


def employee(name: str) -> Person:
    """An employee who came with a pass."""
    return person(name, "employees", role=Role.EMPLOYEE, assurance=Assurance.CONTACT)


def member(name: str, entity: str = "entity-a") -> Person:
    """A member of an entity's innovation team."""
    return person(name, "teams", role=Role.TEAM, entity=entity, assurance=Assurance.CONTACT)


ORGANISER = person("boss", None, role=Role.ORGANISER, assurance=Assurance.CONTACT)


def cast(ranking: str = "abc", *, contest: str = "s1", ballot_id: str | None = None) -> Cast:
    """A cast of one-letter options."""
    return Cast(ballot_id or str(uuid.uuid4()), contest, tuple(ranking))


class Recorder(Viewer):
    """A viewer that keeps what it is told; never behind."""

    def __init__(self, who: object) -> None:
        super().__init__(who, Limits(), on_text=_ignore, on_junk=_ignore)
        self.replies: list[bytes] = []
        self.frames: list[bytes] = []
        self.closed: tuple[int, str] | None = None
        self.told = asyncio.Event()

    @property
    @override
    def outlet(self) -> Outlet:
        return self.frames.append

    @override
    def reply(self, payload: bytes) -> None:
        self.replies.append(payload)
        self.told.set()

    @override
    def close(self, code: int, reason: str = "") -> None:
        self.closed = (code, reason)


class House:
    """Voting on a database; its writer runs, its followers look when they are told to."""

    def __init__(self, url: str, clock: Clock) -> None:
        self.clock = clock
        self.hub = Hub()
        self.notifier = LocalNotifier()
        self.database = Database(url)
        self.voting = Voting(
            database=self.database, notifier=self.notifier, hub=self.hub, now=clock
        )
        self.closing = ClosingFollower(self.voting)

    @property
    def writer(self) -> Writer:
        """What writes the ballots of contests with one polling station."""
        found = self.voting.writer
        return found.writers[0] if isinstance(found, Lanes) else found

    async def make(self, new: Contest) -> Contest:
        """A contest that is ready."""
        async with self.database.write() as tx:
            made = await moves.create(tx, new)
            made = await moves.ready(tx, made.id, made.version)
        await self.voting.refresh([made.id])
        return made

    async def open(self, new: Contest | None = None) -> Contest:
        """A contest that takes ballots."""
        made = await self.make(new or contest())
        return await self.move(made.id, moves.open)

    async def move(
        self, contest_id: str, move: Callable[..., Coroutine[Any, Any, Contest]], *args: object
    ) -> Contest:
        """Do something to a contest as the organiser would, seeing its present version."""
        known = self.voting.contests.get(contest_id)
        assert known is not None
        given = args or ((self.clock(),) if move not in _TIMELESS else ())
        async with self.database.write() as tx:
            moved = await move(tx, contest_id, known.version, *given)
        await self.voting.refresh([contest_id])
        return moved

    async def finish(self, contest_id: str = "s1") -> Contest:
        """A contest that is closed and counted."""
        await self.move(contest_id, moves.close)
        self.clock.move(seconds=11)
        await self.closing.look()
        closed = self.voting.contests.get(contest_id)
        assert closed is not None
        return closed

    async def vote(self, who: Person, ranking: str = "abc", *, contest: str = "s1") -> Receipt:
        """The receipt of a ballot."""
        return await self.voting.cast(who, cast(ranking, contest=contest), self.clock())


_TIMELESS = {moves.review}


@asynccontextmanager
async def house(
    folder: Path, clock: Clock | None = None, *, url: str | None = None
) -> AsyncIterator[House]:
    """A voting house in a folder; opening it again there is a restart, meanwhile another node.

    Args:
        folder: Keeps its database.
        clock: Of another house, to be at the same instant.
        url: Of another database.
    """
    found = House(url or url_in(folder), clock or Clock())
    await found.voting.refresh()
    writing = asyncio.create_task(found.voting.writer.run())
    try:
        yield found
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await found.database.close()


def visit(who: Person | None = None, device: str = "device-1") -> Visit:
    """A visit of somebody, or of nobody known."""
    return Visit(None, who, device)


def _ignore(_viewer: Viewer, _what: object) -> None:
    return None
