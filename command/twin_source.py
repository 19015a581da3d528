"""What a rehearsal of a day stands on: a copy of the expo in a folder of its own, and what the day lacks."""

import argparse
import contextlib
import logging
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from command.common import brought_up, programme_in, stop
from expo.copying import NotCopied, copied, made_unreachable
from expo.db import SQLITE_FILE, Database, sqlite_url
from expo.identity import store as people
from expo.identity.invitations import store as invited
from expo.record import store as staff_log
from expo.rights import TEAM_MEMBERS, Role
from expo.web import translations
from expo.web.log import Lines
from expo.web.translations import filled
from expo.web.translations import gettext as _
from expo.words import Text, clean
from sessions import store
from sessions.programme import Day, Programme
from sessions.readiness import ground
from sessions.readiness.facts import Ground

_MOST_PASSES: Final = 100_000  # looked through for whoever has one


class Source(msgspec.Struct, frozen=True):
    """What the twin was made of: the programme, what it lacked, and the last instant on its record."""

    programme: Programme
    ground: Ground
    last: datetime | None = None


# --- the copy ---


@contextlib.contextmanager
def folder_for(*, is_kept: bool) -> Iterator[Path]:
    """A folder only we can read; it is kept only where that is wanted and everything went to its end."""
    path = Path(tempfile.mkdtemp(prefix="sawt-rehearsal-"))
    is_over = False
    try:
        yield path
        is_over = True
    finally:
        if not (is_kept and is_over):
            shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def log_in(folder: Path) -> Iterator[None]:
    """What the twin logs goes into its folder: the terminal is for the report."""
    handler = logging.FileHandler(folder / "server.log", encoding="utf-8")
    handler.setFormatter(Lines(is_json=False))
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.INFO)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
        handler.close()


def copy(expo: Path | None, folder: Path) -> bool:
    """Put a copy of the expo's database and pictures into the folder; whether there was one."""
    if expo is None or not (expo / SQLITE_FILE).is_file():
        return False
    try:
        copied(expo / SQLITE_FILE, folder / SQLITE_FILE)
    except NotCopied as why:
        facts: dict[str, str | int] = {"file": str(expo / SQLITE_FILE), "why": clean(str(why))}
        stop(filled(_("{file} cannot be copied: {why}"), facts))
    brought_up(sqlite_url(folder))
    made_unreachable(folder / SQLITE_FILE)
    if (expo / "media").is_dir():
        shutil.copytree(expo / "media", folder / "media")
    return True


def marked(title: Text) -> Text:
    """The expo's name with the mark of a rehearsal before it: exports and calendars carry it."""
    said = {code: translations.catalogue(code).gettext("Rehearsal") for code in ("ar", "en")}
    if title.en.startswith(said["en"]):
        return title
    return Text(ar=f"{said['ar']} · {title.ar}", en=f"{said['en']} · {title.en}")


# --- what is found before the day ---


async def source_of(
    options: argparse.Namespace, database: Database, folder: Path, expo: Path | None
) -> Source:
    """The programme that will be rehearsed, and what it lacks."""
    async with database.read() as tx:
        programme = await store.find_programme(tx)
        last = next((line.at for line in await staff_log.latest(tx, 1)), None)
    is_copied = programme is not None
    programme = programme or programme_in(Path(options.schedule))
    day = day_of(programme, options.day)
    members = await _members(database, day.opens_at)
    file = folder / SQLITE_FILE
    found = Ground(
        copied=is_copied,
        streamless=ground.streamless(day),
        teamless=ground.without(programme, day, {entity for entity, _role in members}),
        presenterless=ground.without(
            programme, day, {entity for entity, role in members if role is Role.PRESENTER}
        ),
        unfinished=ground.unfinished(programme, day),
        samples=ground.samples(programme, day),
        free=shutil.disk_usage(expo or folder).free,
        size=file.stat().st_size if is_copied else 0,
        clock_behind=last is not None and last > datetime.now(UTC),
    )
    return Source(programme, found, last)


async def _members(database: Database, at: datetime) -> frozenset[tuple[str, Role]]:
    """The entities that have somebody, or a way in for somebody on that day, each with the role."""
    async with database.read() as tx:
        passes = await people.list_passes(tx, _MOST_PASSES)
        known = await people.members(tx) | await invited.in_teams(tx, at)
    through_passes = {
        (one.entity, one.role)
        for one, used in passes
        if one.entity and one.role in TEAM_MEMBERS and one.revoked_at is None
        if used < one.uses and one.expires_at > at
    }
    return known | through_passes


def day_of(programme: Programme, n: int) -> Day:
    """The day with this number.

    Raises:
        SystemExit: There is none, or nothing happens on it.
    """
    day = programme.day(n)
    if day is None:
        days = ", ".join(str(one.n) for one in programme.days)
        stop(filled(_("There is no day {n}: this expo has {days}."), {"n": n, "days": days}))
    if not day.sessions:
        stop(filled(_("Day {n} has no session to rehearse yet."), {"n": n}))
    return day
