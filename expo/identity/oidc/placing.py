"""From a provider's claims to a place in the expo. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from expo import words
from expo.identity.entering.identities import Claim, Kind
from expo.identity.oidc.providers import OpenId, Place, Wanted
from expo.identity.oidc.refusals import Distrusted, IdentityNotAccepted, Why
from expo.rights import TEAM_MEMBERS

Claims = Mapping[str, Any]
_LONGEST_LABEL: Final = 80
_LONGEST_VALUE: Final = 500
_MOST_VALUES: Final = 2_000  # a large employer's list of groups
_MOST_WHOLE: Final = 2**63
_SUBJECT: Final = re.compile(r"[ -~]{1,255}")  # OpenID Connect Core 2: ASCII, at most 255
_ADDRESS: Final = re.compile(r"[^\s@<>,;\"\x00-\x20\x7f]{1,64}@[A-Za-z0-9.-]{1,189}")


def claim_of(provider: OpenId, claims: Claims) -> Claim:
    """Who this is and what they are here.

    Args:
        provider: Whose word it is.
        claims: Of a genuine answer.

    Raises:
        Distrusted: The subject is none.
        IdentityNotAccepted: A requirement is not met, or no rule has a place for them.
    """
    subject = claims.get("sub")
    if not isinstance(subject, str) or not _SUBJECT.fullmatch(subject):
        raise Distrusted(Why.SUBJECT)
    place = placed(provider, claims)
    return Claim(
        kind=Kind.OIDC,
        issuer=provider.issuer,
        subject=subject,
        assurance=provider.assurance,
        role=place.role,
        electorate=place.electorate,
        entity=place.entity,
        label=label(claims.get(provider.label_claim)),
        contact=contact(claims),
    )


def placed(provider: OpenId, claims: Claims) -> Place:
    """The place of whoever has these claims; a member of a team has an entity in it.

    Raises:
        IdentityNotAccepted: As `claim_of`.
    """
    if not _has_all(claims, provider.require):
        raise IdentityNotAccepted
    entity = _entity(provider, claims)
    rules: list[Place] = [rule for rule in provider.rules if _has_all(claims, rule.when)]
    for place in [*rules, *([provider.otherwise] if provider.otherwise else [])]:
        own = place.entity or (entity if place.role in TEAM_MEMBERS else None)
        if own or place.role not in TEAM_MEMBERS:
            return Place(place.role, place.electorate, own)
    raise IdentityNotAccepted


def values(claims: Claims, name: str) -> frozenset[str]:
    """Everything a claim says, as text; empty where it says nothing that could be compared.

    The name is looked for as it is, then as a path: ``realm_access.roles``.
    """
    found: Any = claims.get(name)
    if found is None and "." in name:
        found = claims
        for step in name.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
    return frozenset(_texts(found))


def label(value: object) -> str:
    """What staff may call somebody, short and clean; empty where nothing fit to be read was said."""
    if not isinstance(value, str):
        return ""
    return words.clean(value[:_LONGEST_VALUE])[:_LONGEST_LABEL].strip()


def contact(claims: Claims) -> str | None:
    """The e-mail address, if the provider says that it has checked it."""
    address = claims.get("email")
    if "true" not in values(claims, "email_verified") or not isinstance(address, str):
        return None
    return address if _ADDRESS.fullmatch(address) else None


def _entity(provider: OpenId, claims: Claims) -> str | None:
    """The entity that the claims name; None where they name none or several."""
    if provider.entity_claim is None:
        return None
    named = {provider.entities.get(value) for value in values(claims, provider.entity_claim)}
    named.discard(None)
    return named.pop() if len(named) == 1 else None


def _has_all(claims: Claims, wanted: Mapping[str, Wanted]) -> bool:
    return all(values(claims, name) & frozenset(_texts(value)) for name, value in wanted.items())


def _texts(value: object) -> Iterator[str]:
    match value:
        case bool():
            yield "true" if value else "false"
        case int() if abs(value) < _MOST_WHOLE:
            yield str(value)
        case str() if len(value) <= _LONGEST_VALUE:
            yield value
        case list() | tuple():
            for one in value[:_MOST_VALUES]:
                if isinstance(one, str | bool | int):
                    yield from _texts(one)
        case _:
            return
