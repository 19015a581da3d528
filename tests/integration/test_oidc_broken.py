"""Signing in by a provider whose own servers are broken, silent or made to harm whoever asks them."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.responses import JSONResponse, RedirectResponse, Response

from tests.support.forger import (
    Change,
    Forger,
    forging,
    signed_with_a_key_it_brings,
)
from tests.support.signing import ending, expo_with, openid, walking


def elsewhere(name: str, address: str) -> Change:
    """A discovery document with this address in it."""

    def change(forger: Forger) -> None:
        forger.discovery = lambda document: {**document, name: address}

    return change


def at(endpoint: str, answer: Callable[[], Response]) -> Change:
    """Another answer of an endpoint."""

    def change(forger: Forger) -> None:
        forger.at[endpoint] = answer

    return change


def large() -> Response:
    return JSONResponse({"keys": [], "padding": "x" * 300_000})


def packed() -> Response:
    return Response(
        b"\x1f\x8b", headers={"content-encoding": "gzip"}, media_type="application/json"
    )


def deep() -> Response:
    return Response("[" * 100_000, media_type="application/json")


BROKEN: dict[str, Change] = {
    "discovery of another issuer": elsewhere("issuer", "https://evil.example"),
    "keys at another host": elsewhere("jwks_uri", "http://169.254.169.254/latest"),
    "token endpoint in a file": elsewhere("token_endpoint", "file:///etc/passwd"),
    "token endpoint behind a user": elsewhere("token_endpoint", "http://127.0.0.1@evil.example/"),
    "authorisation at another host": elsewhere("authorization_endpoint", "https://evil.example/"),
    "userinfo at another port": elsewhere("userinfo_endpoint", "http://127.0.0.1:1/"),
    "discovery too large": at("openid-configuration", large),
    "discovery compressed": at("openid-configuration", packed),
    "discovery without end": at("openid-configuration", deep),
    "discovery as a page": at(
        "openid-configuration", lambda: Response("<p>", media_type="text/html")
    ),
    "discovery elsewhere": at(
        "openid-configuration", lambda: RedirectResponse("http://127.0.0.1:1/")
    ),
    "discovery with an error": at("openid-configuration", lambda: Response(status_code=500)),
    "no safe signature": lambda forger: setattr(
        forger,
        "discovery",
        lambda found: {**found, "id_token_signing_alg_values_supported": ["none", "HS256"]},
    ),
    "keys too large": at("keys", large),
}


@pytest.mark.parametrize("fault", BROKEN)
async def test_provider_that_cannot_be_talked_to_is_down(tmp_path: Path, fault: str) -> None:
    async with forging() as forger, expo_with(tmp_path, openid(forger.url)) as house:
        BROKEN[fault](forger)
        async with walking(house) as walk:
            answer = await walk.client.get("/en/sign-in/with/acme")

            assert ending(answer) == "provider-down"
            assert (await walk.client.get("/en/")).status_code == 200


@pytest.mark.parametrize("endpoint", ["token", "userinfo"])
@pytest.mark.parametrize("answer", [large, packed, deep, lambda: Response(status_code=500)])
async def test_bad_answer_after_the_code_lets_nobody_in(
    tmp_path: Path, endpoint: str, answer: Callable[[], Response]
) -> None:
    async with forging() as forger, expo_with(tmp_path, openid(forger.url)) as house:
        forger.at[endpoint] = answer
        async with walking(house) as walk:
            assert ending(await walk.through()) in {"provider-down", "answer-not-trusted"}
            assert "sawt_visit" not in walk.client.cookies


async def test_unknown_key_is_looked_for_once_in_a_while(tmp_path: Path) -> None:
    async with forging() as forger, expo_with(tmp_path, openid(forger.url)) as house:
        signed_with_a_key_it_brings(forger)
        for _ in range(5):
            async with walking(house) as walk:
                assert ending(await walk.through()) == "answer-not-trusted"

        assert len(forger.questions("keys")) == 2


async def test_crowd_before_a_silent_provider_asks_once(tmp_path: Path) -> None:
    async with forging() as forger, expo_with(tmp_path, openid(forger.url)) as house:
        forger.at["openid-configuration"] = lambda: Response(status_code=503)

        async def try_it() -> str:
            async with walking(house) as walk:
                return ending(await walk.client.get("/en/sign-in/with/acme"))

        ends = await asyncio.gather(*(try_it() for _ in range(20)))

        assert set(ends) == {"provider-down"}
        assert len(forger.questions("openid-configuration")) == 1
