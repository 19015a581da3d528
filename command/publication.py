"""What is published: the public ledger, its proofs, results and bulletins; a part of the expo's assembly."""

from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.routing import BaseRoute

from command.bulletins import BulletinRoom
from expo.clock import Now
from expo.db import Database
from expo.leases import Leases
from expo.post.usecases import Post
from expo.record.keys.keys_follower import KeysFollower
from expo.record.keys.usecases import TOPIC as KEYS
from expo.record.keys.usecases import Keys
from expo.settings import Settings
from expo.wire.notifier import Notifier
from sessions.exchange import pages as schedule_pages
from sessions.exchange.usecases import ScheduleFiles
from sessions.programme import Programme
from sessions.usecases import Show
from voting.analysis import pages as result_pages
from voting.analysis.usecases import Analyses
from voting.bundle import pages as bundle_pages
from voting.bundle.bundle_follower import BundleFollower
from voting.bundle.usecases import Bundles
from voting.checking import pages as check_pages
from voting.exchange import pages as file_pages
from voting.exchange.usecases import Exchange
from voting.receipts import Promises
from voting.sealing import pages as sealing_pages
from voting.sealing.seal_follower import SealFollower
from voting.sealing.usecases import Ledgers
from voting.usecases import Voting

SOFTWARE: Final = "sawt/0.1.0"
"""What stands in a bundle for the program that made it; the version is that of pyproject.toml."""


class Publication:
    """Everything that makes results public and checkable, of one process.

    Args:
        settings: The effective configuration, secret included.
        database: Opened, at the newest revision.
        notifier: Tells every process.
        now: The clock.
        leases: Say which node does what only one may do; None where there is one only.
        voting: Has the contests and their results.
        show: Has the programme and the days.
        post: Takes letters.
        programme: Put in force at the very first start.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        database: Database,
        notifier: Notifier,
        now: Now,
        leases: Leases | None,
        voting: Voting,
        show: Show,
        post: Post,
        programme: Programme,
    ) -> None:
        self.voting = voting
        host = urlsplit(settings.public_url).netloc
        self.keys = Keys(database, settings.secret_keys, host, now)
        self.keys.on_rotated = partial(notifier.notify, KEYS)
        self._keys = KeysFollower(self.keys, notifier)
        self.ledgers = Ledgers(database, self.keys, now)
        show.root = self.ledgers.root_at_close
        self.analyses = Analyses(voting, self.ledgers)
        self.exchange = Exchange(database, voting)
        self.schedule_files = ScheduleFiles(show, schedule_pages.phrases())
        bundles = Path(settings.media_folder) / "bundles"
        self.bundles = Bundles(bundles, voting, self.ledgers, SOFTWARE)
        self._bundling = BundleFollower(self.bundles, notifier, leases)
        self.sealing = SealFollower(self.ledgers, database, notifier, now, leases)
        self.room = BulletinRoom(
            settings=settings,
            database=database,
            notifier=notifier,
            now=now,
            leases=leases,
            voting=voting,
            show=show,
            post=post,
            zone=programme.zone,
            keys=self.keys,
            ledgers=self.ledgers,
        )

    async def begin(self) -> None:
        """What has to be there before anything moves: the key that signs."""
        await self.keys.begin()
        self.voting.unsealed = await self.ledgers.without()
        self.voting.writer.promises = Promises(
            self.keys.host, self.keys.current, self.voting.unsealed
        )

    @property
    def state(self) -> dict[str, Any]:
        """What requests are given, beside what the expo gives them."""
        return {
            "analyses": self.analyses,
            "bundles": self.bundles,
            "exchange": self.exchange,
            "keys": self.keys,
            "ledgers": self.ledgers,
            "schedule_files": self.schedule_files,
            **self.room.state,
        }

    @property
    def followers(self) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
        """What works in the background, by name."""
        return {
            "keys": self._keys.run,
            "sealing": self.sealing.run,
            "bundles": self._bundling.run,
            **self.room.followers,
        }

    @property
    def routes(self) -> list[BaseRoute]:
        """The addresses of what is published."""
        return [
            *check_pages.routes(),
            *result_pages.routes(),
            *file_pages.routes(),
            *bundle_pages.routes(),
            *schedule_pages.routes(),
            *sealing_pages.routes(),
            *self.room.routes,
        ]
