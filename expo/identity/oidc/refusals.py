"""Why signing in with a provider can fail, told to the person without telling an attacker more. Pure."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from expo.errors import N_, Refusal


class SignInDeclined(Refusal):
    """The person, or the provider on their behalf, said no."""

    code = N_("sign-in-declined")
    status = 400


class SignInLost(Refusal):
    """No sign-in was begun here with which this answer could go: another device, or a forged address."""

    code = N_("sign-in-lost")
    status = 400


class SignInExpired(Refusal):
    """The sign-in was begun too long ago."""

    code = N_("sign-in-expired")
    status = 410


class SignInUsed(Refusal):
    """This answer of the provider was taken already."""

    code = N_("sign-in-used")
    status = 409


class ProviderDown(Refusal):
    """The provider does not answer, or not in a way it could be talked to."""

    code = N_("provider-down")
    status = 503


class AnswerNotTrusted(Refusal):
    """What the provider is said to have answered is not genuine, not fresh or not for us."""

    code = N_("answer-not-trusted")
    status = 400


class IdentityNotAccepted(Refusal):
    """Who this is is known now, but the expo's rules have no place for them."""

    code = N_("identity-not-accepted")
    status = 403


class IdentityTooWeak(Refusal):
    """The provider has not verified this person's identity document yet."""

    code = N_("identity-too-weak")
    status = 403


class Why(StrEnum):
    """For the log: what was wrong with an answer. A word of ours, never one that came from outside."""

    ANSWER_MALFORMED = "answer-malformed"
    ANSWER_OF_ANOTHER = "answer-of-another-issuer"
    CODE_REFUSED = "code-refused"
    CLIENT_REFUSED = "client-refused"
    COMPRESSED_OR_LONG = "answer-too-long"
    DISCOVERY_ELSEWHERE = "discovery-names-another-host"
    DISCOVERY_MALFORMED = "discovery-malformed"
    DISCOVERY_OF_ANOTHER = "discovery-of-another-issuer"
    DISCOVERY_UNSAFE = "discovery-without-a-safe-signature"
    EXCHANGE_MALFORMED = "exchange-malformed"
    IN_TROUBLE = "provider-in-trouble"
    KEYS_MALFORMED = "keys-malformed"
    NOT_JSON = "not-json"
    PROFILE_MALFORMED = "profile-malformed"
    REFUSED = "request-refused"
    SLOW = "slow"
    SUBJECT = "subject-malformed"
    TOKEN_ALGORITHM = "token-algorithm"  # noqa: S105 - says what is wrong with one
    TOKEN_CLAIMS = "token-claims"  # noqa: S105
    TOKEN_EXPIRED = "token-expired"  # noqa: S105
    TOKEN_MALFORMED = "token-malformed"  # noqa: S105
    TOKEN_MISSING = "token-missing"  # noqa: S105
    TOKEN_SIGNATURE = "token-signature"  # noqa: S105
    TOKEN_STALE = "token-stale"  # noqa: S105
    UNREACHABLE = "unreachable"
    USERINFO_OF_ANOTHER = "userinfo-of-another"


_DOWN: Final = frozenset(
    {
        Why.CLIENT_REFUSED,
        Why.COMPRESSED_OR_LONG,
        Why.DISCOVERY_ELSEWHERE,
        Why.DISCOVERY_MALFORMED,
        Why.DISCOVERY_OF_ANOTHER,
        Why.DISCOVERY_UNSAFE,
        Why.EXCHANGE_MALFORMED,
        Why.IN_TROUBLE,
        Why.KEYS_MALFORMED,
        Why.NOT_JSON,
        Why.SLOW,
        Why.UNREACHABLE,
    }
)


class Distrusted(Exception):
    """An answer cannot be used."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why

    @property
    def is_down(self) -> bool:
        """Whether the provider is at fault: silent, or set up in another way than our file says."""
        return self.why in _DOWN


ENDINGS: Final = MappingProxyType(
    {
        ending.code: ending
        for ending in (
            SignInDeclined,
            SignInLost,
            SignInExpired,
            SignInUsed,
            ProviderDown,
            AnswerNotTrusted,
            IdentityNotAccepted,
            IdentityTooWeak,
        )
    }
)
"""Every way in which a sign-in with a provider ends without success; each has its page."""
