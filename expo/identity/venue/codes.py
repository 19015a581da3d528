"""Codes of the venue, and the rules by which one lets somebody in. Pure.

A *badge code* is printed once and used by one device; it has 49 bits of chance, so nobody hits one by
trying. A *hall code* stands on the screen, is made from the secret and the clock as in RFC 6238, and
holds for the half minute it is shown and the next. What it proves is presence, never who it is.
"""

import hmac
import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from expo.errors import N_, BadRequest, Refusal
from expo.identity.entering.identities import Claim, Kind
from expo.identity.people import Assurance
from expo.passes import ALPHABET, letters, normalised
from expo.rights import Role
from expo.words import clean

BADGE_LENGTH: Final = 10
HALL_LENGTH: Final = 8  # 39 bits for a minute; a device may try ten times at once
WINDOW_SECONDS: Final = 30
MOST_AT_ONCE: Final = 500  # badges of one sheet: a screen of them is long enough to look through
LONGEST_LABEL: Final = 80
LONGEST_VALIDITY: Final = timedelta(days=60)
BADGES: Final = "badge"
"""Issuer of the identity a badge proves."""

_GRANT_SECONDS: Final = 300  # from scanning to pressing: time to read, and to ask somebody
_HALVES: Final = BADGE_LENGTH // 2
_ROLES: Final = {"customers": Role.CUSTOMER, "employees": Role.EMPLOYEE}
ELECTORATES: Final = tuple(_ROLES)
"""Electorates a badge can be for; teams and presenters get passes with their entity."""


class BadgeUnknown(Refusal):
    """No badge has this code, or the code on the screen was another."""

    code = N_("badge-unknown")
    status = 404


class BadgeUsed(Refusal):
    """The badge came in on another device."""

    code = N_("badge-used")
    status = 409


class BadgeExpired(Refusal):
    """The badge was good until ``expired_at``."""

    code = N_("badge-expired")
    status = 410


class BadgeRevoked(Refusal):
    """An organiser took the badge back."""

    code = N_("badge-revoked")
    status = 410


class HallCodeOver(Refusal):
    """The code on the screen has changed since; scan the one that is there now."""

    code = N_("hall-code-over")
    status = 410


class Badge(msgspec.Struct, frozen=True):
    """One badge as issued; ``device`` is the fingerprint of the device that came in with it."""

    id: str
    batch: str
    electorate: str
    label: str
    issued_at: datetime
    expires_at: datetime
    device: str | None = None
    revoked_at: datetime | None = None


class BadgeOrder(msgspec.Struct, frozen=True):
    """A sheet of badges as somebody asks for it, once it has been `checked`."""

    electorate: str
    label: str
    expires_at: datetime
    count: int


class Sheet(msgspec.Struct, frozen=True):
    """Badges issued together, counted: how many there are, came in, and can come in no more."""

    batch: str
    label: str
    electorate: str
    issued_at: datetime
    expires_at: datetime
    count: int
    used: int
    is_revoked: bool


def checked(order: BadgeOrder, now: datetime) -> BadgeOrder:
    """The order with a clean label.

    Raises:
        BadRequest: It makes no sense; ``what`` names the field.
    """
    label = clean(order.label)
    for what, is_right in (
        ("electorate", order.electorate in _ROLES),
        ("label", len(label) <= LONGEST_LABEL),
        ("hours", now < order.expires_at <= now + LONGEST_VALIDITY),
        ("count", 1 <= order.count <= MOST_AT_ONCE),
    ):
        if not is_right:
            raise BadRequest(what=what)
    return msgspec.structs.replace(order, label=label)


def badge_code(choose: Callable[[str], str]) -> str:
    """A new code; ``choose`` draws one letter from a secure source of chance."""
    return "".join(choose(ALPHABET) for _ in range(BADGE_LENGTH))


def badge_typed(typed: str) -> str | None:
    """The badge code somebody typed or scanned, however it was grouped."""
    return normalised(typed, BADGE_LENGTH)


def grouped(code: str) -> str:
    """The code as it is printed: two halves."""
    return f"{code[:_HALVES]}-{code[_HALVES:]}"


def badge_mark(code: str, secret: str) -> str:
    """What is stored of a code: a keyed mark, so that a stolen database opens nothing."""
    return hmac.digest(secret.encode(), b"badge\0" + code.encode(), "sha256").hex()


def let_in(badge: Badge, device: str, now: datetime) -> Claim:
    """What the badge proves for the device with this fingerprint.

    Raises:
        BadgeRevoked: An organiser took it back.
        BadgeUsed: It came in on another device.
        BadgeExpired: Too late; whoever is in already may come back.
    """
    if badge.revoked_at is not None:
        raise BadgeRevoked
    if badge.device is not None and badge.device != device:
        raise BadgeUsed
    if badge.device is None and now >= badge.expires_at:
        raise BadgeExpired(expired_at=badge.expires_at.isoformat())
    return Claim(
        kind=Kind.VENUE,
        issuer=BADGES,
        subject=badge.id,
        assurance=Assurance.CONTACT,
        role=_ROLES[badge.electorate],
        electorate=badge.electorate,
        label=badge.label,
    )


# --- the code on the screen ---


def hall_code(secret: str, now: datetime) -> str:
    """The code to show now."""
    return _hall_code(secret, _window(now))


def changes_at(now: datetime) -> datetime:
    """When the next code is shown."""
    return datetime.fromtimestamp((_window(now) + 1) * WINDOW_SECONDS, UTC)


def is_hall_code(typed: str, secrets: tuple[str, ...], now: datetime) -> bool:
    """Whether this is the code shown now or the one before it."""
    code = normalised(typed, HALL_LENGTH)
    if code is None:
        return False
    window = _window(now)
    shown = (_hall_code(secret, window - back) for secret in secrets for back in (0, 1))
    return any(hmac.compare_digest(code, one) for one in shown)


def granted(device: str, secret: str, now: datetime) -> str:
    """Says that this device saw the code in time: who presses the button later is still in time."""
    until = math.ceil(now.timestamp()) + _GRANT_SECONDS
    return f"{until}.{_grant(device, until, secret)}"


def is_granted(grant: str, device: str, secrets: tuple[str, ...], now: datetime) -> bool:
    """Whether this grant was given to this device and still holds."""
    until, _, mark = grant.partition(".")
    if not (until.isascii() and until.isdecimal() and len(until) <= len("9999999999")):
        return False
    if int(until) < now.timestamp() or not mark.isascii():
        return False
    return any(hmac.compare_digest(mark, _grant(device, int(until), one)) for one in secrets)


def _window(now: datetime) -> int:
    return int(now.timestamp()) // WINDOW_SECONDS


def _hall_code(secret: str, window: int) -> str:
    return letters(secret, f"hall code\0{window}", HALL_LENGTH)


def _grant(device: str, until: int, secret: str) -> str:
    return hmac.digest(secret.encode(), f"hall grant\0{until}\0{device}".encode(), "sha256").hex()
