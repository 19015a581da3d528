"""What providers answer, read strictly: discovery documents, keys, and the way back. Pure."""

import base64
import binascii
from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from expo.identity.oidc.providers import OpenId, is_fit
from expo.identity.oidc.refusals import Distrusted, Why

ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
)  # fmt: skip
"""Signatures we believe; all need the provider's private key, so neither ``none`` nor ``HS…``."""
_KEY_TYPES: Final = {"R": "RSA", "P": "RSA", "E": "EC"}
_CURVES: Final = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}
_PUBLIC: Final = frozenset({"kty", "kid", "use", "alg", "n", "e", "crv", "x", "y"})
_MOST_KEYS: Final = 64
_SHORTEST_RSA: Final = 256  # bytes: 2048 bits
_LONGEST_RSA: Final = 2_048  # bytes; checking a signature takes longer with each
_LONGEST: Final = 4_096  # characters of one part of an answer; some codes are long
_AFTER_HEAD: Final = 2  # parts of a token: claims and signature; an encrypted one has four
_PARTS: Final = frozenset({"state", "code", "error", "iss"})


class Answered(msgspec.Struct, frozen=True):
    """What a provider sent the browser back with; the rest of the address is not looked at."""

    state: str
    code: str = ""
    error: str = ""
    issuer: str | None = None


class Metadata(msgspec.Struct, frozen=True):
    """What a discovery document says, as far as we use it (OpenID Connect Discovery 3)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False

    @property
    def algorithms(self) -> tuple[str, ...]:
        """Signatures that both sides believe."""
        return tuple(a for a in ALGORITHMS if a in self.id_token_signing_alg_values_supported)

    @property
    def sends_secret_in_body(self) -> bool:
        """Whether the client's secret goes into the form because no header is taken."""
        methods = self.token_endpoint_auth_methods_supported
        return "client_secret_basic" not in methods and "client_secret_post" in methods


class Head(msgspec.Struct, frozen=True):
    """The header of an ID token."""

    alg: str
    kid: str | None = None


def answered(query: Iterable[tuple[str, str]]) -> Answered:
    """The answer in the query of an address.

    Raises:
        Distrusted: A part is missing, too long, or there twice.
    """
    parts: dict[str, str] = {}
    for name, value in query:
        if name in _PARTS:
            if name in parts or not 0 < len(value) <= _LONGEST:
                raise Distrusted(Why.ANSWER_MALFORMED)
            parts[name] = value
    if "state" not in parts or ("code" in parts) is ("error" in parts):
        raise Distrusted(Why.ANSWER_MALFORMED)
    return Answered(parts["state"], parts.get("code", ""), parts.get("error", ""), parts.get("iss"))


def metadata(raw: bytes, provider: OpenId, *, loopback: bool) -> Metadata:
    """The discovery document, if it is this provider's and leads nowhere we would not go.

    Raises:
        Distrusted: It is not; the reason names the part.
    """
    try:
        found = msgspec.json.decode(raw, type=Metadata)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Distrusted(Why.DISCOVERY_MALFORMED) from error
    if found.issuer != provider.issuer:
        raise Distrusted(Why.DISCOVERY_OF_ANOTHER)
    if not found.algorithms:
        raise Distrusted(Why.DISCOVERY_UNSAFE)
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"):
        address = getattr(found, name)
        if address and not is_fit(address, provider.allowed_hosts, loopback=loopback):
            raise Distrusted(Why.DISCOVERY_ELSEWHERE)
    return found


def issuer_is(answer: Answered, found: Metadata) -> bool:
    """Whether the answer is this issuer's as far as it says (RFC 9207)."""
    if answer.issuer is None:
        return not found.authorization_response_iss_parameter_supported
    return answer.issuer == found.issuer


def head(token: str) -> Head:
    """The header of an ID token.

    Raises:
        Distrusted: It is none of three parts, or its first is no header.
    """
    first, *others = token.split(".")
    if len(others) != _AFTER_HEAD:
        raise Distrusted(Why.TOKEN_MALFORMED)
    try:
        raw = base64.urlsafe_b64decode(first + "=" * (-len(first) % 4))
        return msgspec.json.decode(raw, type=Head)
    except (ValueError, binascii.Error, RecursionError) as error:
        raise Distrusted(Why.TOKEN_MALFORMED) from error


def keys(raw: bytes) -> tuple[dict[str, str], ...]:
    """The public keys for signatures in a key set, each with its public parts alone.

    Keys we do not understand are left out (RFC 7517 5); so are short ones.

    Raises:
        Distrusted: There is no key set.
    """
    try:
        found = msgspec.json.decode(raw, type=dict[str, Any]).get("keys")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Distrusted(Why.KEYS_MALFORMED) from error
    if not isinstance(found, list) or len(found) > _MOST_KEYS:
        raise Distrusted(Why.KEYS_MALFORMED)
    return tuple(_understood(found))


def fitting(every: tuple[dict[str, str], ...], of: Head) -> tuple[dict[str, str], ...]:
    """The keys that may have made a signature with this header."""
    return tuple(
        key
        for key in every
        if key["kty"] == _KEY_TYPES.get(of.alg[:1])
        and key.get("alg") in (None, of.alg)
        and (of.alg not in _CURVES or key.get("crv") == _CURVES[of.alg])
        and (of.kid is None or key.get("kid") == of.kid)
    )


def _understood(found: list[Any]) -> Iterator[dict[str, str]]:
    for key in found:
        if not isinstance(key, dict) or key.get("use", "sig") != "sig":
            continue
        public = {name: v for name, v in key.items() if name in _PUBLIC and isinstance(v, str)}
        if public.get("kty") == "EC" or (public.get("kty") == "RSA" and _is_long(public)):
            yield public


def _is_long(key: dict[str, str]) -> bool:
    text = key.get("n", "")
    try:
        modulus = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).lstrip(b"\0")
    except (ValueError, binascii.Error):
        return False
    return _SHORTEST_RSA <= len(modulus) <= _LONGEST_RSA
