"""Signing in with OpenID Connect, attacked: every lie of a provider and every trick with its answers."""

import asyncio
import hmac
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.responses import JSONResponse

from tests.support.forger import (
    Change,
    Forger,
    bare,
    forging,
    new_key,
    signed_bytes,
    signed_with_a_key_it_brings,
)
from tests.support.signing import Walk, ending, expo_with, openid, walking
from tests.support.whole import Whole


@asynccontextmanager
async def one_provider(
    folder: Path, forger: Forger | None = None
) -> AsyncIterator[tuple[Forger, Whole, Walk]]:
    """A provider, an expo that knows it, and a browser."""
    async with (
        forging(forger) as forger,
        expo_with(folder, openid(forger.url)) as house,
        walking(house) as walk,
    ):
        yield forger, house, walk


def with_claims(**changed: Any) -> Change:
    """Puts these claims into the ID token; None takes one out."""

    def change(forger: Forger) -> None:
        forger.id_token = lambda claims: {
            name: value for name, value in {**claims, **changed}.items() if value is not None
        }

    return change


def with_critical_header(forger: Forger) -> None:
    """A good signature over a header that says: refuse this unless you know what x means."""

    def sign(header: dict[str, Any], claims: dict[str, Any]) -> str:
        critical = {**header, "crit": ["x"], "x": 1}
        key = forger.key.get_op_key("sign")
        assert isinstance(key, RSAPrivateKey)
        signature = key.sign(signed_bytes(critical, claims), PKCS1v15(), SHA256())
        return bare(critical, claims, signature)

    forger.signed = sign


def unsigned(forger: Forger) -> None:
    forger.signed = lambda _, claims: bare({"alg": "none"}, claims)


def signed_with_the_public_key(forger: Forger) -> None:
    """HS256, with what everybody can read as the secret."""

    def sign(_: dict[str, Any], claims: dict[str, Any]) -> str:
        header = {"alg": "HS256", "kid": forger.key.kid}
        assert isinstance(forger.key, RSAKey)
        secret = forger.key.as_pem(private=False)
        signature = hmac.digest(secret, signed_bytes(header, claims), sha256)
        return bare(header, claims, signature)

    forger.signed = sign


def signed_with_another_key(forger: Forger) -> None:
    other = new_key(forger.key.kid or "")
    forger.signed = lambda header, claims: jwt.encode(header, claims, other)


def without_signature(forger: Forger) -> None:
    forger.signed = bare


def with_another_algorithm_in_the_header(forger: Forger) -> None:
    def sign(header: dict[str, Any], claims: dict[str, Any]) -> str:
        _, _, signature = jwt.encode(header, claims, forger.key).rpartition(".")
        return bare({**header, "alg": "ES256"}, claims, signature.encode())

    forger.signed = sign


def with_userinfo_of_another(forger: Forger) -> None:
    forger.userinfo = {"sub": "somebody-else", "email": "a@b.example", "email_verified": True}


def without_token(forger: Forger) -> None:
    forger.at["token"] = lambda: JSONResponse({"access_token": "a", "token_type": "Bearer"})


def with_garbage_for_a_token(forger: Forger) -> None:
    forger.signed = lambda _, __: "a.b.c"


def with_userinfo_that_is_a_list(forger: Forger) -> None:
    forger.at["userinfo"] = lambda: JSONResponse(["mariam"])


def without_access_token(forger: Forger) -> None:
    """A token whose access token could not stand in a header."""

    def change(answer: dict[str, Any]) -> dict[str, Any]:
        return {**answer, "access_token": "two\r\nlines"}

    with_claims(at_hash=None)(forger)
    forger.token_answer = change


NOW = int(time.time())
LIES: dict[str, Change] = {
    "nonce of another": with_claims(nonce="x" * 43),
    "no nonce": with_claims(nonce=None),
    "another issuer": with_claims(iss="https://evil.example"),
    "no issuer": with_claims(iss=None),
    "another audience": with_claims(aud="somebody-else"),
    "no audience": with_claims(aud=None),
    "several audiences without azp": with_claims(aud=["sawt", "somebody-else"]),
    "azp of another": with_claims(azp="somebody-else"),
    "expired": with_claims(exp=NOW - 3600, iat=NOW - 3900),
    "no expiry": with_claims(exp=None),
    "expiry that is no number": with_claims(exp="tomorrow"),
    "expiry beyond every number": with_claims(exp=float(2**70), iat=2**70),
    "issued in an hour": with_claims(iat=NOW + 3600, exp=NOW + 7200),
    "not before an hour": with_claims(nbf=NOW + 3600),
    "issued long ago": with_claims(iat=NOW - 3600, exp=NOW + 3600),
    "hash of another access token": with_claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    "hash that is a number": with_claims(at_hash=7),
    "subject that is empty": with_claims(sub=""),
    "subject that is a list": with_claims(sub=["mariam"]),
    "subject beyond ASCII": with_claims(sub="مريم"),
    "algorithm none": unsigned,
    "HS256 with the public key": signed_with_the_public_key,
    "another key under the same id": signed_with_another_key,
    "key in the token's own header": signed_with_a_key_it_brings,
    "no signature": without_signature,
    "algorithm of another family": with_another_algorithm_in_the_header,
    "critical header nobody knows": with_critical_header,
    "userinfo of another": with_userinfo_of_another,
    "userinfo that is a list": with_userinfo_that_is_a_list,
    "access token that is no token": without_access_token,
    "no ID token": without_token,
    "garbage": with_garbage_for_a_token,
}


@pytest.mark.parametrize("lie", LIES)
async def test_lie_lets_nobody_in(tmp_path: Path, lie: str) -> None:
    async with forging() as forger, expo_with(tmp_path, openid(forger.url)) as house:
        LIES[lie](forger)
        async with walking(house) as walk:
            answer = await walk.through()

            assert ending(answer) == "answer-not-trusted"
            assert "sawt_visit" not in walk.client.cookies
            page = await walk.client.get(answer.headers["location"])
            assert page.status_code == 400
            assert "sign-in/with/acme" in page.text


async def test_honest_token_of_several_audiences_is_taken(tmp_path: Path) -> None:
    async with forging() as forger, expo_with(tmp_path, openid(forger.url)) as house:
        with_claims(aud=["sawt", "somebody-else"], azp="sawt")(forger)
        async with walking(house) as walk:
            assert (await walk.through()).headers["location"] == "/en/"


async def test_elliptic_key_is_believed(tmp_path: Path) -> None:
    async with forging() as forger, expo_with(tmp_path, openid(forger.url)) as house:
        forger.key = new_key("ec", elliptic=True)
        forger.header = lambda header: {**header, "alg": "ES256"}
        async with walking(house) as walk:
            assert (await walk.through()).headers["location"] == "/en/"


# --- the way back ---


def changed(address: str, **parts: str | None) -> str:
    """The address with other parts in its query; None takes one out."""
    split = urlsplit(address)
    query = {name: found[0] for name, found in parse_qs(split.query).items()} | parts
    return split._replace(
        query=urlencode({k: v for k, v in query.items() if v is not None})
    ).geturl()


async def test_answer_nobody_asked_for_is_lost_and_ends_no_real_sign_in(tmp_path: Path) -> None:
    async with one_provider(tmp_path) as (_, house, walk), walking(house) as attacker:
        address = await walk.back_address(await walk.out())
        theirs = await attacker.back_address(await attacker.out())

        forged = await walk.back(changed(address, state="A" * 43))
        planted = await walk.back(theirs)
        genuine = await walk.back(address)

        assert ending(forged) == ending(planted) == "sign-in-lost"
        assert genuine.headers["location"] == "/en/"


async def test_answer_on_another_device_is_lost(tmp_path: Path) -> None:
    async with one_provider(tmp_path) as (_, house, walk), walking(house) as other:
        address = await walk.back_address(await walk.out())

        assert ending(await other.back(address)) == "sign-in-lost"
        other.client.cookies.set("sawt_trip", walk.client.cookies["sawt_trip"])
        assert ending(await other.back(address)) == "sign-in-lost"


async def test_answer_that_was_taken_is_not_taken_twice(tmp_path: Path) -> None:
    async with one_provider(tmp_path) as (forger, _, walk):
        address = await walk.back_address(await walk.out())
        trip = walk.client.cookies["sawt_trip"]
        await walk.back(address)
        walk.client.cookies.set("sawt_trip", trip)

        assert ending(await walk.back(address)) == "sign-in-used"
        assert len(forger.questions("token")) == 1


async def test_two_answers_at_once_let_one_in(tmp_path: Path) -> None:
    async with one_provider(tmp_path) as (_, _, walk):
        address = await walk.back_address(await walk.out())
        answers = await asyncio.gather(walk.back(address), walk.back(address))

        places = sorted(one.headers["location"].partition("?")[0] for one in answers)
        assert places == ["/en/", "/en/sign-in/with/acme/ended/sign-in-used"]


async def test_answer_that_comes_too_late_is_expired(tmp_path: Path) -> None:
    async with one_provider(tmp_path) as (_, house, walk):
        address = await walk.back_address(await walk.out())
        house.pass_time(minutes=11)

        assert ending(await walk.back(address)) == "sign-in-expired"


async def test_code_of_another_person_is_refused_by_the_provider(tmp_path: Path) -> None:
    """A stolen code put into somebody's own answer: PKCE binds it to whoever began."""
    async with one_provider(tmp_path) as (_, house, walk), walking(house) as victim:
        stolen = parse_qs(urlsplit(await victim.back_address(await victim.out())).query)
        address = await walk.back_address(await walk.out())

        answer = await walk.back(changed(address, code=stolen["code"][0]))

        assert ending(answer) == "answer-not-trusted"


async def test_answer_of_one_provider_is_none_of_another(tmp_path: Path) -> None:
    async with forging() as honest, forging() as evil:
        providers = openid(honest.url, "honest"), openid(evil.url, "evil")
        async with expo_with(tmp_path, *providers) as house, walking(house) as walk:
            address = await walk.back_address(await walk.out("honest"))

            elsewhere = await walk.back(address.replace("/back/honest", "/back/evil"))
            other_issuer = await walk.back(changed(address, iss=evil.url))

            assert ending(elsewhere) == "sign-in-lost"
            assert ending(other_issuer) == "answer-not-trusted"
            assert evil.questions("token") == []
            assert honest.questions("token") == []


@pytest.mark.parametrize(
    ("parts", "end"),
    [
        ({"iss": None}, "answer-not-trusted"),
        ({"code": None}, "answer-not-trusted"),
        ({"state": None}, "answer-not-trusted"),
        ({"error": "access_denied"}, "answer-not-trusted"),
        ({"code": None, "error": "access_denied"}, "sign-in-declined"),
        ({"code": None, "error": "temporarily_unavailable"}, "provider-down"),
        ({"code": None, "error": "<script>alert(1)</script>"}, "provider-down"),
        ({"code": "x" * 5000}, "answer-not-trusted"),
    ],
)
async def test_answer_with_other_parts_has_its_end(
    tmp_path: Path, parts: dict[str, str | None], end: str
) -> None:
    async with one_provider(tmp_path) as (forger, _, walk):
        address = await walk.back_address(await walk.out())

        assert ending(await walk.back(changed(address, **parts))) == end
        assert forger.questions("token") == []


async def test_part_that_is_there_twice_is_not_trusted(tmp_path: Path) -> None:
    async with one_provider(tmp_path) as (_, _, walk):
        address = await walk.back_address(await walk.out())

        assert ending(await walk.back(address + "&code=other")) == "answer-not-trusted"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
async def test_another_site_begins_no_sign_in(tmp_path: Path, site: str) -> None:
    async with one_provider(tmp_path) as (_, _, walk):
        headers = {"sec-fetch-site": site}
        answer = await walk.client.get("/en/sign-in/with/acme", headers=headers)

        assert answer.headers["location"] == "/en/sign-in?next=/en/"
        assert "sawt_trip" not in walk.client.cookies


@pytest.mark.parametrize("then", ["https://evil.example/", "//evil.example", "/%5cevil.example"])
async def test_nobody_is_led_away_after_signing_in(tmp_path: Path, then: str) -> None:
    async with one_provider(tmp_path) as (_, _, walk):
        assert (await walk.through(then=then)).headers["location"] == "/en/"


async def test_one_device_that_begins_without_end_is_slowed(tmp_path: Path) -> None:
    async with one_provider(tmp_path) as (_, _, walk):
        answers = [await walk.client.get("/en/sign-in/with/acme") for _ in range(25)]

        assert answers[0].status_code == 303
        assert answers[-1].status_code == 429


# --- what is left behind ---


async def test_no_secret_of_a_sign_in_is_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    claims = {"sub": "canary-subject", "name": "Canary Name", "email": "canary@mail.example"}
    async with one_provider(tmp_path, Forger(claims=claims)) as (forger, house, walk):
        address = await walk.back_address(await walk.out())
        await walk.back(changed(address, error="canary-error", code=None))
        unsigned(forger)
        await walk.through()
        forger.signed = None
        async with walking(house) as another:
            await another.through()
        told = seen(caplog)

    asked = forger.questions("token")[-1]
    for canary in ("canary", asked["code_verifier"], asked["code"], "s3cret"):
        assert canary not in told.lower()


def seen(caplog: pytest.LogCaptureFixture) -> str:
    """What our own code and its libraries logged; the test's own client tells addresses too."""
    ours = ("expo", "voting", "sessions", "command", "authlib", "uvicorn")
    records = [one for one in caplog.records if one.name.partition(".")[0] in ours]
    assert any("failed" in one.getMessage() for one in records)
    return " ".join(f"{one.getMessage()} {one.__dict__}" for one in records)
