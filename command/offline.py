"""Commands that serve nobody: check, count, invite, settings, migrate."""

import argparse
import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from command.common import brought_up, kept_at, opened, programme_in, say, stop
from expo import settings as configuration
from expo.errors import Refusal
from expo.identity.usecases import Passes
from expo.place import Place, data_folder
from expo.rights import Role
from expo.web import translations
from expo.web.translations import gettext as _
from sessions.rehearsal.entertainment import PASS_HOURS
from voting import counting


def check(options: argparse.Namespace) -> int:
    """Tell every mistake in a schedule; 1 if there is one."""
    programme = programme_in(Path(options.file))
    facts: dict[str, str | int] = {
        "file": options.file,
        "sessions": len(programme.sessions),
        "initiatives": len(programme.initiatives),
    }
    line = _("{file}: no mistakes. Sessions: {sessions}. Initiatives: {initiatives}.")
    say(translations.filled(line, facts))
    return 0


def count(options: argparse.Namespace) -> int:
    """Count a ballot file and print the result."""
    path = Path(options.file)
    try:
        with path.open("rb") as file:
            report = counting.count_file(path.name, file, options.method)
    except OSError as error:
        stop(f"{path}: {error.strerror}")
    except Refusal as refusal:
        stop(f"{path}: {counting.told(refusal, translations.gettext)}")
    language = translations.language.get()
    say(report.as_json() if options.json else report.as_text(language, translations.gettext))
    return 0


def invite(options: argparse.Namespace) -> int:
    """Make passes for a running or future expo and print their links."""

    async def issue() -> list[str]:
        async with opened(options, kept_at(options.data)) as (place, database):
            keys = place.settings.secret_keys
            passes = Passes(database, lambda: datetime.now(UTC), keys, lambda _visits, _code: None)
            until = (options.now or datetime.now(UTC)) + timedelta(hours=PASS_HOURS)
            links = []
            for _ in range(options.count):
                one = await passes.issue(
                    None,
                    role=Role(options.role),
                    electorate=options.electorate,
                    entity=options.entity,
                    label=options.label,
                    expires_at=until,
                )
                links.append(place.settings.public_url + one.path)
            return links

    for link in asyncio.run(issue()):
        say(link)
    return 0


def show_settings(_options: argparse.Namespace) -> int:
    """Print the effective configuration, secrets only counted."""
    for name, value in configuration.effective(configuration.read(os.environ)):
        say(f"{name}={value}")
    return 0


def bring_up(options: argparse.Namespace) -> int:
    """Bring the database of a data folder to the newest revision."""
    with data_folder(options.data) as folder:
        place = Place(folder, os.environ, options.host, options.port)
        brought_up(place.database_url)
    say(_("The database is at the newest revision."))
    return 0
