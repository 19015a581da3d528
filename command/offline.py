"""Commands that serve nobody: check, count, verify, invite, settings, migrate."""

import argparse
import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from command.common import brought_up, imported_from, kept_at, opened, say, stop
from expo import settings as configuration
from expo.errors import Refusal
from expo.identity.usecases import Passes
from expo.place import Place, data_folder
from expo.rights import Role
from expo.web import translations
from expo.web.translations import gettext as _
from sessions.rehearsal.entertainment import PASS_HOURS
from voting import counting
from voting.exchange import bundle
from voting.exchange.ballot_file import MAX_BYTES
from voting.verify import verify as verifier


def check(options: argparse.Namespace) -> int:
    """Tell every mistake in a schedule; 1 if there is one."""
    programme = imported_from(Path(options.file), options.hall)
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
        report = _counted(path, options.method)
    except OSError as error:
        stop(f"{error.filename or path}: {error.strerror}")
    except Refusal as refusal:
        whose = refusal.facts.get("file")
        at = path / str(whose) if whose and path.is_dir() else path
        stop(f"{at}: {counting.told(refusal, translations.gettext)}")
    language = translations.language.get()
    say(report.as_json() if options.json else report.as_text(language, translations.gettext))
    return 0


def _counted(path: Path, method: str | None) -> counting.CountReport:
    """The count of a file, or of a bundle's folder or its ``ballots.jsonl``."""
    folder = path if path.is_dir() else path.parent
    if path.is_dir() or path.name == bundle.BALLOTS:
        manifest, ballots = folder / bundle.MANIFEST, folder / bundle.BALLOTS
        with manifest.open("rb") as head, ballots.open("rb") as file:
            return counting.count_bundle(head.read(MAX_BYTES + 1), file, method)
    with path.open("rb") as file:
        return counting.count_file(path.name, file, method)


def verify(options: argparse.Namespace) -> int:
    """Check a published bundle and count it again; 1 with the first thing that is wrong."""
    try:
        bundle = verifier.check(options.folder, options.vkey, options.openings, options.kept)
        told = verifier.told(bundle)
        if options.tracker:
            told += verifier.one_ballot(bundle, options.tracker)
    except verifier.Wrong as wrong:
        facts: dict[str, str | int] = {"folder": options.folder, "why": str(wrong)}
        stop(translations.filled(_("The bundle in {folder} does not hold. {why}"), facts))
    say(translations.filled(_("The bundle in {folder} holds."), {"folder": options.folder}))
    say("\n".join(map(verifier.plain, told)))
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
