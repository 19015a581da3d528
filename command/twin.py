"""``rehearse --day``: a whole day held in a copy of the expo, and a report of what is ready.

The copy is in a folder of its own with a secret of its own, and is served without any setting of the
environment: no mail server, no provider, no notifier, no token. Nothing in it reaches a real person.
"""

import argparse
import asyncio
import logging
import os
import sys
import tempfile
import time
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec

from command import readiness
from command.assembly import Expo
from command.common import brought_up, kept_at, listening, say, stop
from command.twin_source import Source, copy, day_of, folder_for, log_in, marked, source_of
from expo.clock import Movable
from expo.db import Database, sqlite_url
from expo.place import Place
from expo.rights import Role
from expo.web import translations
from expo.web.translations import filled
from expo.web.translations import gettext as _
from expo.wire.server import port_of
from expo.wire.supervisor import Supervisor
from expo.words import clean
from sessions.orders import RELOAD
from sessions.programme import Day, Programme
from sessions.readiness.checks import findings, is_ready
from sessions.readiness.facts import Played, Rehearsed
from sessions.rehearsal.bundle import bring
from sessions.rehearsal.desk import DIRECTOR
from sessions.rehearsal.director import LABEL
from sessions.rehearsal.door import Door, TurnedAway
from sessions.rehearsal.entertainment import PASS_HOURS, tickets
from sessions.rehearsal.flow import Flow
from sessions.rehearsal.history import History
from sessions.rehearsal.late_viewers import come_in
from sessions.rehearsal.twin import Twin
from sessions.schedule_dump import dump
from sessions.streams.delay_follower import DelayFollower
from voting.methods.outcome import Ranks
from voting.verify import verify as verifier
from voting.writer import ANY_CONTEST

logger = logging.getLogger(__name__)

_BEFORE: Final = timedelta(minutes=10)  # of the day's first minute
_BUNDLE_TRIES: Final = 120
_BUNDLE_PAUSE: Final = 0.25  # seconds; half a minute in all


class _Ears:
    """What viewers hear is decoded, and noted nowhere."""

    def take(self, raw: bytes) -> dict[str, Any]:
        frame: dict[str, Any] = msgspec.json.decode(raw)
        return frame


def rehearse_day(options: argparse.Namespace) -> int:
    """Hold a day in a twin of the expo and say what is ready.

    Returns:
        0; 1 when something stops the day, the rehearsal was ended before it was over, or its report
        could not be written.
    """
    expo = kept_at(options.data) if options.data else None
    report = _report_at(options.report)
    if options.audience < 1:
        stop(_("A rehearsal of a day needs an audience of at least one."))
    with folder_for(is_kept=options.keep) as folder, log_in(folder):
        is_copied = copy(expo, folder)
        code = asyncio.run(_rehearsed(options, folder, expo, report, is_copied=is_copied))
        if options.keep:
            say(
                filled(
                    _("The twin is kept in {folder}: it holds what the expo knows of people."),
                    {"folder": str(folder)},
                )
            )
    return code


def _report_at(name: str | None) -> Path | None:
    """Where the report will be written; asked before the day, which takes its time."""
    if name is None:
        return None
    path = Path(name)
    if path.suffix.lower() not in readiness.KINDS:
        stop(filled(_("The report {file} must end in .json or .html."), {"file": name}))
    is_free = not path.is_dir() and path.parent.is_dir()
    if not is_free or not os.access(path if path.exists() else path.parent, os.W_OK):
        stop(filled(_("The report {file} cannot be written there."), {"file": name}))
    return path


# --- the day ---


async def _rehearsed(
    options: argparse.Namespace,
    folder: Path,
    expo_folder: Path | None,
    report: Path | None,
    *,
    is_copied: bool,
) -> int:
    """Hold the day; the command's exit status."""
    brought_up(sqlite_url(folder))
    start = datetime.now(UTC)
    clock = Movable(lambda: start)
    async with AsyncExitStack() as stack:
        sock = stack.enter_context(closing(listening(options)))
        place = Place(folder, {}, options.host, port_of(sock))
        database = Database(place.database_url)
        stack.push_async_callback(database.close)
        source = await source_of(options, database, folder, expo_folder)
        programme = msgspec.structs.replace(source.programme, title=marked(source.programme.title))
        clock.go_to(_begins(source, options.day))
        schedule = folder / "rehearsal.yaml"
        schedule.write_text(dump(programme), encoding="utf-8")
        expo = Expo(place.settings, database, programme, schedule, clock, rehearsal=True)
        expo.pages.mark_as_twin()
        held = _Held(expo, place, clock, options, source)
        async with expo.running():
            if is_copied:
                await expo.show.amend(
                    DIRECTOR, lambda _old: programme, action=RELOAD, subject="programme"
                )
            async with Supervisor(expo.stop) as extras:
                extras.run("twin", held.run(report), is_endless=False)
                await expo.server.serve(sockets=[sock])
    if not held.is_over:
        say(_("The rehearsal was ended before the day was over."))
    return int(not held.is_well)


def _begins(source: Source, n: int) -> datetime:
    """When the twin's clock begins: before the day, and before those a final needs.

    Where the expo was copied in the middle of the day, no earlier than it had come.
    """
    needed = _earliest(source.programme, n)
    first = min(needed.opens_at, *(one.starts_at for one in needed.sessions)) - _BEFORE
    closes = day_of(source.programme, n).closes_at
    return source.last if source.last and first < source.last < closes else first


def _earliest(programme: Programme, n: int) -> Day:
    day = day_of(programme, n)
    if not any(one.final for one in day.sessions):
        return day
    return next((one for one in programme.days if one.sessions), day)


def _size(database: Database) -> int:
    """Bytes of a database in a file, with its log."""
    file = Path(database.url.database or "")
    return sum(one.stat().st_size for one in file.parent.glob(f"{file.name}*"))


class _Held:
    """One rehearsal in a running expo.

    Args:
        expo: The twin, serving.
        place: Where it is.
        clock: The twin's; its wall stands still.
        options: Of the command.
        source: What it was made of.
    """

    def __init__(
        self, expo: Expo, place: Place, clock: Movable, options: argparse.Namespace, source: Source
    ) -> None:
        self.is_over = False
        """Whether the day was held to its end."""
        self.is_well = False
        """Whether, besides, nothing stops the real one, and the report is where it was wanted."""
        self._expo = expo
        self._place = place
        self._clock = clock
        self._options = options
        self._source = source
        self._sessions: list[Played] = []

    async def run(self, report: Path | None) -> None:
        """Hold the day, look at what came of it, and tell; then stop, unless people are watching."""
        try:
            await self._run(report)
        except Exception as problem:
            if (
                not self._expo.server.is_stopping
            ):  # who ended it knows; everybody's line is cut then
                logger.exception("The rehearsal broke off")
                sys.stderr.write(clean(f"{type(problem).__name__}: {problem}") + "\n")
                self._expo.stop()

    async def _run(self, report: Path | None) -> None:
        await self._expo.server.ready.wait()
        if self._options.serve:
            await self._greet()
        moved = _Wall()
        await self._play()
        played = await self._looked_at()
        rehearsed = Rehearsed(
            day=self._options.day,
            title=self._day.title,
            audience=self._options.audience,
            speed=self._options.speed,
            sessions=tuple(played),
            ground=msgspec.structs.replace(
                self._source.ground, clock_ms=moved.by_ms(), size=_size(self._expo.database)
            ),
        )
        self.is_over = True
        say("\n".join(readiness.in_words(rehearsed)))
        self.is_well = self._written(rehearsed, report) and is_ready(findings(rehearsed))
        if self._options.serve:
            say(_("The twin is still there to be looked at. Ctrl+C ends it."))
        else:
            self._expo.stop()

    def _written(self, rehearsed: Rehearsed, report: Path | None) -> bool:
        """Whether the report is written where it was wanted, if it was."""
        if report is None:
            return True
        try:
            readiness.write(report, rehearsed, datetime.now(UTC), self._expo.pages)
        except OSError as error:
            sys.stderr.write(clean(f"{report}: {error.strerror}") + "\n")
            return False
        say(filled(_("The report is in {file}."), {"file": str(report)}))
        return True

    @property
    def _day(self) -> Day:
        return day_of(self._source.programme, self._options.day)

    async def _play(self) -> None:
        expo, programme = self._expo, self._expo.show.programme
        if any(one.final for one in self._day.sessions):
            await History(expo.show, expo.voting, self._clock).catch_up(programme, self._day.n)
        flow = Flow(self._clock, self._options.speed, lambda: expo.notifier.notify(ANY_CONTEST))
        passes = await tickets(expo.passes, programme, expo.now, self._options.audience)
        paths = [path for some in passes.values() for path in some][: self._options.audience]
        delays = DelayFollower(expo.database, expo.show.delays, expo.now)
        async with self._door() as door:
            viewers = await come_in(door, paths, self._options.audience, _Ears())
            twin = Twin(expo.show, expo.voting, flow, delays.note, viewers)
            await twin.play(day_of(programme, self._options.day), self._ran)

    def _ran(self, played: Played) -> None:
        self._sessions.append(played)
        title = clean(played.title.in_(translations.language.get()))
        say(f"{len(self._sessions)}/{len(self._day.sessions)} {title}")

    def _door(self) -> Door:
        return Door(self._place.loopback, self._place.settings.public_url)

    async def _looked_at(self) -> list[Played]:
        """The sessions again, with what everybody can read of their results."""
        async with self._door() as door:
            public = await self._published(door)
            return [await self._seen(door, one, public) for one in self._sessions]

    async def _published(self, door: Door) -> dict[str, Any]:
        try:
            day = await door.get(f"/results/day/{self._day.n}.json")
        except TurnedAway:
            return {}
        return {one["contest"]: one["result"] for one in day["results"]}

    async def _seen(self, door: Door, played: Played, public: dict[str, Any]) -> Played:
        if played.votes is None:
            return played
        contest = played.votes.contest
        frozen, shown = self._expo.voting.frozen(contest), public.get(contest)
        is_same = (
            frozen is not None
            and shown is not None
            and msgspec.convert(shown["ranks"], Ranks) == frozen.ranks
        )
        recounted = await self._recounted(door, contest) if is_same else None
        return msgspec.structs.replace(played, published=is_same, recounted=recounted)

    async def _recounted(self, door: Door, contest: str) -> bool | None:
        """Whether the verifier finds the published bundle right; None where there is none."""
        with tempfile.TemporaryDirectory(prefix="sawt-bundle-") as name:
            try:
                await bring(
                    door, contest, Path(name), tries=_BUNDLE_TRIES, pause_seconds=_BUNDLE_PAUSE
                )
                await asyncio.to_thread(verifier.check, name)
            except TurnedAway:
                return None
            except verifier.Wrong:
                logger.exception("A bundle does not hold", extra={"contest": contest})
                return False
            return True

    async def _greet(self) -> None:
        """The links of whoever wants to watch, each for the twin alone."""
        expo, site = self._expo, self._place.settings.public_url
        language = translations.language.get()
        screen, organiser = await self._pass(Role.SCREEN), await self._pass(Role.ORGANISER)
        key = await expo.production.devices.new_key(DIRECTOR, "main")
        links = {
            _("Viewer"): f"/{language}/",
            _("Overlay"): f"/overlay/main/{key}?lang={language}",
            _("Projector, once"): screen,
            _("Organiser, once"): organiser,
        }
        say(f"\n  {getattr(expo.show.programme.title, language)}\n")
        for name, path in links.items():
            say(f"  {name:<22} {site}{path}")
        say()

    async def _pass(self, role: Role) -> str:
        until = self._expo.now() + timedelta(hours=PASS_HOURS)
        issued = await self._expo.passes.issue(None, role=role, label=LABEL, expires_at=until)
        return issued.path


class _Wall:
    """Whether somebody moves this machine's clock meanwhile."""

    def __init__(self) -> None:
        self._began = time.time() - time.monotonic()

    def by_ms(self) -> int:
        """By how many milliseconds it was moved since this was made."""
        return round((time.time() - time.monotonic() - self._began) * 1000)
