"""``serve``: an expo until it is told to stop, with links, audience and director in a rehearsal."""

import argparse
import asyncio
import gc
from collections.abc import Callable
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from command.assembly import Expo
from command.common import listening, opened, programme_in, say
from expo import settings as configuration
from expo.clock import Movable
from expo.db import Database
from expo.place import Place, data_folder
from expo.post.letters import Letter
from expo.record import store as staff_log
from expo.rights import Role
from expo.web import log, qr, translations
from expo.web.translations import gettext as _
from expo.wire.server import port_of
from expo.wire.supervisor import Supervisor
from expo.words import clean
from sessions.rehearsal.audience import Audience
from sessions.rehearsal.entertainment import PASS_HOURS, entertain, organiser, tickets
from sessions.rehearsal.history import History

# Every viewer is several objects that stay for hours; by default the collector walks them again and
# again while a crowd comes in. Two runs had cheaper handshakes without that (decision 0013).
_COLLECT_AFTER: Final = (20_000, 50, 100)
_ONE_REHEARSAL: Final = timedelta(hours=24)  # what the log says beyond it has another clock


async def _serve(options: argparse.Namespace, folder: Path, build: Callable[..., Expo]) -> int:
    """Serve until told to stop; 1 when something died on the way."""
    programme = programme_in(Path(options.schedule))
    clock = Movable(lambda: datetime.now(UTC))
    is_rehearsal = options.now is not None or options.audience > 0
    # Listening before anything is written: a second start changes nothing.
    async with AsyncExitStack() as stack:
        sock = stack.enter_context(closing(listening(options)))
        place, database = await stack.enter_async_context(opened(options, folder, port_of(sock)))
        is_json = place.settings.log_format is configuration.LogFormat.JSON
        log.configure(is_json=is_json, node=place.settings.node)
        if options.now is not None:
            clock.go_to(await _not_before(database, options.now))
        schedule = Path(options.schedule)
        expo = build(place.settings, database, programme, schedule, clock, rehearsal=is_rehearsal)
        if is_rehearsal and not expo.post.is_delivered:
            expo.post.on_letter = _read_out
        async with expo.running():
            if options.now is not None and options.audience > 0:
                await History(expo.show, expo.voting, clock).play(programme, options.now)
            async with Supervisor(expo.stop) as extras:
                extras.run("links", _greet(expo, place), is_endless=False)
                if options.audience:
                    extras.run("audience", _entertain(expo, place, options.audience))
                await expo.server.serve(sockets=[sock])
            return int(expo.has_failed or extras.has_failed)


async def _not_before(database: Database, now: datetime) -> datetime:
    """The instant a rehearsal goes on from: in a folder that was kept, no earlier than it ended."""
    async with database.read() as tx:
        last = next((line.at for line in await staff_log.latest(tx, 1)), now)
    return last if now < last < now + _ONE_REHEARSAL else now


async def _greet(expo: Expo, place: Place) -> None:
    """Print the links once the server accepts connections."""
    await expo.server.ready.wait()
    site = place.settings.public_url
    links = {_("Viewer"): "/"}
    if first := await expo.passes.first_organiser():
        links[_("Organiser, once")] = first
    if expo.pages.rehearsal:
        team = expo.programme.entities[0].id
        links |= {
            _("Employee, once"): await _pass(expo, Role.EMPLOYEE, "employees"),
            _("Innovation team, once"): await _pass(expo, Role.TEAM, "teams", team),
            _("Projector, once"): await _pass(expo, Role.SCREEN),
        }
    title = getattr(expo.programme.title, translations.language.get())
    say(f"\n  Sawt · صوت  {title}\n")
    for name, path in links.items():
        say(f"  {name:<22} {site}{path}")
    if site != place.loopback:
        say("\n" + qr.for_terminal(f"{site}/".upper()))
    say("\n  " + _("Ctrl+C ends it.") + "\n")


def _read_out(letter: Letter) -> None:
    """A letter that nobody delivers, on the terminal of a rehearsal: somebody may wait for its code."""
    lines = (letter.to, letter.subject, *letter.text.splitlines())
    say("\n  " + "\n  ".join(shown for line in lines if (shown := clean(line))) + "\n")


async def _pass(
    expo: Expo, role: Role, electorate: str | None = None, entity: str | None = None
) -> str:
    until = expo.now() + timedelta(hours=PASS_HOURS)
    issued = await expo.passes.issue(
        None, role=role, electorate=electorate, entity=entity, expires_at=until
    )
    return issued.path


async def _entertain(expo: Expo, place: Place, size: int) -> None:
    await expo.server.ready.wait()
    passes = await tickets(expo.passes, expo.programme, expo.now, size)
    audience = Audience(place.loopback, passes=passes, size=size)
    await entertain(audience, await organiser(expo.passes, expo.now), expo.now)


def serve(options: argparse.Namespace, build: Callable[..., Expo] = Expo) -> int:
    """Serve an expo until it is told to stop; ``build`` lets a benchmark put something beside it."""
    gc.set_threshold(*_COLLECT_AFTER)
    with data_folder(options.data) as folder:
        return asyncio.run(_serve(options, folder, build))
