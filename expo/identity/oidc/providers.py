"""The operator's file of providers: whom we ask, and what their claims mean here. Pure.

One YAML (or JSON) file, named by ``SAWT_OIDC_PROVIDERS``; docs/SETTINGS.md describes it. Client
secrets are never in it: they come from the environment.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from expo.identity.people import Assurance
from expo.rights import STAFF, TEAM_MEMBERS, Role
from expo.words import Text

LONGEST_FILE: Final = 64 * 1024  # characters; forty entities with a rule each need ten thousand
_TOO_LONG: Final = f"longer than {LONGEST_FILE} characters"
_MOST: Final = 32  # providers; the sign-in page has a button for each
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_ADDRESS: Final = re.compile(r"[!-~]{1,2048}")  # no space, no control, ASCII alone
UAE_PASS_HOSTS: Final = {
    "staging": "https://stg-id.uaepass.ae",
    "production": "https://id.uaepass.ae",
}
_NOBODY: Final = frozenset({Role.PUBLIC, Role.SCREEN})  # are not persons who sign in

ProviderId = Annotated[str, Meta(pattern=r"^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?\Z")]
Word = Annotated[str, Meta(min_length=1, max_length=200)]
Scalar = str | bool | int
Wanted = Scalar | tuple[Scalar, ...]
"""What a claim must be, or must hold where it is a list; of several one is enough."""


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody is here: role, and electorate and entity where they are not the role's usual."""

    role: Role
    electorate: Word | None = None
    entity: Word | None = None


class Rule(Place, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whoever has all these claims has this place."""

    when: Annotated[dict[Word, Wanted], Meta(min_length=1, max_length=16)]


class OpenId(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="profile", tag="oidc"
):
    """A provider of OpenID Connect, known by discovery.

    ``hosts`` are further hosts its endpoints may be on. ``require`` holds for everybody. The first of
    the ``rules`` that fits places a person, ``otherwise`` whom none fits; without it they are refused.
    ``entity_claim`` names a claim whose values ``entities`` turns into our ids of entities.
    """

    id: ProviderId
    name: Text
    issuer: Word
    client_id: Word
    assurance: Assurance = Assurance.VERIFIED
    scopes: Annotated[tuple[Word, ...], Meta(min_length=1, max_length=16)] = (
        "openid",
        "profile",
        "email",
    )
    hosts: Annotated[tuple[Word, ...], Meta(max_length=8)] = ()
    require: Annotated[dict[Word, Wanted], Meta(max_length=16)] = {}
    rules: Annotated[tuple[Rule, ...], Meta(max_length=200)] = ()
    otherwise: Place | None = None
    entity_claim: Word | None = None
    entities: Annotated[dict[str, Word], Meta(max_length=500)] = {}
    label_claim: Word = "name"
    userinfo: bool = True

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Host and port of everything this provider may make us ask."""
        return frozenset({host_of(self.issuer), *(host.lower() for host in self.hosts)})


class UaePass(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="profile", tag="uae-pass"
):
    """UAE PASS: OAuth 2.0 with userinfo, without ID token.

    ``at`` is ``staging``, ``production``, or in a rehearsal an address of this machine.
    ``take_unverified`` lets in who has shown no Emirates ID yet (SOP1), with assurance B.
    """

    id: ProviderId
    name: Text
    client_id: Word
    at: Word = "production"
    take_unverified: bool = True
    visitors: bool = False
    acr_values: Word = "urn:safelayer:tws:policies:authentication:level:low"
    place: Place = Place(Role.CUSTOMER)

    @property
    def origin(self) -> str:
        """Where UAE PASS is asked, without a slash at the end."""
        return UAE_PASS_HOSTS.get(self.at, self.at.rstrip("/"))


Provider = OpenId | UaePass


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    providers: Annotated[tuple[Provider, ...], Meta(max_length=_MOST)]


class WrongProviders(ValueError):
    """The file cannot be used; ``str()`` has one line for each reason, without any secret."""


def parse(text: str, secrets: Mapping[str, str], *, loopback: bool) -> tuple[Provider, ...]:
    """The providers in the order of the file.

    Args:
        text: YAML or JSON.
        secrets: Client secret by id of provider.
        loopback: Whether providers on this machine may speak plain http: rehearsals and tests.

    Raises:
        WrongProviders: Something in it is unknown, missing, of the wrong kind or unsafe.
    """
    if len(text) > LONGEST_FILE:
        raise WrongProviders(_TOO_LONG)
    try:
        found = msgspec.yaml.decode(text, type=_File, strict=True).providers
    except (msgspec.DecodeError, RecursionError) as error:
        raise WrongProviders(str(error)) from error
    mistakes = [*_twice(found), *_strangers(found, secrets)]
    for one in found:
        mistakes += [f"{one.id}: {what}" for what in _mistakes(one, secrets, loopback=loopback)]
    if mistakes:
        raise WrongProviders("\n".join(mistakes))
    return found


def is_fit(address: str, hosts: frozenset[str], *, loopback: bool) -> bool:
    """Whether an address may be asked: https, on one of these hosts, with nothing hidden in it.

    Args:
        address: As configured or as a discovery document has it.
        hosts: Host, with the port where it is not the scheme's own.
        loopback: Whether this machine may be asked over plain http.
    """
    return _is_safe(address, loopback=loopback) and host_of(address) in hosts


def host_of(address: str) -> str:
    """Host of an address, with its port where that is not the scheme's own; empty where there is none."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return ""
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    return host if port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f"{host}:{port}"


def _is_safe(address: str, *, loopback: bool) -> bool:
    if not _ADDRESS.fullmatch(address) or "\\" in address or not host_of(address):
        return False
    parts = urlsplit(address)
    if not parts.hostname or "@" in parts.netloc or parts.fragment:
        return False
    is_here = loopback and parts.scheme == "http" and parts.hostname in _LOOPBACK
    return parts.scheme == "https" or is_here


def _twice(found: tuple[Provider, ...]) -> Iterator[str]:
    ids = [one.id for one in found]
    yield from (f"{one}: there are two of this id" for one in sorted({*ids}) if ids.count(one) > 1)


def _strangers(found: tuple[Provider, ...], secrets: Mapping[str, str]) -> Iterator[str]:
    unknown = sorted(set(secrets) - {one.id for one in found})
    yield from (f"{one}: a secret is set for it, but there is no such provider" for one in unknown)


def _mistakes(one: Provider, secrets: Mapping[str, str], *, loopback: bool) -> Iterator[str]:
    if not secrets.get(one.id):
        yield "SAWT_OIDC_SECRETS has no secret for it"
    if not (one.name.ar and one.name.en):
        yield "the name is needed in both languages"
    if isinstance(one, UaePass):
        yield from _uae_pass_mistakes(one, loopback=loopback)
    else:
        yield from _openid_mistakes(one, loopback=loopback)


def _uae_pass_mistakes(one: UaePass, *, loopback: bool) -> Iterator[str]:
    if one.at not in UAE_PASS_HOSTS and not (loopback and _is_safe(one.at, loopback=True)):
        yield "at is staging or production"
    yield from _place_mistakes(one.place, "place", has_entities=False)
    if one.place.role in STAFF:
        yield "place: UAE PASS says who somebody is, not that they work for the expo"


def _openid_mistakes(one: OpenId, *, loopback: bool) -> Iterator[str]:
    if not _is_safe(one.issuer, loopback=loopback) or "?" in one.issuer:
        yield "the issuer is an https address without query"
    if "openid" not in one.scopes:
        yield "scopes lack openid"
    if one.assurance is Assurance.DEVICE:
        yield "assurance is A or B"
    if bool(one.entity_claim) is not bool(one.entities):
        yield "entity_claim and entities belong together"
    if not one.rules and one.otherwise is None:
        yield "nobody could come in: neither rules nor otherwise"
    yield from _rules_mistakes(one)


def _rules_mistakes(one: OpenId) -> Iterator[str]:
    places: dict[str, Place] = {f"rules[{n}]": rule for n, rule in enumerate(one.rules)}
    if one.otherwise is not None:
        places["otherwise"] = one.otherwise
    for where, place in places.items():
        yield from _place_mistakes(place, where, has_entities=bool(one.entities))
        if place.role in STAFF and one.assurance is not Assurance.VERIFIED:
            yield f"{where}: staff need assurance A"
    if one.otherwise is not None and one.otherwise.role in STAFF:
        yield "otherwise: not everybody can be staff"


def _place_mistakes(place: Place, where: str, *, has_entities: bool) -> Iterator[str]:
    if place.role in _NOBODY:
        yield f"{where}: nobody signs in as {place.role.value}"
    if place.role in TEAM_MEMBERS and not (place.entity or has_entities):
        yield f"{where}: a member of a team needs an entity"
