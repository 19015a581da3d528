"""UAE PASS as its pages publish it: OAuth 2.0 code and userinfo, no ID token. Pure.

Source: docs.uaepass.ae, "Authentication" (2026). Linked on ``uuid`` alone. Emirates ID, mobile,
nationality and gender are never read out of the answer: the decoder passes over them.
"""

import re
from typing import Annotated, Final, Literal
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from expo import words
from expo.identity.entering.identities import Claim, Kind
from expo.identity.oidc.placing import contact, label
from expo.identity.oidc.providers import UaePass
from expo.identity.oidc.refusals import Distrusted, IdentityTooWeak, Why
from expo.identity.oidc.trips import Asked
from expo.identity.people import Assurance
from expo.words import Language

REFUSALS: Final = frozenset({"access_denied", "cancelledOnApp", "invalid_request"})
"""What comes back when the person said no: in the browser, in the app, or by leaving the page."""
_SCOPE: Final = "urn:uae:digitalid:profile:general"
_VISITORS: Final = (
    f"{_SCOPE}:profileType",
    f"{_SCOPE}:unifiedId",
)
_ISSUERS: Final = {"production": "uae-pass", "staging": "uae-pass-staging"}
_PADDING: Final = re.compile(r"[,\s]+")


class Profile(msgspec.Struct, frozen=True):
    """What we read of the answer to userinfo; everything else in it stays unread."""

    uuid: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.:-]{1,128}\Z")]
    user_type: Literal["SOP1", "SOP2", "SOP3"] = msgspec.field(name="userType")
    name_ar: str | None = msgspec.field(name="fullnameAR", default=None)
    name_en: str | None = msgspec.field(name="fullnameEN", default=None)
    email: str | None = None


def authorisation(provider: UaePass, asked: Asked, back: str) -> str:
    """The address the browser goes to (step 1).

    Args:
        provider: Environment, client and scopes.
        asked: State and language.
        back: Our own address for the answer.
    """
    scopes = (_SCOPE, *_VISITORS) if provider.visitors else (_SCOPE,)
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": back,
        "state": asked.state,
        "scope": " ".join(scopes),
        "acr_values": provider.acr_values,
        "ui_locales": asked.language,
    }
    return f"{provider.origin}/idshub/authorize?{urlencode(query)}"


def farewell(provider: UaePass, back: str) -> str:
    """The address that signs a browser out of UAE PASS and sends it back (step 5)."""
    return f"{provider.origin}/idshub/logout?{urlencode({'redirect_uri': back})}"


def profile(raw: bytes) -> Profile:
    """The profile in an answer of userinfo.

    Raises:
        Distrusted: It is none.
    """
    try:
        return msgspec.json.decode(raw, type=Profile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Distrusted(Why.PROFILE_MALFORMED) from error


def claim_of(provider: UaePass, found: Profile, language: Language) -> Claim:
    """Who this is: verified by Emirates ID (SOP2, SOP3), or by a contact alone (SOP1).

    Raises:
        IdentityTooWeak: The operator's file wants verified identities, and this is none.
    """
    is_verified = found.user_type != "SOP1"
    if not is_verified and not provider.take_unverified:
        raise IdentityTooWeak
    names = (found.name_ar, found.name_en) if language == "ar" else (found.name_en, found.name_ar)
    return Claim(
        kind=Kind.UAE_PASS,
        issuer=_ISSUERS.get(provider.at, provider.origin),
        subject=found.uuid,
        assurance=Assurance.VERIFIED if is_verified else Assurance.CONTACT,
        role=provider.place.role,
        electorate=provider.place.electorate,
        entity=provider.place.entity,
        label=next((name for name in map(clean_name, names) if name), ""),
        contact=contact({"email": found.email, "email_verified": True}),
    )


def clean_name(name: str | None) -> str:
    """A name without the commas that UAE PASS pads it with: ``"Ram,,,,ABC,,"`` is ``"Ram ABC"``."""
    return label(_PADDING.sub(" ", words.clean(name or "")))
