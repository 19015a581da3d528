"""The bulletin's part of the assembly: its use cases, followers and addresses, of one process."""

from collections.abc import Callable, Coroutine
from datetime import tzinfo
from functools import partial
from typing import Any

from starlette.routing import BaseRoute

from expo.clock import Now
from expo.db import Database
from expo.leases import Leases
from expo.post.usecases import Post
from expo.record.keys.usecases import Keys
from expo.record.signing import SigningKey
from expo.settings import Settings
from expo.wire.notifier import Notifier
from sessions.bulletin import pages
from sessions.bulletin.desk import pages as desk_pages
from sessions.bulletin.printing import pages as printing_pages
from sessions.bulletin.printing.usecases import Prints
from sessions.bulletin.publishing_follower import PublishingFollower, ReadingFollower
from sessions.bulletin.render import Typesetter
from sessions.bulletin.subscribing import pages as subscribing_pages
from sessions.bulletin.subscribing.letters import Site
from sessions.bulletin.subscribing.usecases import Subscriptions
from sessions.bulletin.usecases import Bulletins
from sessions.usecases import Show
from voting.integrity.reviewing.moves import identities_of
from voting.sealing.usecases import Ledgers
from voting.usecases import Voting


class BulletinRoom:
    """Everything about bulletins.

    Args:
        settings: The effective configuration, secret included.
        database: Opened, at the newest revision.
        notifier: Tells every process.
        now: The clock.
        leases: Say which node publishes; None where there is one only.
        voting: Has the contests and their results.
        show: Has the programme.
        post: Takes letters.
        zone: Of the event.
        keys: The one in force signs.
        ledgers: Say how each ended.
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
        zone: tzinfo,
        keys: Keys,
        ledgers: Ledgers,
    ) -> None:
        self.bulletins = Bulletins(
            database=database,
            notifier=notifier,
            now=now,
            voting=voting,
            programme=lambda: show.programme,
            root_of=partial(root_of, ledgers),
            key=partial(key_in_force, keys),
            identities=identities_of,
            public_url=settings.public_url,
        )
        self.subscriptions = Subscriptions(
            database,
            now,
            settings.secret_keys,
            post,
            lambda: Site(show.programme.title, settings.public_url),
        )
        typesetter = Typesetter(settings.public_url, zone)
        self.prints = Prints(typesetter.pdf, typesetter.card)
        self._reading = ReadingFollower(self.bulletins, notifier)
        self._publishing = PublishingFollower(self.bulletins, self.subscriptions, notifier, leases)

    @property
    def state(self) -> dict[str, Any]:
        """What requests are given."""
        return {
            "bulletins": self.bulletins,
            "subscriptions": self.subscriptions,
            "prints": self.prints,
        }

    @property
    def followers(self) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
        """What works in the background, by name."""
        return {"bulletins": self._reading.run, "publishing": self._publishing.run}

    @property
    def routes(self) -> list[BaseRoute]:
        """The addresses of bulletins."""
        return [
            *pages.routes(),
            *printing_pages.routes(),
            *subscribing_pages.routes(),
            *desk_pages.routes(),
        ]


async def key_in_force(keys: Keys) -> SigningKey:
    """The key that signs what is published now, whichever node made it."""
    await keys.refresh()
    return keys.current()


async def root_of(ledgers: Ledgers, contest: str) -> tuple[int, str] | None:
    """Size and root of a contest's ledger at its end; None where there is none."""
    found = await ledgers.closing(contest)
    return None if found is None else (found.size, found.root.hex())
