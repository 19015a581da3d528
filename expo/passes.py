"""Signed pass tokens, and the short codes people type. Pure.

A token is ``<key id><nonce>.<expiry>.<signature>``: the key id names the secret that signed it, the
nonce is 128 bits of chance whose SHA-256 the database keeps, the expiry is seconds since 1970 in
base 36. So a forged or altered token is refused without looking anywhere, and a stolen database
opens nothing.

A join code is derived from the secret and its target, so the same programme has the same codes
after a restart and nothing is stored.
"""

import base64
import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

import msgspec
from itsdangerous import BadSignature, Signer

from expo.errors import N_, Refusal
from expo.words import latin_digits

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # without 0 O 1 I L, which look alike
CODE_LENGTH: Final = 4  # 923,521 codes: enough to be short, and a code is public anyway
_NONCE_BYTES: Final = 16
_KEY_ID_CHARACTERS: Final = 4
_LONGEST_TOKEN: Final = 200
_LONGEST_TYPED: Final = 32
_BODY: Final = re.compile(r"([0-9a-f]{4})([A-Za-z0-9_-]{22})\.([0-9a-z]{1,9})")
_BASE_36: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_SEPARATORS: Final = re.compile(r"[\s\u200b-\u200d\u2060.·_\u2010-\u2015\u2212-]+")


class PassUnknown(Refusal):
    """There is no such pass: never issued, altered on the way, or signed by a retired secret."""

    code = N_("pass-unknown")
    status = 404


class PassExpired(Refusal):
    """The pass was good until ``expired_at``."""

    code = N_("pass-expired")
    status = 410


class PassUsed(Refusal):
    """Somebody else used the pass up; it is personal."""

    code = N_("pass-used")
    status = 409


class PassRevoked(Refusal):
    """An organiser took the pass back."""

    code = N_("pass-revoked")
    status = 410


class Claim(msgspec.Struct, frozen=True):
    """What a genuine token says: which pass, and until when."""

    nonce: str
    expires_at: datetime


def signed(nonce: str, expires_at: datetime, secrets: tuple[str, ...]) -> str:
    """The token of a pass; its characters are safe in a path.

    Args:
        nonce: 22 characters of base64url, from a secure source of chance.
        expires_at: Aware; cut to whole seconds.
        secrets: The first one signs.
    """
    secret = secrets[0]
    body = f"{key_id(secret)}{nonce}.{_base_36(int(expires_at.timestamp()))}"
    return _signer(secret).sign(body).decode()


def nonce_for(pass_id: str, secret: str) -> str:
    """The nonce of a pass that every node must be able to tell again; without the secret, chance."""
    digest = hmac.digest(secret.encode(), b"pass nonce\0" + pass_id.encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:_NONCE_BYTES]).decode().rstrip("=")


def nonce_behind(mark: str, pass_id: str, secrets: tuple[str, ...]) -> str | None:
    """The nonce with this fingerprint, if it was made for this pass with one of the secrets."""
    nonces = (nonce_for(pass_id, secret) for secret in secrets)
    return next((nonce for nonce in nonces if fingerprint(nonce) == mark), None)


def opened(token: str, secrets: tuple[str, ...], now: datetime) -> Claim:
    """What the token says.

    Raises:
        PassUnknown: Not a token of ours, or altered.
        PassExpired: Genuine, but too late.
    """
    claim = _claim(token, secrets)
    if claim is None:
        raise PassUnknown
    if now >= claim.expires_at:
        raise PassExpired(expired_at=claim.expires_at.isoformat())
    return claim


def _claim(token: str, secrets: tuple[str, ...]) -> Claim | None:
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        return None
    for secret in secrets:
        if hmac.compare_digest(token[:_KEY_ID_CHARACTERS], key_id(secret)):
            try:
                body = _signer(secret).unsign(token).decode()
            except BadSignature:
                return None
            parts = _BODY.fullmatch(body)
            return (
                Claim(parts[2], datetime.fromtimestamp(int(parts[3], 36), UTC)) if parts else None
            )
    return None


def key_id(secret: str) -> str:
    """Names a secret without telling it: four hexadecimal digits."""
    return hashlib.sha256(b"sawt key id\0" + secret.encode()).hexdigest()[:_KEY_ID_CHARACTERS]


def fingerprint(token: str) -> str:
    """What the database keeps of a token, nonce or device: its SHA-256 in hexadecimal.

    Plain SHA-256 is enough for values of 128 bits of chance and more (ASVS 6.5.2).
    """
    return hashlib.sha256(token.encode()).hexdigest()


def _signer(secret: str) -> Signer:
    return Signer(secret, salt="sawt pass", key_derivation="hmac", digest_method=hashlib.sha256)


def _base_36(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _BASE_36[digit] + digits
    return digits or "0"


def join_codes(secret: str, targets: Iterable[str]) -> dict[str, str]:
    """Each code with its target; distinct codes for distinct targets.

    The same secret and targets give the same codes. Where two targets meet on one code (once in
    about 3,000 programmes of 24 sessions) the later one in id order gets its next.

    Args:
        secret: The first of the settings' secrets.
        targets: Opaque ids, e.g. of sessions; at most a few hundred.
    """
    codes: dict[str, str] = {}
    for target in sorted(set(targets)):
        attempt = 0
        while (code := _code(secret, target, attempt)) in codes:
            attempt += 1
        codes[code] = target
    return codes


def _code(secret: str, target: str, attempt: int) -> str:
    return letters(secret, f"join code\0{attempt}\0{target}", CODE_LENGTH)


def letters(secret: str, what: str, length: int) -> str:
    """A code for people to type, the same for the same secret and purpose; without the secret, chance."""
    number = int.from_bytes(hmac.digest(secret.encode(), what.encode(), "sha256"), "big")
    found = ""
    for _ in range(length):
        number, letter = divmod(number, len(ALPHABET))
        found += ALPHABET[letter]
    return found


def normalised(typed: str, length: int = CODE_LENGTH) -> str | None:
    """The code of this length somebody meant, or None if no such code looks like this.

    Case, spaces, dashes, full-width letters and Arabic digits do not matter (bad input 90).
    """
    if len(typed) > _LONGEST_TYPED:
        return None
    plain = _SEPARATORS.sub("", latin_digits(unicodedata.normalize("NFKC", typed))).upper()
    if len(plain) != length or not set(plain) <= set(ALPHABET):
        return None
    return plain
