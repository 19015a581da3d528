"""A whole expo on a real port, in a thread of its own, which a test brings into any state.

Sync Playwright keeps the main thread's event loop to itself, so the expo runs in another thread and
is spoken to through `Running.do`. It is the product's own composition (`command.assembly.Expo`) on a
SQLite file; only its clock is put forward by the test.
"""

import asyncio
import contextlib
import itertools
import tempfile
import threading
import uuid
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import msgspec

from command.assembly import Expo
from expo.clock import Movable
from expo.db import Database
from expo.identity.people import Assurance, Person, PersonId, Visit
from expo.place import Place
from expo.rights import Role
from expo.wire.server import listen, port_of
from sessions.cues import Scene
from sessions.orders import Kind, Order
from sessions.rehearsal.desk import Desk
from tests.support.cable import Cable
from tests.support.databases import url_in
from tests.support.schedules import parsed
from voting.contests import Contest, Phase
from voting.protocol import Cast, Receipt
from voting.results import Result
from voting.usecases import Voting
from voting.writer import ANY_CONTEST

T = TypeVar("T")

ROOT: Final = Path(__file__).resolve().parents[2]
MORNING: Final = datetime(2017, 4, 17, 4, 40, tzinfo=UTC)
"""08:40 in the hall: ten minutes into the first session of the real programme."""
SESSION: Final = "khda"
"""The first session; its contest has five options and takes five places."""
WAIT: Final = 20.0  # seconds for anything asked of the expo
ORGANISER: Final = Person(PersonId("o1"), Role.ORGANISER, label="Mariam")
_ENTITY: Final = "dewa"  # of team members who come in by a pass
_OTHER: Final = "rta"  # of team members in a crowd
_GROUPS: Final = {"employees": Role.EMPLOYEE, "teams": Role.TEAM, "customers": Role.CUSTOMER}


def real_schedule(*changes: tuple[str, str]) -> str:
    """The programme the product comes with, with texts replaced; each old text must be there."""
    text = (ROOT / "schedule.yaml").read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text


class Running:
    """An expo that serves until it is stopped; starting it again is a restart.

    Args:
        folder: Keeps its database and secret.
        schedule: YAML, put in force at the first start.
        at: What its clock shows at the first start; from there it runs on.
        stands_still: Whether the clock moves by `go_to` alone.
        environ: Its settings.
    """

    def __init__(
        self,
        folder: Path,
        schedule: str,
        at: datetime = MORNING,
        *,
        stands_still: bool = False,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self._environ = environ or {}
        self.clock = Movable((lambda: at) if stands_still else (lambda: datetime.now(UTC)))
        self.clock.go_to(at)
        self.port = 0
        self.cable = Cable()
        self._schedule = folder / "schedule.yaml"
        self._schedule.write_text(schedule)
        self._programme = parsed(schedule.encode())
        self._names = itertools.count()
        self._expo: Expo | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._failure: BaseException | None = None

    @property
    def url(self) -> str:
        """Where it is, e.g. ``http://127.0.0.1:40123``."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def expo(self) -> Expo:
        """The expo itself; touch it through `do` only."""
        assert self._expo is not None
        return self._expo

    # --- running ---

    def start(self) -> None:
        """Serve, on the same port as before if there was one.

        Raises:
            RuntimeError: It did not start.
        """
        up = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(up,), name="expo", daemon=True)
        self._thread.start()
        if not up.wait(WAIT) or self._failure is not None:
            message = "the expo did not start"
            raise RuntimeError(message) from self._failure

    def stop(self) -> None:
        """Stop as an operator would; the database is closed afterwards."""
        if self._loop is not None and self._ended is not None and self._thread is not None:
            self._loop.call_soon_threadsafe(self._ended.set)
            self._thread.join(WAIT)
            assert not self._thread.is_alive(), "the expo did not stop"
        self._loop = self._expo = self._thread = None

    def do(self, what: Callable[[Expo], Coroutine[Any, Any, T]]) -> T:
        """Run something in the expo's own loop and wait for what it gives."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(what(self.expo), self._loop).result(WAIT)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _exc: BaseException | None,
        _tb: TracebackType | None,
    ) -> None:
        self.stop()

    def _run(self, up: threading.Event) -> None:
        try:
            asyncio.run(self._serve(up))
        except BaseException as failure:  # noqa: BLE001 - told by `start`, or by the next `do`
            self._failure = failure
            up.set()

    async def _serve(self, up: threading.Event) -> None:
        self._loop, self._ended = asyncio.get_running_loop(), asyncio.Event()
        sock = listen("127.0.0.1", self.port)
        self.port = port_of(sock)
        place = Place(self.folder, self._environ, "127.0.0.1", self.port)
        async with self.cable.to(self.port) as cable:
            origins = (*place.settings.allowed_origins, cable)
            settings = msgspec.structs.replace(place.settings, allowed_origins=origins)
            database = Database(url_in(self.folder))
            expo = Expo(
                settings, database, self._programme, self._schedule, self.clock, rehearsal=False
            )
            try:
                async with expo.running():
                    serving = asyncio.create_task(expo.server.serve(sockets=[sock]))
                    await expo.server.ready.wait()
                    self._expo = expo
                    up.set()
                    await self._ended.wait()
                    expo.stop()
                    await serving
            finally:
                await database.close()

    # --- time ---

    @property
    def now(self) -> datetime:
        """What the expo's clock shows."""
        return self.clock()

    def go_to(self, instant: datetime) -> None:
        """Put the clock to an instant and tell whoever waits for it."""
        self.clock.go_to(instant)
        self._loop_call(lambda expo: expo.notifier.notify(ANY_CONTEST))

    def pass_time(self, **by: float) -> None:
        """Put the clock forward, e.g. ``pass_time(minutes=5)``."""
        self.go_to(self.now + timedelta(**by))

    def _loop_call(self, what: Callable[[Expo], object]) -> None:
        async def call(expo: Expo) -> None:
            what(expo)

        self.do(call)

    # --- the show ---

    def begin(self, session: str = SESSION) -> None:
        """Put a session on the stage; its contest is ready afterwards."""
        self._desk(lambda desk: desk.start(session))

    def end(self, session: str = SESSION) -> None:
        """Take a session off the stage."""
        self._desk(lambda desk: desk.end(session))

    def order(self, kind: Kind, session: str = SESSION, *, minutes: int | None = None) -> None:
        """Do something to a session's contest, or to a session that is only cancelled or moved."""

        async def act(expo: Expo) -> None:
            if kind.value.endswith("-session"):
                version = expo.show.progress(session).version
                order = Order(kind, version, session=session, confirmed=True)
            else:
                version = self.contest(session).version
                order = Order(kind, version, contest=session, minutes=minutes, confirmed=True)
            await expo.show.act(ORGANISER, order)

        self.do(act)

    def scene(self, scene: Scene | None) -> None:
        """Pick a scene for the screens, or let them follow by themselves again."""

        async def act(expo: Expo) -> None:
            order = Order(Kind.SCENE, expo.show.rundown.stage.version, scene=scene)
            await expo.show.act(ORGANISER, order)

        self.do(act)

    def open(self, session: str = SESSION) -> None:
        """Put a session on the stage with its contest open."""
        self.begin(session)
        self.order(Kind.OPEN, session)

    def count(self, session: str = SESSION) -> Result:
        """Close an open contest, let the grace go by, and give the counted result."""
        if self.contest(session).phase is not Phase.CLOSING:
            self.order(Kind.CLOSE, session)
        hard_close_at = self.contest(session).hard_close_at
        assert hard_close_at is not None
        self.go_to(max(self.now, hard_close_at + timedelta(seconds=1)))
        return self._desk(lambda desk: desk.counted(self.contest(session)))

    def reveal(self, session: str = SESSION, *, places: int) -> None:
        """Approve a counted contest and reveal its last places."""
        self.order(Kind.REVIEW, session)
        for _ in range(places):
            self.order(Kind.REVEAL, session)

    def publish(self, session: str = SESSION) -> None:
        """Reveal and publish a counted contest."""
        self._desk(lambda desk: desk.publish(self.contest(session)))

    def contest(self, session: str = SESSION) -> Contest:
        """A session's contest as it is now."""
        found = self.expo.show.contest(session)
        assert found is not None
        return found

    def options(self, session: str = SESSION) -> list[str]:
        """The ids of what can be ranked, in the programme's order."""
        return [one.id for one in self.contest(session).options]

    def _desk(self, what: Callable[[Desk], Awaitable[T]]) -> T:
        async def act(expo: Expo) -> T:
            return await what(Desk(expo.show, expo.voting))

        return self.do(act)

    # --- people and ballots ---

    def pass_for(self, role: Role, label: str = "") -> str:
        """The path of a new pass, e.g. ``/pass/…``."""
        electorate = {v: k for k, v in _GROUPS.items()}.get(role)
        entity = _ENTITY if role is Role.TEAM else None
        until = self.now + timedelta(hours=6)

        async def issue(expo: Expo) -> str:
            issued = await expo.passes.issue(
                None, role=role, electorate=electorate, entity=entity, label=label, expires_at=until
            )
            return issued.path

        return self.do(issue)

    def cookies_of(self, role: Role, label: str = "") -> dict[str, str]:
        """The cookies of somebody who has come in: by a pass, or as a customer by joining."""
        device = f"device-of-a-test-{next(self._names):04d}"
        path = "" if role is Role.CUSTOMER else self.pass_for(role, label)

        async def come_in(expo: Expo) -> str:
            if not path:
                return (await expo.visits.join(Visit(device=device)))[1]
            token = path.removeprefix("/pass/")
            return (await expo.passes.redeem(token, Visit(device=device)))[1]

        return {"sawt_visit": self.do(come_in), "sawt_device": device}

    def vote(
        self, ranking: Sequence[str], group: str = "customers", *, session: str = SESSION
    ) -> Receipt:
        """A ballot of somebody new."""
        person = Person(
            PersonId(f"voter-{next(self._names)}"),
            _GROUPS[group],
            electorate=group,
            entity=_OTHER if group == "teams" else None,
            assurance=Assurance.DEVICE if group == "customers" else Assurance.CONTACT,
        )
        return self.cast(person, ranking, session)

    def cast(self, person: Person, ranking: Sequence[str], session: str = SESSION) -> Receipt:
        """A ballot of this person."""
        ballot = Cast(str(uuid.uuid4()), session, tuple(ranking))
        return self.do(lambda expo: _cast(expo.voting, person, ballot, self.now))

    def crowd(self, session: str = SESSION, *, each: int = 6) -> None:
        """Ballots of every electorate, so many that each counts; they prefer earlier options."""
        options = self.options(session)
        most = self.contest(session).rules.max_ranked
        for group in _GROUPS:
            for n in range(each):
                first = options[int(n % 3 == 2)]  # every third prefers the second option
                self.vote(list(dict.fromkeys([first, *options]))[:most], group, session=session)

    def person(self, cookies: dict[str, str]) -> Person | None:
        """Who these cookies belong to."""
        token, device = cookies.get("sawt_visit"), cookies.get("sawt_device")
        return self.do(lambda expo: expo.visits.of(token, device)).person

    def stored(self, cookies: dict[str, str], session: str = SESSION) -> tuple[str, ...] | None:
        """The ranking the database holds for whoever has these cookies; None when there is none."""
        person = self.person(cookies)
        receipt = self.do(lambda expo: expo.voting.mine(person, session)).receipt
        return receipt.ranking if receipt and receipt.ranking else None

    def ballots(self, session: str = SESSION) -> int:
        """How many ballots count, the latest included."""

        async def look(expo: Expo) -> int:
            await expo.voting.refresh()
            return expo.voting.turnout(self.contest(session).id).ballots

        return self.do(look)


_served_by: list[type[Running]] = [Running]


def serve_by(kind: type[Running]) -> None:
    """Let every show that begins from now on be served in this way."""
    _served_by[0] = kind


@contextlib.contextmanager
def running(
    schedule: str | None = None, at: datetime = MORNING, *, stands_still: bool = False
) -> Iterator[Running]:
    """A started expo in a folder that is thrown away; by default with the real programme."""
    with (
        tempfile.TemporaryDirectory(prefix="sawt-browser-") as folder,
        _served_by[0](
            Path(folder), schedule or real_schedule(), at, stands_still=stands_still
        ) as found,
    ):
        yield found


async def _cast(voting: Voting, person: Person, ballot: Cast, at: datetime) -> Receipt:
    return await voting.cast(person, ballot, at)
