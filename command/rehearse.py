"""``rehearse``: a synthetic audience at an address, or one whole contest in a throw-away server."""

import argparse
import asyncio
import contextlib
import logging
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from command.assembly import Expo
from command.common import opened, programme_in, say
from expo.clock import Movable
from expo.place import data_folder
from expo.web import log
from expo.wire.server import listen, port_of
from sessions.programme import Programme
from sessions.rehearsal.audience import Audience
from sessions.rehearsal.election import programme_for, strict_ballots
from sessions.rehearsal.election_day import hold
from sessions.rehearsal.entertainment import tickets
from sessions.rehearsal.report import Report
from voting.exchange import files


async def _rehearse_there(options: argparse.Namespace) -> Report:
    """A crowd of customers (and, with an organiser's link, of everybody) at somebody's address."""
    audience = Audience(options.url, passes={}, size=options.viewers)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(options.seconds):
            await audience.run()
    return audience.report


def _election(path: Path, programme: Programme) -> tuple[Programme, list[tuple[str, ...]]]:
    """The programme of a ballot file, with the electorates of the other one, and its ballots."""
    file = files.read(path.name, path.read_bytes())
    return programme_for(file, programme.electorates), strict_ballots(file)


async def _rehearse_here(options: argparse.Namespace, folder: Path) -> Report:
    """One whole contest in a throw-away server, from the first ballot to the recount."""
    programme = programme_in(Path(options.schedule))
    ballots = None
    if options.ballots:
        programme, ballots = _election(Path(options.ballots), programme)
    clock = Movable(lambda: datetime.now(UTC))
    clock.go_to(programme.sessions[0].starts_at)
    sock = listen(options.host, options.port)
    async with opened(options, folder, port_of(sock)) as (place, database):
        log.configure(is_json=False, level=logging.WARNING)
        expo = Expo(
            place.settings, database, programme, folder / "schedule.yaml", clock, rehearsal=True
        )
        async with expo.running():
            serving = asyncio.create_task(expo.server.serve(sockets=[sock]))
            await expo.server.ready.wait()
            size = len(ballots) if ballots else options.viewers
            audience = Audience(
                place.loopback,
                passes=await tickets(expo.passes, programme, clock, size),
                size=size,
                pace=options.pace,
                ballots=ballots,
            )
            result = await hold(audience, expo.show, expo.voting, programme.sessions[0].id)
            say(msgspec.json.format(msgspec.json.encode(result)).decode())
            expo.stop()
            await serving
            return audience.report


def rehearse(options: argparse.Namespace) -> int:
    """Send a synthetic audience over real sockets, and print what happened."""
    if options.url:
        report = asyncio.run(_rehearse_there(options))
    else:
        with data_folder(options.data) as folder:
            report = asyncio.run(_rehearse_here(options, folder))
    say(msgspec.json.format(msgspec.json.encode(report.summary())).decode())
    return 0
