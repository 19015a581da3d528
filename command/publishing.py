"""``publish``: a day's bulletin, once two people have reviewed it."""

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from urllib.parse import urlsplit

from command.common import kept_at, opened, say
from expo.db import Database
from expo.errors import NotFound
from expo.place import Place
from expo.record.keys.usecases import Keys
from expo.web import translations
from expo.web.sentences import sentence_for
from expo.web.translations import filled
from expo.web.translations import gettext as _
from sessions.bulletin import moves
from sessions.bulletin.checks import BulletinBlocked, told
from sessions.bulletin.moves import By, Press
from sessions.bulletin.states import State, WrongStep
from sessions.bulletin.values import Bulletin


def publish(options: argparse.Namespace) -> int:
    """Publish a day's reviewed bulletin, or let it wait for its embargo; 1 and every reason if not.

    A server that runs beside it shows the bulletin within a second and writes to subscribers.
    """
    try:
        out, address = asyncio.run(_published(options))
    except NotFound:
        path = f"/staff/bulletins/{options.day}"
        line = _("Day {day} has no bulletin: an organiser begins it under {path}.")
        return _failed(filled(line, {"day": options.day, "path": path}))
    except BulletinBlocked as blocked:
        code = translations.language.get()
        reasons = [told(one, code, translations.sentence) for one in blocked.reasons]
        return _failed(sentence_for(blocked), *reasons)
    except WrongStep as wrong:
        return _failed(sentence_for(wrong), _(str(wrong.facts["reason"])))
    facts: dict[str, str | int] = {"day": out.day, "address": address}
    if out.state is State.SCHEDULED and out.embargo_at is not None:
        facts["at"] = out.embargo_at.isoformat()
        say(filled(_("Day {day}: the bulletin appears at {at}: {address}"), facts))
    else:
        say(filled(_("Day {day}: the bulletin is published: {address}"), facts))
    return 0


async def _published(options: argparse.Namespace) -> tuple[Bulletin, str]:
    """The bulletin on its way, and the address of its page."""
    async with opened(options, kept_at(options.data)) as (place, database):
        now: datetime = options.now or datetime.now(UTC)
        press = await _press(place, database, now)
        async with database.write() as tx:
            found = await moves.held(tx, options.day, None)
            out = await moves.release(tx, By(now), found, press)
        language = translations.language.get()
        return out, f"{place.settings.public_url}/{language}/bulletin/day/{out.day}"


async def _press(place: Place, database: Database, now: datetime) -> Press:
    settings = place.settings
    host = urlsplit(settings.public_url).netloc
    keys = Keys(database, settings.secret_keys, host, lambda: now)
    await keys.begin()
    return Press(settings.public_url, keys.current())


def _failed(*lines: str) -> int:
    sys.stderr.write("\n".join(lines) + "\n")
    return 1
