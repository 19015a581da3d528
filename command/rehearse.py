"""``rehearse``: a synthetic audience at an address, or one whole contest in a throw-away server."""

import argparse
import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx2
import msgspec

from command.child import Child, free_port
from command.common import opened, programme_in, say, stop
from command.told import figures
from command.twin import rehearse_day
from expo.identity.usecases import Passes
from expo.place import data_folder
from expo.web.translations import filled
from expo.web.translations import gettext as _
from sessions.programme import Programme
from sessions.rehearsal import entertainment
from sessions.rehearsal.audience import Audience
from sessions.rehearsal.bundle import bring
from sessions.rehearsal.control_room import ControlRoom
from sessions.rehearsal.door import Door, TurnedAway
from sessions.rehearsal.election import alone, programme_for, strict_ballots
from sessions.rehearsal.election_day import Held, hold
from sessions.rehearsal.report import Report
from sessions.schedule_dump import dump
from voting.exchange import files
from voting.exchange.ballot_file import BallotFile

Ballots = Sequence[tuple[str, ...]]

_LONGEST_SECONDS: Final = 3600.0  # somebody else's server is not left under load for ever


def rehearse(options: argparse.Namespace) -> int:
    """Send a synthetic audience over real sockets, and print what happened.

    Returns:
        0; 1 when somebody's last ballot stayed without an answer.
    """
    if _is_a_day(options):
        return rehearse_day(options)
    file = _ballot_file(options.ballots)
    ballots = strict_ballots(file) if file else None
    target = _empty_folder(options)
    if options.url:
        _check(options.url)
        report, held = asyncio.run(_there(options, ballots)), None
    else:
        with data_folder(options.data) as folder:
            report, held = asyncio.run(_here(options, folder, file, target))
    if options.json:
        told = {"contest": held, **report.summary()}
        say(msgspec.json.format(msgspec.json.encode(told)).decode())
    else:
        say("\n".join(figures(report, held)))
    return int(held is not None and not held.everybody_answered)


async def _there(options: argparse.Namespace, ballots: Ballots | None) -> Report:
    """A crowd of customers (and, with an organiser's link, of everybody) at somebody's address."""
    size = min(options.viewers, len(ballots)) if ballots else options.viewers
    passes = {}
    if options.organiser:
        async with Door(options.url) as door:
            cookies = await door.redeem(urlsplit(options.organiser).path)
            passes = dict(await entertainment.tickets_over(door, cookies, size))
    facts: dict[str, str | int] = {"people": size, "url": options.url}
    say(filled(_("{people} synthetic people go to {url}. Ctrl+C ends it."), facts))
    audience = Audience(options.url, passes=passes, size=size, pace=options.pace, ballots=ballots)
    # Ctrl+C cancels; what happened until then is told all the same.
    with contextlib.suppress(TimeoutError, asyncio.CancelledError):
        async with asyncio.timeout(options.seconds or _LONGEST_SECONDS):
            await audience.run()
    return audience.report


async def _here(
    options: argparse.Namespace, folder: Path, file: BallotFile | None, target: Path | None
) -> tuple[Report, Held]:
    """One whole contest in a throw-away server, from the first ballot to the published result.

    Its bundle is brought into ``target``, if there is one.
    """
    programme = programme_in(Path(options.schedule))
    if file is not None:
        plain = target is not None
        programme = programme_for(
            file, (alone(programme.electorates),) if plain else programme.electorates
        )
    ballots = strict_ballots(file) if file else None
    size = len(ballots) if ballots else options.viewers
    async with throwaway(folder, programme) as (child, organiser):
        await child.start()
        audience, room = await come(child.url, organiser, size, pace=options.pace, ballots=ballots)
        async with audience.door:
            held = await attended(audience, room, programme.sessions[0].id)
            if target is not None:
                await bring(audience.door, held.contest, target)
        return audience.report, held


@contextlib.asynccontextmanager
async def throwaway(folder: Path, programme: Programme) -> AsyncIterator[tuple[Child, str]]:
    """A server that has not been started yet on a folder, and the path of an organiser's pass.

    Its clock shows the beginning of the first session. It has ended afterwards.
    """
    schedule = folder / "rehearsal.yaml"
    schedule.write_text(dump(programme), encoding="utf-8")
    port, now = free_port(), programme.sessions[0].starts_at
    options = argparse.Namespace(host="127.0.0.1", port=port)
    async with opened(options, folder) as (place, database):
        keys = place.settings.secret_keys
        passes = Passes(database, lambda: now, keys, lambda _visits, _code: None)
        organiser = await entertainment.organiser(passes, lambda: now)
    child = Child(folder, schedule, port, now)
    try:
        yield child, organiser
    finally:
        await child.terminate()
        child.close()


async def come(
    url: str, organiser: str, size: int, *, pace: float, ballots: Ballots | None = None
) -> tuple[Audience, ControlRoom]:
    """An audience of every electorate that is in, and the control room it will be asked from."""
    async with Door(url) as door:
        cookies = await door.redeem(organiser)
        passes = await entertainment.tickets_over(door, cookies, size)
    audience = Audience(url, passes=passes, size=size, pace=pace, ballots=ballots)
    await audience.come_in()
    return audience, ControlRoom(audience.door, cookies)


async def attended(
    audience: Audience, room: ControlRoom, session: str, *, most_seconds: float = 600
) -> Held:
    """The session's contest held, with somebody at the control room all the time."""
    async with asyncio.TaskGroup() as tasks:
        watching = tasks.create_task(room.watch())
        held = await hold(audience, room, session, most_seconds=most_seconds)
        watching.cancel()
    return held


def _empty_folder(options: argparse.Namespace) -> Path | None:
    """The folder for the bundle, made if need be; None where none is wanted.

    Raises:
        SystemExit: There is something in it, or the contest is held on somebody else's server.
    """
    if options.publish is None:
        return None
    if options.url:
        stop(_("--publish needs a server of its own: leave the address out."))
    folder = Path(options.publish)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        stop(filled(_("{folder} is not empty."), {"folder": str(folder)}))
    return folder


def _ballot_file(name: str | None) -> BallotFile | None:
    if name is None:
        return None
    path = Path(name)
    try:
        return files.read(path.name, path.read_bytes())
    except OSError as error:
        stop(f"{path}: {error.strerror}")


def _is_a_day(options: argparse.Namespace) -> bool:
    """Whether a whole day is to be rehearsed.

    Raises:
        SystemExit: The arguments do not go together.
    """
    of_a_day = {"--report": options.report, "--keep": options.keep, "--serve": options.serve}
    others = {
        "URL": options.url,
        "--ballots": options.ballots,
        "--publish": options.publish,
        "--organiser": options.organiser,
        "--seconds": options.seconds,
        "--json": options.json,
    }
    wrong = of_a_day if options.day is None else others
    name = next((name for name, given in wrong.items() if given), None)
    if name is not None and options.day is None:
        stop(filled(_("{name} is for the rehearsal of a day: give --day too."), {"name": name}))
    if name is not None:
        stop(filled(_("{name} does not go together with --day."), {"name": name}))
    return options.day is not None


def _check(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        stop(filled(_("{url} is no address of a server: it begins with http://."), {"url": url}))


REFUSALS: Final = (TurnedAway, httpx2.TransportError)
"""What a server far away may answer instead of letting an audience in."""
