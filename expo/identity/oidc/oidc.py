"""One provider asked: OpenID Connect through Authlib, and UAE PASS by its own steps. Edge."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Protocol
from urllib.parse import quote_plus

import msgspec
from authlib.integrations.httpx_client import OAuthError
from authlib.oidc.core import CodeIDToken
from httpx2 import BasicAuth, HTTPStatusError
from joserfc import jwt
from joserfc.errors import BadSignatureError, ExpiredTokenError, JoseError
from joserfc.jwk import JWKRegistry
from joserfc.jws import JWSRegistry

from expo.clock import Now
from expo.identity.entering.identities import Claim
from expo.identity.oidc import answers, placing, uae_pass
from expo.identity.oidc.answers import Answered, Head, Metadata
from expo.identity.oidc.asking import Asker, within
from expo.identity.oidc.providers import OpenId, Provider, UaePass
from expo.identity.oidc.refusals import Distrusted, Why
from expo.identity.oidc.trips import Asked

logger = logging.getLogger(__name__)

SKEW_SECONDS: Final = 60  # clocks of two servers that are looked after differ by less
_FRESH_SECONDS: Final = 600  # an ID token is made at the moment it is asked for
_KEPT: Final = timedelta(hours=1)  # discovery and keys; an unknown key is looked for at once
_COOLING: Final = timedelta(seconds=10)  # between two looks for what was not there
_LONGEST_TOKEN: Final = 64 * 1024
_GONE_WRONG: Final = frozenset({"server_error", "temporarily_unavailable"})
_SAID_NO: Final = frozenset(
    {"access_denied", "login_required", "consent_required", "interaction_required"}
)


class Way(Protocol):
    """One provider, whatever it speaks."""

    async def address(self, asked: Asked) -> str:
        """Where the browser goes."""

    async def is_from(self, answer: Answered) -> bool:
        """Whether the answer is of this provider, as far as it says."""

    async def claim(self, code: str, asked: Asked) -> Claim:
        """Who came back with this code."""

    def said_no(self, error: str) -> bool:
        """Whether this error means that the person did not want to."""

    def farewell(self, back: str) -> str | None:
        """Where the browser is signed out there as well; None where that is not asked for."""

    async def close(self) -> None:
        """Let go of connections."""


def is_out_of_order(error: str) -> bool:
    """Whether this error means that the provider has trouble of its own."""
    return error in _GONE_WRONG


def way_to(provider: Provider, secret: str, back: str, wall: Now, *, loopback: bool) -> Way:
    """The way to a provider.

    Args:
        provider: From the operator's file.
        secret: The client's.
        back: Our own address for its answers.
        wall: The real clock: a rehearsal's would find every token years too young.
        loopback: Whether it may be on this machine, over plain http.
    """
    if isinstance(provider, UaePass):
        return _UaePassWay(provider, secret, back)
    return _OpenIdWay(provider, secret, back, wall, loopback=loopback)


class _OpenIdWay:
    """A provider of OpenID Connect."""

    def __init__(
        self, provider: OpenId, secret: str, back: str, wall: Now, *, loopback: bool
    ) -> None:
        self._provider = provider
        self._secret = secret
        self._back = back
        self._wall = wall
        self._loopback = loopback
        self._asker = Asker()
        self._lock = asyncio.Lock()
        self._metadata: Metadata | None = None
        self._keys: tuple[dict[str, str], ...] = ()
        self._learnt_at: datetime | None = None
        self._looked_at: datetime | None = None
        self._failed: tuple[datetime, Distrusted] | None = None

    async def address(self, asked: Asked) -> str:
        found = await self._discovered()
        client = self._client(found)
        address, _ = client.create_authorization_url(
            found.authorization_endpoint,
            state=asked.state,
            nonce=asked.nonce,
            code_verifier=asked.verifier,
            ui_locales=asked.language,
        )
        return str(address)

    async def is_from(self, answer: Answered) -> bool:
        return answers.issuer_is(answer, await self._discovered())

    async def claim(self, code: str, asked: Asked) -> Claim:
        found = await self._discovered()
        token = await self._exchanged(found, code, asked)
        claims = await self._verified(found, token, asked)
        if self._provider.userinfo and found.userinfo_endpoint:
            claims = await self._told_more(found.userinfo_endpoint, token, claims)
        return placing.claim_of(self._provider, claims)

    def said_no(self, error: str) -> bool:
        return error in _SAID_NO

    def farewell(self, back: str) -> str | None:  # noqa: ARG002 - an employer's sign-in stays theirs
        return None

    async def close(self) -> None:
        await self._asker.close()

    # --- discovery and keys ---

    async def _discovered(self) -> Metadata:
        """The discovery document, about an hour old at most; asked once for everybody who waits."""
        if self._metadata and (self._is_fresh() or self._lock.locked()):
            return self._metadata
        async with self._lock:
            if self._metadata and self._is_fresh():
                return self._metadata
            now = self._wall()
            if self._failed and now - self._failed[0] < _COOLING:
                raise self._failed[1]
            try:
                return await self._learn(now)
            except Distrusted as problem:
                if self._metadata is None:
                    self._failed = (now, problem)
                    raise
                self._learnt_at = now - _KEPT + _COOLING  # what was true goes on; asked again soon
                return self._metadata

    def _is_fresh(self) -> bool:
        return self._learnt_at is not None and self._wall() - self._learnt_at < _KEPT

    async def _learn(self, now: datetime) -> Metadata:
        address = self._provider.issuer.rstrip("/") + "/.well-known/openid-configuration"
        async with within():
            raw = await self._document(address)
            found = answers.metadata(raw, self._provider, loopback=self._loopback)
            self._keys = answers.keys(await self._document(found.jwks_uri))
        self._metadata, self._learnt_at, self._failed = found, now, None
        return found

    async def _keys_for(self, found: Metadata, head: Head) -> tuple[dict[str, str], ...]:
        """The keys that may have signed; an unknown one is looked for, once in a while."""
        fitting = answers.fitting(self._keys, head)
        if fitting:
            return fitting
        async with self._lock:
            now = self._wall()
            if self._looked_at is None or now - self._looked_at >= _COOLING:
                self._looked_at = now
                self._keys = answers.keys(await self._document(found.jwks_uri))
        return answers.fitting(self._keys, head)

    async def _document(self, address: str) -> bytes:
        """A public document; a provider that does not hand it out is down."""
        try:
            return await self._asker.get(address)
        except Distrusted as problem:
            raise Distrusted(
                Why.UNREACHABLE if problem.why is Why.REFUSED else problem.why
            ) from problem

    # --- the exchange ---

    def _client(self, found: Metadata) -> Any:
        in_body = found.sends_secret_in_body
        return self._asker.client(
            client_id=self._provider.client_id,
            client_secret=self._secret,
            token_endpoint_auth_method="client_secret_post" if in_body else "client_secret_basic",
            scope=" ".join(self._provider.scopes),
            redirect_uri=self._back,
            code_challenge_method="S256",
        )

    async def _exchanged(self, found: Metadata, code: str, asked: Asked) -> Mapping[str, Any]:
        # RFC 6749 2.3.1 wants both encoded as in a form; Authlib's own header does not.
        id_, secret = quote_plus(self._provider.client_id), quote_plus(self._secret)
        auth = None if found.sends_secret_in_body else BasicAuth(id_, secret)
        async with within():
            try:
                token: Mapping[str, Any] = await self._client(found).fetch_token(
                    found.token_endpoint,
                    grant_type="authorization_code",
                    code=code,
                    redirect_uri=self._back,
                    code_verifier=asked.verifier,
                    auth=auth,
                )
            except OAuthError as refused:
                is_ours = refused.error in {"invalid_client", "unauthorized_client"}
                raise Distrusted(Why.CLIENT_REFUSED if is_ours else Why.CODE_REFUSED) from None
            except HTTPStatusError as failed:
                raise Distrusted(Why.IN_TROUBLE) from failed
            except (ValueError, TypeError, RecursionError) as error:
                raise Distrusted(Why.EXCHANGE_MALFORMED) from error
        return token

    async def _verified(
        self, found: Metadata, token: Mapping[str, Any], asked: Asked
    ) -> dict[str, Any]:
        """The claims of a genuine, fresh ID token that is meant for us and for this trip."""
        text = token.get("id_token")
        if not isinstance(text, str) or len(text) > _LONGEST_TOKEN:
            raise Distrusted(Why.TOKEN_MISSING)
        head = answers.head(text)
        if head.alg not in found.algorithms:
            raise Distrusted(Why.TOKEN_ALGORITHM)
        signed = _signed(text, head, await self._keys_for(found, head))
        options = {
            "iss": {"essential": True, "value": found.issuer},
            "aud": {"essential": True, "value": self._provider.client_id},
        }
        params = {
            "nonce": asked.nonce,
            "client_id": self._provider.client_id,
            "access_token": token.get("access_token"),
        }
        claims = CodeIDToken(signed.claims, signed.header, options, params)
        now = int(self._wall().timestamp())
        try:
            claims.validate(now=now, leeway=SKEW_SECONDS)
            is_fresh = now - claims["iat"] <= _FRESH_SECONDS
        except ExpiredTokenError as late:
            raise Distrusted(Why.TOKEN_EXPIRED) from late
        except JoseError as error:
            raise Distrusted(Why.TOKEN_CLAIMS) from error
        except (TypeError, ValueError, OverflowError) as error:
            raise Distrusted(Why.TOKEN_MALFORMED) from error
        if not is_fresh:
            raise Distrusted(Why.TOKEN_STALE)
        return dict(claims)

    async def _told_more(
        self, address: str, token: Mapping[str, Any], claims: dict[str, Any]
    ) -> dict[str, Any]:
        """The claims with those of userinfo, which must be of the same subject; the token's win."""
        raw = await self._asker.get(address, _bearer(token.get("access_token")))
        try:
            more = msgspec.json.decode(raw, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise Distrusted(Why.PROFILE_MALFORMED) from error
        if more.get("sub") != claims["sub"]:
            raise Distrusted(Why.USERINFO_OF_ANOTHER)
        return {**more, **claims}


class _UaePassWay:
    """UAE PASS, step by step as `uae_pass` has it."""

    def __init__(self, provider: UaePass, secret: str, back: str) -> None:
        self._provider = provider
        self._secret = secret
        self._back = back
        self._asker = Asker()

    async def address(self, asked: Asked) -> str:
        return uae_pass.authorisation(self._provider, asked, self._back)

    async def is_from(self, answer: Answered) -> bool:  # noqa: ARG002 - it never says
        return True

    async def claim(self, code: str, asked: Asked) -> Claim:
        parts = {"grant_type": "authorization_code", "redirect_uri": self._back, "code": code}
        raw = await self._asker.post_parts(
            f"{self._provider.origin}/idshub/token",
            parts,
            (self._provider.client_id, self._secret),
        )
        try:
            token = msgspec.json.decode(raw, type=_Bearer)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Distrusted(Why.EXCHANGE_MALFORMED) from error
        address = f"{self._provider.origin}/idshub/userinfo"
        found = uae_pass.profile(await self._asker.get(address, _bearer(token.access_token)))
        return uae_pass.claim_of(self._provider, found, asked.language)

    def said_no(self, error: str) -> bool:
        return error in uae_pass.REFUSALS

    def farewell(self, back: str) -> str | None:
        return uae_pass.farewell(self._provider, back)

    async def close(self) -> None:
        await self._asker.close()


class _Bearer(msgspec.Struct):
    access_token: str


def _bearer(token: object) -> dict[str, str]:
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        raise Distrusted(Why.TOKEN_MISSING)
    return {"authorization": f"Bearer {token}"}


def _signed(text: str, head: Head, keys: tuple[dict[str, str], ...]) -> jwt.Token:
    """The token, if one of these keys signed it."""
    registry = JWSRegistry(algorithms=[head.alg], strict_check_header=False)
    for key in keys:
        try:
            return jwt.decode(text, JWKRegistry.import_key(dict(key)), registry=registry)
        except BadSignatureError:
            continue
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise Distrusted(Why.TOKEN_MALFORMED) from error
    raise Distrusted(Why.TOKEN_SIGNATURE)
