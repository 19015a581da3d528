"""What is published: the public ledger, its proofs, results and bulletins; a part of the expo's assembly."""

from collections.abc import Callable, Coroutine
from typing import Any

from starlette.routing import BaseRoute

from expo.clock import Now
from expo.db import Database
from expo.leases import Leases
from expo.post.usecases import Post
from expo.settings import Settings
from expo.web.templates import Renderer
from expo.wire.notifier import Notifier
from sessions.programme import Programme
from sessions.usecases import Show
from voting.analysis import pages as result_pages
from voting.analysis.usecases import Analyses
from voting.exchange import pages as file_pages
from voting.exchange.usecases import Exchange
from voting.usecases import Voting


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
        pages: Renders pages, cards and documents.
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
        pages: Renderer,
        programme: Programme,
    ) -> None:
        self.settings = settings
        self.database = database
        self.notifier = notifier
        self.now = now
        self.leases = leases
        self.voting = voting
        self.show = show
        self.post = post
        self.pages = pages
        self.programme = programme
        self.analyses = Analyses(voting)
        self.exchange = Exchange(database, voting)

    @property
    def state(self) -> dict[str, Any]:
        """What requests are given, beside what the expo gives them."""
        return {"analyses": self.analyses, "exchange": self.exchange}

    @property
    def followers(self) -> dict[str, Callable[[], Coroutine[Any, Any, None]]]:
        """What works in the background, by name."""
        return {}

    @property
    def routes(self) -> list[BaseRoute]:
        """The addresses of what is published."""
        return [*result_pages.routes(), *file_pages.routes()]
