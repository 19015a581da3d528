"""Everything one process is made of: settings and a programme in, a running expo out."""

import contextlib
from collections.abc import AsyncIterator, Callable
from functools import cached_property, partial
from pathlib import Path
from typing import Any, Final, cast
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from command import metrics
from command.health import Health
from command.production import Production
from command.publication import Publication
from expo.catalogue.pictures.usecases import Pictures
from expo.catalogue.proposals import pages as proposal_pages
from expo.catalogue.proposals.reading import pages as reading_pages
from expo.catalogue.proposals.usecases import Proposals
from expo.clock import Now
from expo.db import Database
from expo.identity import pages as identity_pages
from expo.identity.entering import pages as entering_pages
from expo.identity.entering.usecases import Entering
from expo.identity.invitations import pages as invitation_pages
from expo.identity.invitations.mail import Inviting
from expo.identity.invitations.usecases import Invitations
from expo.identity.moves import new_id
from expo.identity.oidc import pages as provider_pages
from expo.identity.oidc.usecases import Providers
from expo.identity.people import Visit
from expo.identity.privacy import pages as privacy_pages
from expo.identity.privacy.retention_follower import RetentionFollower
from expo.identity.privacy.usecases import Privacy
from expo.identity.register import pages as register_pages
from expo.identity.signin import pages as sign_in_pages
from expo.identity.signin.forgetting_follower import ForgettingFollower
from expo.identity.signin.usecases import MailSignIn
from expo.identity.usecases import Passes, Visits, device_token
from expo.identity.venue import pages as venue_pages
from expo.identity.venue.usecases import Venue
from expo.identity.visits_follower import VisitsFollower, closing_everywhere
from expo.leases import Leases
from expo.load.nodes_follower import NodesFollower
from expo.post import pages as post_pages
from expo.post.mail import MailServer
from expo.post.post_follower import PostFollower
from expo.post.usecases import Post
from expo.record import pages as record_pages
from expo.settings import Settings
from expo.web import operations, translations
from expo.web.compressed import Compressed
from expo.web.desk import FrontDesk
from expo.web.guards import AllowedHosts, SameOrigin, SecurityHeaders
from expo.web.pages import HANDLERS, visiting
from expo.web.statics import Statics
from expo.web.templates import Renderer
from expo.wire.hub import Hub
from expo.wire.notifier_shared import SharedNotifier
from expo.wire.notifiers import notifier
from expo.wire.server import ExpoServer, server
from expo.wire.supervisor import Supervisor
from expo.wire.welcome import Welcome
from expo.words import Language
from sessions import pages as show_pages
from sessions import sockets
from sessions.desk import pages as desk_pages
from sessions.load import pages as load_pages
from sessions.load.usecases import Load
from sessions.programme import Programme
from sessions.reviewing import pages as review_pages
from sessions.show_follower import ShowFollower
from sessions.usecases import Show
from voting import pages as voting_pages
from voting.closing_follower import ClosingFollower
from voting.forgetting.usecases import Forgetting
from voting.integrity import pages as fairness_pages
from voting.integrity.appealing.usecases import Appeals
from voting.integrity.arrivals_follower import ArrivalsFollower
from voting.integrity.reviewing.moves import identities_of
from voting.integrity.reviewing.usecases import Reviews
from voting.integrity.usecases import FairPlay
from voting.usecases import Voting
from voting.voters.usecases import Voters

# Pages shrink to a quarter; level 5 takes half the time of 9 for a few bytes more. Static files bring
# their own compressed form, and no page holds a secret beside text of somebody else's choosing.
_COMPRESSED: Final = Middleware(Compressed, minimum_size=1024, compresslevel=5)


# A node among others that was asked to stop still serves so long, unready: a balancer looks elsewhere
# first. The only node has nobody who could take over.
_DRAIN_SECONDS: Final = 3.0


class Expo:
    """Everything one process is made of, from the settings and a programme.

    Args:
        settings: The effective configuration, secret included.
        database: Opened, at the newest revision.
        programme: Put in force at the very first start.
        schedule: The file "reload" reads.
        now: The clock.
        rehearsal: Whether pages say that this is one.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        programme: Programme,
        schedule: Path,
        now: Now,
        *,
        rehearsal: bool,
    ) -> None:
        self.settings = settings
        self.database = database
        self.programme = programme
        self.now = now
        self.hub = Hub()
        self.notifier = notifier(settings.notifier_url, database.dsn)
        self.leases = Leases(database, settings.node) if settings.is_shared else None
        end_sockets = closing_everywhere(self.hub, self.notifier)
        self.visits = Visits(database, now, end_sockets)
        self.voting = Voting(database=database, notifier=self.notifier, hub=self.hub, now=now)
        keys, self.voters = settings.secret_keys, Voters(self.voting)
        self.passes = Passes(database, now, keys, end_sockets, self.voters)
        self.voting.watch = self.fair_play = FairPlay(self.voting, settings.node)
        self.voting.lift = self.fair_play.lift
        self.reviews = Reviews(self.voting, identities_of, new_id)
        self.appeals = Appeals(self.voting, new_id)
        self.entering = Entering(database, now, keys, end_sockets, self.voters)
        self.privacy = Privacy(database, now, end_sockets, Forgetting(self.voting), self.voters)
        self.retention = RetentionFollower(self.privacy, self.leases)
        self.venue = Venue(database, now, keys, self.visits, self.entering)
        self.providing = Providers(database, settings, now)
        self.show = Show(
            database=database,
            notifier=self.notifier,
            voting=self.voting,
            hub=self.hub,
            now=now,
            secret=settings.secret_keys[0],
            site=settings.public_url,
            schedule=schedule,
        )
        self.post = Post(database, self.notifier, now, new_id, is_delivered=bool(settings.smtp_url))
        inviting = Inviting(self.post, programme.title, settings.public_url)
        targets = self.show.pass_targets
        self.invitations = Invitations(database, now, keys, targets, self.entering, inviting)
        self.mail_sign_in = MailSignIn(
            database,
            now,
            keys,
            self.post,
            self.entering,
            self.invitations.claim_for,
            site=programme.title,
            public_url=settings.public_url,
        )
        self.pictures = Pictures(Path(settings.media_folder), now)
        self.proposals = Proposals(database, now, programme.zone, self.pictures)
        self.statics = Statics()
        self.pages = Renderer(
            statics=self.statics,
            zone=programme.zone,
            site=programme.title,
            rehearsal=rehearsal,
            public_url=settings.public_url,
        )
        self.load = Load(
            settings.node,
            hub=self.hub,
            voting=self.voting,
            show=self.show,
            database=database,
            started_at=now(),
        )
        self.publication = Publication(
            settings=settings,
            database=database,
            notifier=self.notifier,
            now=now,
            leases=self.leases,
            voting=self.voting,
            show=self.show,
            post=self.post,
            programme=programme,
        )
        self.production = Production(
            database=database,
            notifier=self.notifier,
            now=now,
            hub=self.hub,
            voting=self.voting,
            show=self.show,
            passes=self.passes,
        )
        self.live = sockets.Live()
        self.desk = self.application()
        self.server: ExpoServer = server(
            self.desk,
            proxies=settings.trusted_proxies,
            drain_seconds=_DRAIN_SECONDS if settings.is_shared else 0.0,
            refused=self.hub.refused,
        )
        self.has_failed = False
        self._followers: Callable[[], bool] = lambda: False
        health = Health(
            database=database,
            server=self.server,
            voting=self.voting,
            sealing=self.publication.sealing.progress,
            notifier=self.notifier,
            pulse=self.load.pulse,
            followers=self._are_followers_at_work,
        )
        self.probes = self.load.probes = health.probes
        self.load.folder = health.folder
        self.load.connections_most = self.server.config.limit_concurrency or 0
        self.load.is_shared = settings.is_shared
        self.load.sealing = self.publication.sealing.progress
        self.load.no_bundle = lambda: self.publication.bundles.impossible
        self.counted = metrics.Node(
            name=settings.node,
            hub=self.hub,
            voting=self.voting,
            pages=self.pages.pages,
            desk=self.desk,
            database=database,
            notifier=self.notifier,
            leases=self.leases,
            load=self.load,
            publication=self.publication,
            expired=self.retention.gone,
        )

    @cached_property
    def state(self) -> dict[str, Any]:
        """What requests and sockets are given; each package declares the slice it needs."""
        return {
            "settings": self.settings,
            "database": self.database,
            "pages": self.pages,
            "statics": self.statics,
            "now": self.now,
            "hub": self.hub,
            "notifier": self.notifier,
            "visits": self.visits,
            "passes": self.passes,
            "entering": self.entering,
            "privacy": self.privacy,
            "venue": self.venue,
            "invitations": self.invitations,
            "post": self.post,
            "mail_sign_in": self.mail_sign_in,
            "providing": self.providing,
            "providers": self.providing.offers,
            "way_out": provider_pages.way_out,
            "pass_targets": self.show.pass_targets,
            "proposals": self.proposals,
            "pictures": self.pictures,
            "entities": lambda: self.show.programme.entities,
            "called": self.show.called,
            "voting": self.voting,
            "reviews": self.reviews,
            "appeals": self.appeals,
            "days": lambda: tuple(day.n for day in self.show.programme.days),
            "subjects": lambda: tuple(one.id for one in self.show.programme.sessions),
            "show": self.show,
            "probes": self.probes,
            "metrics": partial(metrics.families, self.counted),
            "load": self.load,
            **self.publication.state,
            **self.production.state,
        }

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The followers at work: from here on the show moves."""
        translations.load()
        await self.database.check()
        await self.publication.begin()
        await self.show.begin(self.programme)
        followers = {
            "writer": self.voting.writer.run(),
            "tally": self.voting.follower.run(),
            "voters": self.voters.run(),
            "closing": ClosingFollower(self.voting, self.leases, self.publication.ledgers).run(),
            "arrivals": ArrivalsFollower(self.fair_play, self.notifier).run(),
            "visits": VisitsFollower(self.database, self.hub, self.now, self.notifier).run(),
            "show": ShowFollower(self.show, self.hub, self.notifier).run(),
            "pulse": self.load.pulse.run(),
            "retention": self.retention.run(),
            "forgetting": ForgettingFollower(self.database, self.now).run(),
            "post": PostFollower(
                self.database, self.notifier, self.now, self._courier(), self.leases
            ).run(),
        }
        rooms = self.publication.followers | self.production.followers
        followers |= {name: run() for name, run in rooms.items()}
        if isinstance(self.notifier, SharedNotifier):
            followers["notifier"] = self.notifier.run()
        if self.settings.is_shared:
            nodes = NodesFollower(self.database, self.load.here, self.settings.node)
            self.show.elsewhere = lambda: nodes.elsewhere
            followers["nodes"] = nodes.run()
        async with Supervisor(self.stop) as supervisor:
            for name, work in followers.items():
                supervisor.run(name, work)
            self._followers = lambda: len(supervisor.running()) == len(followers)
            yield
            await self.voting.close()
            await self.providing.close()
        self.has_failed = supervisor.has_failed

    @property
    def routes(self) -> list[BaseRoute]:
        """Every address of the expo; all but the static files carry the action they stand for."""
        return [
            # First: whoever matches the addresses in order tries few for a crowd.
            *sockets.routes(self.live),
            self.statics.route,
            *operations.routes(),
            *identity_pages.routes(),
            *entering_pages.routes(),
            *privacy_pages.routes(),
            *venue_pages.routes(),
            *register_pages.routes(),
            *invitation_pages.routes(),
            *post_pages.routes(),
            *sign_in_pages.routes(),
            *provider_pages.routes(),
            *record_pages.routes(),
            *proposal_pages.routes(),
            *reading_pages.routes(),
            *voting_pages.routes(),
            *fairness_pages.routes(),
            *show_pages.routes(),
            *review_pages.routes(),
            *desk_pages.routes(),
            *load_pages.routes(),
            *self.publication.routes,
            *self.production.routes,
        ]

    def application(self) -> FrontDesk:
        """The routes with their guards around them."""
        app: ASGIApp = Starlette(
            routes=self.routes,
            middleware=[_COMPRESSED, visiting()],
            exception_handlers=HANDLERS,
            lifespan=self._lifespan,
        )
        origins = self.settings.origins
        app = SameOrigin(app, origins, self.hub.refused)
        hosts = AllowedHosts(app, {_host(origin) for origin in origins})
        return FrontDesk(
            SecurityHeaders(hosts, https=self.settings.is_https, origins=origins),
            hosts=hosts,
            settings=self.settings,
            pages=self.pages.pages,
            statics=self.statics,
            public=Visit(),
            device=device_token,
            live=self._live,
        )

    def _live(self, path: str, language: Language) -> Welcome | None:
        return self.live.at_once(cast("sockets.LiveState", self.state), path, language)

    def _courier(self) -> MailServer | None:
        """The mail server that takes the letters; None where organisers read them."""
        url = self.settings.smtp_url
        return MailServer(url, self.settings.mail_from) if url else None

    @contextlib.asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[dict[str, Any]]:
        yield self.state

    def _are_followers_at_work(self) -> bool:
        return self._followers()

    def stop(self) -> None:
        """Ask the server to stop."""
        self.server.stop()


def _host(origin: str) -> str:
    """The host of an origin without its port; an IPv6 address keeps its brackets."""
    host = urlsplit(origin).hostname or ""
    return f"[{host}]" if ":" in host else host
