"""Signing in with somebody else's word: out to a provider, and back with who it is."""

import logging
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from expo.budgets import Budget
from expo.clock import Now
from expo.db import Database
from expo.errors import NotFound
from expo.identity.entering.identities import Claim
from expo.identity.oidc import answers, providers, store, trips
from expo.identity.oidc.answers import Answered
from expo.identity.oidc.asking import within
from expo.identity.oidc.oidc import Way, is_out_of_order, way_to
from expo.identity.oidc.providers import Provider, WrongProviders
from expo.identity.oidc.refusals import (
    AnswerNotTrusted,
    Distrusted,
    ProviderDown,
    SignInDeclined,
    SignInUsed,
    Why,
)
from expo.identity.oidc.trips import Asked, Trip
from expo.identity.people import Visit
from expo.passes import fingerprint
from expo.settings import Mistake, Mode, Settings, WrongSettings
from expo.words import Language, Text

logger = logging.getLogger(__name__)

_STATE_BYTES: Final = 32
_ALLOWED: Final = "a file as docs/SETTINGS.md describes it, and a secret for each provider in it"


class Offer(msgspec.Struct, frozen=True):
    """One way of signing in, for the sign-in page; ``path`` follows the language, as in ``/ar/…``."""

    id: str
    name: Text
    path: str


def wall_clock() -> datetime:
    """The real clock, whatever a rehearsal pretends: tokens of real providers are dated by it."""
    return datetime.now(UTC)


def configured(settings: Settings) -> tuple[Provider, ...]:
    """The providers in the operator's file; none where no file is named.

    Raises:
        WrongSettings: The file cannot be read or used; every reason is told.
    """
    name, given = settings.oidc_providers, dict(settings.oidc_secrets)
    if not name:
        if given:
            raise WrongSettings((Mistake("SAWT_OIDC_PROVIDERS", "nothing", _ALLOWED),))
        return ()
    try:
        text = Path(name).read_text(encoding="utf-8")
        return providers.parse(text, given, loopback=settings.mode is Mode.DEMO)
    except (OSError, UnicodeDecodeError) as error:
        found = f"{name!r}, which cannot be read ({type(error).__name__})"
        raise WrongSettings((Mistake("SAWT_OIDC_PROVIDERS", found, _ALLOWED),)) from error
    except WrongProviders as wrong:
        lines = str(wrong).splitlines()
        mistakes = (Mistake("SAWT_OIDC_PROVIDERS", f"{name}: {x}", _ALLOWED) for x in lines)
        raise WrongSettings(tuple(mistakes)) from wrong


class Providers:
    """The providers of one expo. No provider is asked before somebody wants to sign in with it.

    Args:
        database: Remembers which answers were taken.
        settings: Its secrets sign trips; its file names the providers.
        now: The expo's clock.
        wall: The real one.
    """

    def __init__(
        self, database: Database, settings: Settings, now: Now, *, wall: Now = wall_clock
    ) -> None:
        self._database = database
        self._secret_keys = settings.secret_keys
        self._now = now
        self._site = settings.public_url
        self._budget = Budget(burst=20, seconds=6)
        found = configured(settings)
        self._names = {one.id: one.name for one in found}
        self._ways = _ways(found, settings, wall)

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What the sign-in page offers, in the order of the file."""
        return tuple(Offer(id_, name, _path(id_)) for id_, name in self._names.items())

    def name(self, provider: str) -> Text:
        """What people call a provider.

        Raises:
            NotFound: There is none of this id.
        """
        if provider not in self._names:
            raise NotFound
        return self._names[provider]

    async def begin(
        self, provider: str, visit: Visit, language: Language, then: str
    ) -> tuple[str, str]:
        """Where the browser goes, and the cookie that it brings back.

        Args:
            provider: Its id.
            visit: At the door.
            language: Of the page.
            then: A path of ours to end at.

        Raises:
            NotFound: There is no such provider.
            ProviderDown: It does not say where to go.
            TooFast: This device begins more often than a person does.
        """
        now, way = self._now(), self._way(provider)
        self._budget.spend(visit.device, now)
        state = secrets.token_urlsafe(_STATE_BYTES)
        trip = trips.begun(provider, state, visit.device, language, then, now)
        try:
            address = await way.address(trips.asked(trip, self._secret_keys[0]))
        except Distrusted as problem:
            raise _told(problem, provider) from problem
        return address, trips.sealed(trip, self._secret_keys)

    def under_way(self, cookie: str | None) -> Trip | None:
        """The trip in a cookie of ours, if it is one; whether it is good is not asked here."""
        return trips.glimpsed(cookie, self._secret_keys)

    async def finish(
        self, provider: str, visit: Visit, cookie: str | None, query: Iterable[tuple[str, str]]
    ) -> tuple[Claim, str]:
        """Who came back, and where they wanted to go.

        Args:
            provider: Whose address the answer came to.
            visit: At the door.
            cookie: What the browser brought of `begin`.
            query: What the provider added to our address.

        Raises:
            NotFound: There is no such provider.
            SignInLost, SignInExpired, SignInUsed: The answer belongs to no trip, an old one, or one
                that has ended.
            SignInDeclined: The person said no.
            ProviderDown, AnswerNotTrusted: The provider does not answer, or not so that it counts.
            IdentityNotAccepted, IdentityTooWeak: The expo has no place for this person.
            TooFast: This device comes back more often than a person does.
        """
        now, way = self._now(), self._way(provider)
        self._budget.spend(visit.device, now)
        try:
            answer = answers.answered(query)
            trip, asked = trips.taken_up(
                cookie, answer.state, provider, visit.device, self._secret_keys, now
            )
            await self._use(trip, now)
            async with within():
                return await _claim(way, answer, asked), trip.next
        except Distrusted as problem:
            raise _told(problem, provider) from problem

    def farewell(self, provider: str, language: Language) -> str | None:
        """Where a browser is signed out at the provider too; None where that is not asked for."""
        way = self._ways.get(provider)
        return way.farewell(f"{self._site}/{language}/") if way else None

    async def close(self) -> None:
        """Let go of every connection."""
        for way in self._ways.values():
            await way.close()

    def _way(self, provider: str) -> Way:
        if provider not in self._ways:
            raise NotFound
        return self._ways[provider]

    async def _use(self, trip: Trip, now: datetime) -> None:
        over_at = datetime.fromtimestamp(trip.expires_at, UTC)
        async with self._database.write() as tx:
            if not await store.use(tx, fingerprint(trip.state), expires_at=over_at, now=now):
                raise SignInUsed


def _ways(found: tuple[Provider, ...], settings: Settings, wall: Now) -> dict[str, Way]:
    given, loopback = dict(settings.oidc_secrets), settings.mode is Mode.DEMO
    return {
        one.id: way_to(
            one,
            given[one.id],
            f"{settings.public_url}/sign-in/back/{one.id}",
            wall,
            loopback=loopback,
        )
        for one in found
    }


def _path(provider: str) -> str:
    return f"/sign-in/with/{provider}"


async def _claim(way: Way, answer: Answered, asked: Asked) -> Claim:
    if not await way.is_from(answer):
        raise Distrusted(Why.ANSWER_OF_ANOTHER)
    if not answer.error:
        return await way.claim(answer.code, asked)
    if way.said_no(answer.error):
        raise SignInDeclined
    if is_out_of_order(answer.error):
        raise Distrusted(Why.IN_TROUBLE)
    raise Distrusted(Why.CLIENT_REFUSED)


def _told(problem: Distrusted, provider: str) -> ProviderDown | AnswerNotTrusted:
    """What the person is told; the log learns more, in words of ours alone."""
    logger.warning(
        "A sign-in with a provider failed",
        extra={"provider": provider, "reason": problem.why.value},
    )
    return ProviderDown() if problem.is_down else AnswerNotTrusted()
