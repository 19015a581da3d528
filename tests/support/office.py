"""A post with a clock that stands still, and whoever delivers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from expo.db import Database
from expo.identity.moves import new_id
from expo.leases import Leases
from expo.post.letters import Letter, Posted
from expo.post.mail import MailServer
from expo.post.post_follower import Courier, PostFollower
from expo.post.usecases import Post
from expo.wire.notifier import LocalNotifier
from tests.support.clock import Clock
from tests.support.databases import url_in
from tests.support.postbox import SENDER, Postbox

TO: Final = "mariam@authority.example"


@dataclass
class Office:
    """A post with its clock and everything it stands on."""

    database: Database
    clock: Clock
    notifier: LocalNotifier
    post: Post

    def letter(self, to: str = TO, **more: Any) -> Letter:
        """A letter that is of use for an hour."""
        known: dict[str, Any] = {
            "language": "en",
            "subject": "Your code",
            "text": "It is 123456.\n",
            "purpose": "sign-in",
            "use_until": self.clock() + timedelta(hours=1),
        }
        return Letter(to=to, **(known | more))

    async def send(self, *letters: Letter) -> None:
        """Write letters as a use case does."""
        async with self.database.write() as tx:
            for letter in letters:
                await self.post.send(tx, letter)

    async def only(self) -> Posted:
        """The one letter there is."""
        (found,) = await self.post.listed()
        return found

    def follower(self, courier: Courier | None, node: str = "") -> PostFollower:
        """Whoever delivers; with a node's name, in turn with the others."""
        leases = Leases(self.database, node, ttl_s=1.0, renew_s=0.2) if node else None
        return PostFollower(self.database, self.notifier, self.clock, courier, leases)


@asynccontextmanager
async def office_in(folder: Path) -> AsyncIterator[Office]:
    """A post in a folder."""
    database, clock, notifier = Database(url_in(folder)), Clock(), LocalNotifier()
    yield Office(
        database, clock, notifier, Post(database, notifier, clock, new_id, is_delivered=True)
    )
    await database.close()


def server(box: Postbox, timeout: float = 5.0) -> MailServer:
    """The way to a mail server on loopback."""
    return MailServer(box.url, SENDER, timeout=timeout)
