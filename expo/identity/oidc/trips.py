"""One way to a provider and back: begun by one device, good once and for a few minutes. Pure.

What we need to remember meanwhile rides in a signed cookie, so beginning writes nothing and nobody
can fill the database with beginnings. Nonce and PKCE verifier are derived from our secret and the
state, so neither the cookie nor a stolen database holds them.
"""

import base64
import binascii
import hmac
from datetime import datetime, timedelta
from typing import Final

import msgspec

from expo.identity.oidc.refusals import SignInExpired, SignInLost
from expo.passes import fingerprint
from expo.words import Language

STAY: Final = timedelta(minutes=10)
"""How long signing in may take, a lost phone included (RFC 6749 4.1.2 has the same for codes)."""
LONGEST_COOKIE: Final = 2_048


class Trip(msgspec.Struct, frozen=True, array_like=True):
    """A sign-in under way.

    ``device`` is the fingerprint of the device that began; ``next`` is where it wants to go after.
    """

    provider: str
    state: str
    device: str
    language: Language
    next: str
    expires_at: int


class Asked(msgspec.Struct, frozen=True):
    """What the provider is told, and must prove to have been told."""

    state: str
    nonce: str
    verifier: str
    language: Language


def begun(
    provider: str, state: str, device: str, language: Language, then: str, now: datetime
) -> Trip:
    """A trip that begins now.

    Args:
        provider: Id of whom we ask.
        state: 43 characters of base64url, from a secure source of chance.
        device: The device's own token.
        language: Of the page it was begun on.
        then: A path of ours.
        now: The present instant.
    """
    end = int((now + STAY).timestamp())
    return Trip(provider, state, fingerprint(device), language, then, end)


def sealed(trip: Trip, secrets: tuple[str, ...]) -> str:
    """The trip as the value of a cookie; the first secret signs."""
    body = base64.urlsafe_b64encode(msgspec.json.encode(trip)).decode().rstrip("=")
    return f"{body}.{_mark(body, secrets[0])}"


def taken_up(
    cookie: str | None,
    state: str,
    provider: str,
    device: str,
    secrets: tuple[str, ...],
    now: datetime,
) -> tuple[Trip, Asked]:
    """The trip that an answer belongs to, and what was asked then.

    Args:
        cookie: What the browser brought.
        state: As the answer has it.
        provider: Whose address the answer came to.
        device: The device's own token.
        secrets: All of them verify.
        now: The present instant.

    Raises:
        SignInLost: The answer belongs to no trip of this device with this provider.
        SignInExpired: It does, but too late.
    """
    trip, secret = _opened(cookie or "", secrets)
    is_ours = hmac.compare_digest(trip.state.encode(), state.encode())
    is_here = hmac.compare_digest(trip.device, fingerprint(device))
    if not (is_ours and is_here and trip.provider == provider):
        raise SignInLost
    if now.timestamp() >= trip.expires_at:
        raise SignInExpired
    return trip, asked(trip, secret)


def glimpsed(cookie: str | None, secrets: tuple[str, ...]) -> Trip | None:
    """The trip in a cookie that we sealed; None where there is none. It may be over."""
    try:
        return _opened(cookie or "", secrets)[0]
    except SignInLost:
        return None


def asked(trip: Trip, secret: str) -> Asked:
    """What the provider is told; the same each time for the same trip and secret."""
    return Asked(
        state=trip.state,
        nonce=_derived("nonce", trip.state, secret),
        verifier=_derived("verifier", trip.state, secret),
        language=trip.language,
    )


def _opened(cookie: str, secrets: tuple[str, ...]) -> tuple[Trip, str]:
    body, _, mark = cookie.partition(".")
    if len(cookie) > LONGEST_COOKIE or not cookie.isascii():
        raise SignInLost
    for secret in secrets:
        if hmac.compare_digest(mark, _mark(body, secret)):
            try:
                raw = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
                return msgspec.json.decode(raw, type=Trip), secret
            except (binascii.Error, msgspec.DecodeError) as error:
                raise SignInLost from error
    raise SignInLost


def _mark(body: str, secret: str) -> str:
    return hmac.digest(secret.encode(), b"sign-in trip\0" + body.encode(), "sha256").hex()


def _derived(what: str, state: str, secret: str) -> str:
    """43 characters of base64url, as RFC 7636 4.1 wants a verifier."""
    digest = hmac.digest(secret.encode(), f"sign-in {what}\0{state}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
