"""A provider of OpenID Connect on loopback that can be made to lie in every way an attacker would.

It answers as the specification has it until a test changes one thing. Nobody is asked to sign in: the
browser is sent straight back with a code.
"""

import asyncio
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from joserfc import jwt
from joserfc.jwk import ECKey, Key, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from tests.support.serving import running

CLIENT = "sawt"
SECRET = "s3cret"
Changed = Callable[[dict[str, Any]], dict[str, Any]]


def unchanged(value: dict[str, Any]) -> dict[str, Any]:
    """The value as it is."""
    return value


@cache
def first_key() -> Key:
    """The key every forger begins with; making one takes a while."""
    return RSAKey.generate_key(2048, {"kid": "one"})


@dataclass
class Forger:
    """What it tells; a test changes what it likes before or between two sign-ins."""

    url: str = ""
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "mariam"})
    userinfo: dict[str, Any] | None = None
    key: Key = field(default_factory=first_key)
    published: list[dict[str, Any]] | None = None
    """Keys in the key set; the present one's by default."""
    discovery: Changed = unchanged
    id_token: Changed = unchanged
    header: Changed = unchanged
    signed: Callable[[dict[str, Any], dict[str, Any]], str] | None = None
    """Makes the ID token itself, of header and claims."""
    token_answer: Changed = unchanged
    """Changes the whole answer of the token endpoint."""
    authorise: Changed = unchanged
    """Changes what is put into the address of the answer."""
    at: dict[str, Callable[[], Response]] = field(default_factory=dict)
    """Answers instead, by name of endpoint."""
    wait: dict[str, asyncio.Event] = field(default_factory=dict)
    """Does not answer before this has happened, by name of endpoint."""
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    """Every question: the endpoint, and what was in it."""
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def questions(self, endpoint: str) -> list[dict[str, str]]:
        """What an endpoint was asked so far."""
        return [what for name, what in self.asked if name == endpoint]

    async def answer(self, request: Request) -> Response:
        """Any endpoint: noted, perhaps late, perhaps something else."""
        name = request.url.path.rsplit("/", 1)[-1]
        body = (await request.body()).decode("latin-1")
        asked = dict(parse_qsl(body)) | dict(request.query_params)
        asked["authorization"] = request.headers.get("authorization", "")
        self.asked.append((name, asked))
        if name in self.wait:
            await self.wait[name].wait()
        if name in self.at:
            return self.at[name]()
        made: dict[str, Callable[[dict[str, str]], Response]] = {
            "openid-configuration": self._discovery,
            "authorize": self._authorize,
            "token": self._token,
            "keys": self._keys,
            "userinfo": self._userinfo,
        }
        return made[name](asked)

    def _discovery(self, _: dict[str, str]) -> Response:
        document: dict[str, Any] = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
            "authorization_response_iss_parameter_supported": True,
            "something_nobody_knows": {"a": [1]},
        }
        return JSONResponse(self.discovery(document))

    def _authorize(self, asked: dict[str, str]) -> Response:
        code = f"code-{len(self._codes)}"
        self._codes[code] = asked
        answer = {"code": code, "state": asked["state"], "iss": self.url}
        query = urlencode(self.authorise(answer))
        return RedirectResponse(f"{asked['redirect_uri']}?{query}", 303)

    def _token(self, asked: dict[str, str]) -> Response:
        begun = self._codes.pop(asked.get("code", ""), None)
        if begun is None or _s256(asked["code_verifier"]) != begun["code_challenge"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = self.id_token(
            {
                "iss": self.url,
                "aud": CLIENT,
                "iat": now,
                "exp": now + 300,
                "nonce": begun["nonce"],
                "at_hash": _half("access"),
                **self.claims,
            }
        )
        header = self.header({"alg": "RS256", "kid": self.key.kid})
        token = self.signed(header, claims) if self.signed else jwt.encode(header, claims, self.key)
        answer = {"access_token": "access", "token_type": "Bearer", "expires_in": 300}
        return JSONResponse(self.token_answer({**answer, "id_token": token}))

    def _keys(self, _: dict[str, str]) -> Response:
        own = {**self.key.as_dict(private=False), "use": "sig"}
        return JSONResponse({"keys": [own] if self.published is None else self.published})

    def _userinfo(self, _: dict[str, str]) -> Response:
        return JSONResponse(self.claims if self.userinfo is None else self.userinfo)


def bare(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    """A token by hand, with whatever signature."""
    parts = [msgspec.json.encode(header), msgspec.json.encode(claims), signature]
    return ".".join(urlsafe_b64encode(part).decode().rstrip("=") for part in parts)


def signed_bytes(header: dict[str, Any], claims: dict[str, Any]) -> bytes:
    """What a signature of such a token is made of."""
    return bare(header, claims).rpartition(".")[0].encode()


def new_key(kid: str, *, elliptic: bool = False) -> Key:
    """Another key."""
    if elliptic:
        return ECKey.generate_key("P-256", {"kid": kid})
    return RSAKey.generate_key(2048, {"kid": kid})


def decoded(part: str) -> dict[str, Any]:
    """Header or claims of a token."""
    raw = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    return msgspec.json.decode(raw, type=dict[str, Any])


def _s256(verifier: str) -> str:
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")


def _half(text: str) -> str:
    return urlsafe_b64encode(sha256(text.encode()).digest()[:16]).decode().rstrip("=")


@asynccontextmanager
async def forging(forger: Forger | None = None) -> AsyncIterator[Forger]:
    """A forger at work on a free port."""
    forger = forger or Forger()
    endpoints = (
        "/.well-known/openid-configuration",
        "/authorize",
        "/token",
        "/keys",
        "/userinfo",
        "/idshub/token",
    )
    routes = [Route(path, forger.answer, methods=["GET", "POST"]) for path in endpoints]
    async with running(Starlette(routes=routes)) as forger.url:
        yield forger
        for late in forger.wait.values():
            late.set()


Change = Callable[[Forger], None]
"""What a test makes a forger do."""


def signed_with_a_key_it_brings(forger: Forger) -> None:
    """Signs with a key of its own that it puts into the token's header."""
    other = new_key("own")
    extra = {"kid": "own", "jwk": other.as_dict(private=False)}
    forger.signed = lambda header, claims: jwt.encode({**header, **extra}, claims, other)
