"""Claims of any shape place a person by the operator's rules alone, and never by accident."""

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from expo.errors import Refusal
from expo.identity.oidc import answers, placing, trips, uae_pass
from expo.identity.oidc.providers import OpenId, Place, Rule, UaePass, is_fit
from expo.identity.oidc.refusals import Distrusted, IdentityNotAccepted, SignInLost
from expo.identity.people import Assurance
from expo.rights import STAFF, Role
from expo.words import Text
from tests.support.show import MORNING

NAME = Text(ar="جهة", en="Entity")
SECRETS = ("nZ2b-Qw8_rT5yU1iOp3aSd6fGh9jKl0xCv7m", "mV7x-Lk0_jH9gF6dSa3pOi1uYt5rEw8qBz2n")

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
claims = st.dictionaries(
    st.sampled_from(["sub", "groups", "email", "email_verified", "name", "department", "x.y"])
    | st.text(max_size=8),
    anything,
    max_size=8,
)
words = st.sampled_from(["staff", "team", "true", "7", "true\n", ""])


def provider(**more: Any) -> OpenId:
    about: dict[str, Any] = {
        "id": "acme",
        "name": NAME,
        "issuer": "https://a.example",
        "client_id": "sawt",
    }
    return OpenId(**(about | more))


PLAIN = provider(
    rules=(
        Rule(role=Role.ORGANISER, when={"groups": "organisers-of-the-expo"}),
        Rule(role=Role.TEAM, when={"groups": "team"}),
        Rule(role=Role.EMPLOYEE, when={"groups": ("staff", "clerks"), "email_verified": True}),
    ),
    otherwise=Place(Role.CUSTOMER),
    entity_claim="department",
    entities={"Utility": "dewa", "Roads": "rta"},
)


@given(claims)
def test_claims_of_any_shape_have_a_place_or_a_refusal(found: dict[str, Any]) -> None:
    try:
        claim = placing.claim_of(PLAIN, found)
    except (Distrusted, IdentityNotAccepted):
        return

    assert claim.role not in STAFF | {Role.PUBLIC, Role.SCREEN}
    assert claim.assurance is Assurance.VERIFIED
    assert (claim.role is Role.TEAM) is (claim.entity is not None)
    assert len(claim.label) <= 80
    assert claim.contact is None or "\n" not in claim.contact


@given(claims, st.lists(words, max_size=3))
def test_employee_needs_every_claim_of_the_rule(found: dict[str, Any], groups: list[str]) -> None:
    verified = placing.values(found, "email_verified")
    place = placing.placed(PLAIN, {**found, "groups": groups})

    if place.role is Role.EMPLOYEE:
        assert "staff" in groups
        assert "true" in verified


@given(claims)
def test_without_otherwise_whom_no_rule_fits_is_refused(found: dict[str, Any]) -> None:
    strict = msgspec.structs.replace(PLAIN, otherwise=None)
    usual = placing.placed(PLAIN, found)

    if usual.role is Role.CUSTOMER:
        try:
            placing.placed(strict, found)
        except IdentityNotAccepted:
            return
        raise AssertionError


@given(claims, st.lists(st.sampled_from(["Utility", "Roads", "Other"]), max_size=3))
def test_member_of_two_entities_is_a_member_of_none(
    found: dict[str, Any], departments: list[str]
) -> None:
    place = placing.placed(PLAIN, {**found, "groups": ["team"], "department": departments})
    known = {"Utility": "dewa", "Roads": "rta"}
    named = {known[one] for one in departments if one in known}

    assert place.entity == (named.pop() if len(named) == 1 else None)


@given(st.booleans() | st.integers() | st.text(max_size=30), st.lists(scalars, max_size=5))
def test_value_in_a_list_is_the_value_itself(one: Any, others: list[Any]) -> None:
    alone = placing.values({"c": one}, "c")

    assert alone <= placing.values({"c": [*others, one]}, "c")
    assert alone == placing.values({"a": {"b": one}}, "a.b")
    assert alone == placing.values({"a.b": one, "a": {"b": "other"}}, "a.b")


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_an_answer_or_distrusted(raw: bytes) -> None:
    about = UaePass(id="uae-pass", name=NAME, client_id="sawt")
    readers = (
        lambda: answers.keys(raw),
        lambda: answers.metadata(raw, PLAIN, loopback=True),
        lambda: answers.head(raw.decode("latin-1")),
        lambda: uae_pass.claim_of(about, uae_pass.profile(raw), "ar"),
    )
    for read in readers:
        try:
            read()
        except (Distrusted, Refusal):
            continue


@given(st.lists(st.tuples(st.sampled_from(["state", "code", "error", "iss", "x"]), st.text())))
def test_query_of_any_kind_is_an_answer_or_distrusted(query: list[tuple[str, str]]) -> None:
    try:
        found = answers.answered(query)
    except Distrusted:
        return

    assert bool(found.code) is not bool(found.error)
    assert dict(query)["state"] == found.state


@given(
    st.text(alphabet="ab", min_size=1, max_size=4),
    st.text(max_size=30),
    st.sampled_from(["ar", "en"]),
    st.text(max_size=300),
)
def test_trip_comes_back_as_it_went_out(state: str, device: str, lang: Any, then: str) -> None:
    trip = trips.begun("acme", state, device, lang, then, MORNING)
    cookie = trips.sealed(trip, SECRETS)
    if len(cookie) > trips.LONGEST_COOKIE:
        return

    found, asked = trips.taken_up(cookie, state, "acme", device, SECRETS[::-1], MORNING)

    assert found == trip
    assert asked == trips.asked(trip, SECRETS[0])
    assert len({asked.nonce, asked.verifier}) == 2
    assert len(asked.verifier) == 43


@given(st.integers(min_value=0), st.characters(max_codepoint=255))
def test_cookie_with_any_other_character_is_lost(place: int, character: str) -> None:
    cookie = trips.sealed(trips.begun("acme", "s", "d", "ar", "/ar/", MORNING), SECRETS)
    at = place % len(cookie)
    changed = cookie[:at] + character + cookie[at + 1 :]

    if changed != cookie:
        try:
            trips.taken_up(changed, "s", "acme", "d", SECRETS, MORNING)
        except SignInLost:
            return
        raise AssertionError(changed)


@given(st.text(max_size=60))
def test_address_that_is_fit_is_on_a_host_of_ours(text: str) -> None:
    hosts = frozenset({"a.example", "b.example:8443"})

    for address in (text, f"https://a.example{text}", f"https://{text}a.example/"):
        if is_fit(address, hosts, loopback=False):
            assert address.lower().startswith(
                ("https://a.example", "https://b.example:8443", "https://a.example:443")
            )
            assert "@" not in address.split("/")[2]


@given(st.text(max_size=60))
def test_name_is_without_padding_whatever_it_was(name: str) -> None:
    found = uae_pass.clean_name(name)

    assert "," not in found
    assert found == found.strip()
    assert uae_pass.clean_name(found) == found
