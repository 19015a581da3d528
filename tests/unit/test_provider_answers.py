"""What providers answer is read strictly: keys of use only, trips of ours only."""

import base64
import hmac
import json

import pytest

from expo.identity.oidc import answers, trips
from expo.identity.oidc.answers import Head
from expo.identity.oidc.refusals import Distrusted, SignInLost
from expo.identity.oidc.trips import Trip
from tests.support.forger import new_key
from tests.support.show import MORNING

SECRETS = ("nZ2b-Qw8_rT5yU1iOp3aSd6fGh9jKl0xCv7m", "mV7x-Lk0_jH9gF6dSa3pOi1uYt5rEw8qBz2n")


def key_set(*keys: object) -> bytes:
    return json.dumps({"keys": keys}).encode()


def test_keys_that_could_sign_are_kept_with_their_public_parts_alone() -> None:
    rsa, elliptic = new_key("r"), new_key("e", elliptic=True)
    found = answers.keys(
        key_set(
            {**rsa.as_dict(private=True), "use": "sig"},
            elliptic.as_dict(private=False),
            {**rsa.as_dict(private=False), "use": "enc"},
            {"kty": "oct", "k": "c2VjcmV0", "kid": "s"},
            {"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "short"},
            {"kty": "RSA", "n": "a", "e": "AQAB", "kid": "no base64"},
            {"kty": "RSA", "e": "AQAB", "kid": "no modulus"},
            {"kty": ["RSA"]},
            "no key",
        )
    )

    assert [key["kid"] for key in found] == ["r", "e"]
    assert set(found[0]) == {"kty", "kid", "use", "n", "e"}


@pytest.mark.parametrize("raw", [b"[]", b"{}", b'{"keys":7}', key_set(*range(65)), b"\xff"])
def test_what_is_no_key_set_is_distrusted(raw: bytes) -> None:
    with pytest.raises(Distrusted):
        answers.keys(raw)


def test_key_fits_by_family_curve_algorithm_and_name() -> None:
    rsa = {"kty": "RSA", "kid": "r"}
    named = {"kty": "RSA", "kid": "n", "alg": "PS256"}
    curve = {"kty": "EC", "kid": "e", "crv": "P-256"}
    every = (rsa, named, curve)

    assert answers.fitting(every, Head("RS256")) == (rsa,)
    assert answers.fitting(every, Head("PS256")) == (rsa, named)
    assert answers.fitting(every, Head("PS256", "n")) == (named,)
    assert answers.fitting(every, Head("ES256", "e")) == (curve,)
    assert answers.fitting(every, Head("ES384", "e")) == ()
    assert answers.fitting(every, Head("HS256")) == ()
    assert answers.fitting(every, Head("none")) == ()


def test_cookie_that_we_signed_and_cannot_read_is_lost() -> None:
    """As after an upgrade: the signature is good, what it is over is of another time."""
    for body in ("W10", "!!!", "A"):
        mark = hmac.digest(SECRETS[0].encode(), b"sign-in trip\0" + body.encode(), "sha256").hex()
        with pytest.raises(SignInLost):
            trips.taken_up(f"{body}.{mark}", "s", "acme", "d", SECRETS, MORNING)


def test_trip_begun_before_the_secret_was_changed_is_taken_up_after_it() -> None:
    trip = trips.begun("acme", "s" * 43, "d", "ar", "/ar/", MORNING)
    cookie = trips.sealed(trip, SECRETS[1:])

    found, asked = trips.taken_up(cookie, trip.state, "acme", "d", SECRETS, MORNING)

    assert isinstance(found, Trip)
    assert asked == trips.asked(trip, SECRETS[1])
    assert base64.urlsafe_b64decode(asked.verifier + "=")
