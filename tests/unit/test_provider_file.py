"""The operator's file of providers: what is taken, and that every mistake in it is told."""

import re
from pathlib import Path

import pytest

from expo.identity.oidc import uae_pass
from expo.identity.oidc.providers import OpenId, UaePass, WrongProviders, host_of, is_fit, parse
from expo.identity.oidc.trips import Asked
from expo.identity.oidc.usecases import configured
from expo.identity.people import Assurance
from expo.rights import Role
from expo.settings import WrongSettings, read
from tests.support.show import ROOT

PLAIN = """
providers:
  - profile: oidc
    id: acme
    name: {ar: جهة, en: Entity}
    issuer: https://login.acme.example
    client_id: sawt
    otherwise: {role: customer}
"""
SECRETS = {"acme": "s3cret"}


def mistakes(text: str, secrets: dict[str, str] = SECRETS, *, loopback: bool = False) -> str:
    with pytest.raises(WrongProviders) as wrong:
        parse(text, secrets, loopback=loopback)
    return str(wrong.value)


def test_plain_file_has_the_safe_defaults() -> None:
    (found,) = parse(PLAIN, SECRETS, loopback=False)

    assert isinstance(found, OpenId)
    assert found.assurance is Assurance.VERIFIED
    assert found.scopes == ("openid", "profile", "email")
    assert found.allowed_hosts == {"login.acme.example"}


def test_example_of_the_documents_is_taken() -> None:
    page = (ROOT / "docs/SETTINGS.md").read_text()
    example = re.search(r"```yaml\n(providers:.*?)```", page, re.DOTALL)
    assert example is not None

    employer, national = parse(
        example[1], {"utility": "s3cret", "uae-pass": "s3cret"}, loopback=False
    )

    assert isinstance(employer, OpenId)
    assert [rule.role for rule in employer.rules] == [Role.TEAM, Role.EMPLOYEE]
    assert isinstance(national, UaePass)
    assert national.origin == "https://stg-id.uaepass.ae"
    assert not national.take_unverified


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("https://login", "http://login", "issuer is an https address"),
        ("https://login", "https://me@login", "issuer is an https address"),
        ("acme.example", "acme.example/?x=1", "issuer is an https address"),
        ("acme.example", "acme.example:x", "issuer is an https address"),
        ("id: acme", "id: ../acme", r"\$\.providers\[0\]\.id"),
        ("id: acme", 'id: "acme\\n"', r"\$\.providers\[0\]\.id"),
        ("ar: جهة", 'ar: ""', "both languages"),
        ("role: customer", "role: boss", "Invalid enum value"),
        ("role: customer", "role: public", "nobody signs in as public"),
        ("role: customer", "role: screen", "nobody signs in as screen"),
        ("role: customer", "role: organiser", "not everybody can be staff"),
        ("role: customer", "role: team", "a member of a team needs an entity"),
        ("otherwise: {role: customer}", "rules: []", "nobody could come in"),
        ("client_id", "client", "client"),
        ("client_id: sawt", "client_id: sawt\n    secret: x", "unknown field"),
        ("client_id: sawt", "client_id: sawt\n    scopes: [email]", "scopes lack openid"),
        ("client_id: sawt", "client_id: sawt\n    assurance: C", "assurance is A or B"),
        ("client_id: sawt", "client_id: sawt\n    entity_claim: x", "belong together"),
        ("profile: oidc", "profile: saml", "Invalid value"),
    ],
)
def test_mistake_is_told_where_it_is(old: str, new: str, told: str) -> None:
    assert re.search(told, mistakes(PLAIN.replace(old, new)))


def test_staff_of_a_provider_without_verified_identities_is_refused() -> None:
    text = PLAIN.replace(
        "otherwise: {role: customer}",
        "assurance: B\n    rules: [{when: {groups: desk}, role: moderator}]",
    )

    assert "rules[0]: staff need assurance A" in mistakes(text)


def test_two_of_one_id_a_secret_too_many_and_one_too_few_are_told() -> None:
    twice = PLAIN + PLAIN.removeprefix("\nproviders:\n")

    assert "there are two of this id" in mistakes(twice)
    assert "no such provider" in mistakes(PLAIN, {**SECRETS, "other": "x"})
    assert "no secret for it" in mistakes(PLAIN, {})


@pytest.mark.parametrize(
    "text", ["", "a: [", "x", "providers: 7", "providers: " + "[" * 20_000, "#" * 70_000]
)
def test_file_that_is_none_is_refused(text: str) -> None:
    assert mistakes(text)


def test_machine_itself_is_asked_in_rehearsals_alone() -> None:
    text = PLAIN.replace("https://login.acme.example", "http://127.0.0.1:9000")

    assert parse(text, SECRETS, loopback=True)
    assert mistakes(text)


@pytest.mark.parametrize(
    ("address", "is_so"),
    [
        ("https://a.example/token", True),
        ("https://A.EXAMPLE:443/token", True),
        ("https://a.example:444/token", False),
        ("http://a.example/token", False),
        ("https://a.example.evil.example/token", False),
        ("https://evil.example/a.example", False),
        ("https://a.example@evil.example/", False),
        ("https://evil.example\\@a.example/", False),
        ("https://a.example/#fragment", False),
        ("https://a.example/ x", False),
        ("//a.example/token", False),
        ("https://[::1", False),
        ("file:///etc/passwd", False),
        ("", False),
    ],
)
def test_address_is_fit_on_the_hosts_named_and_nowhere_else(address: str, is_so: bool) -> None:
    assert is_fit(address, frozenset({"a.example"}), loopback=False) is is_so


def test_host_has_its_port_where_it_is_not_the_usual_one() -> None:
    assert host_of("https://[::1]:8443/") == "[::1]:8443"
    assert host_of("https://a.example:443") == "a.example"
    assert host_of("https://a.example:99999999") == ""


@pytest.mark.parametrize(
    "more", ["at: elsewhere", "at: http://127.0.0.1:1", "place: {role: officer}"]
)
def test_uae_pass_is_asked_where_it_is_and_makes_no_staff(more: str) -> None:
    text = (
        f"providers: [{{profile: uae-pass, id: u, name: {{ar: أ, en: a}}, client_id: c, {more}}}]"
    )

    assert mistakes(text, {"u": "x"})


def test_uae_pass_is_in_production_unless_told_otherwise() -> None:
    text = "providers: [{profile: uae-pass, id: u, name: {ar: أ, en: a}, client_id: c}]"
    (found,) = parse(text, {"u": "x"}, loopback=False)
    assert isinstance(found, UaePass)

    address = uae_pass.authorisation(found, Asked("s", "n", "v", "ar"), "https://e.example/b")

    assert address.startswith("https://id.uaepass.ae/idshub/authorize?")
    assert "scope=urn%3Auae%3Adigitalid%3Aprofile%3Ageneral&" in address
    assert "ui_locales=ar" in address


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("Ram,,,,ABC,,", "Ram ABC"),
        (",,,", ""),
        (None, ""),
        ("مريم,,,,التجربة,,", "مريم التجربة"),
        ("A\u202eB", "AB"),
        ("  A , B  ", "A B"),
    ],
)
def test_name_of_uae_pass_is_cleaned(name: str | None, clean: str) -> None:
    assert uae_pass.clean_name(name) == clean


def test_settings_without_file_or_with_a_spoiled_one_are_told(tmp_path: Path) -> None:
    file = tmp_path / "providers.yaml"
    file.write_bytes(b"\xff\xfe")

    assert configured(read({})) == ()
    for environ in (
        {"SAWT_OIDC_SECRETS": "acme=s3cret"},
        {"SAWT_OIDC_PROVIDERS": str(tmp_path / "none.yaml")},
        {"SAWT_OIDC_PROVIDERS": str(file)},
    ):
        with pytest.raises(WrongSettings) as wrong:
            configured(read(environ))
        assert "s3cret" not in str(wrong.value)


def test_settings_name_every_mistake_in_the_file_and_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "providers.yaml"
    file.write_text(PLAIN.replace("https", "http").replace("role: customer", "role: public"))
    environ = {"SAWT_OIDC_PROVIDERS": str(file), "SAWT_OIDC_SECRETS": "acme=s3cret"}

    with pytest.raises(WrongSettings) as wrong:
        configured(read(environ))

    assert len(wrong.value.mistakes) == 2
    assert "s3cret" not in str(wrong.value)


@pytest.mark.parametrize("raw", ["acme", "acme=", "=x", "a=1 a=2", "A=1", "acme =x"])
def test_secrets_that_are_no_pairs_are_refused(raw: str) -> None:
    with pytest.raises(WrongSettings) as wrong:
        read({"SAWT_OIDC_SECRETS": raw})

    assert "(hidden)" in str(wrong.value)
