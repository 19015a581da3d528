"""An invitation, and what can still be done with it. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from expo.errors import N_, Refusal
from expo.identity.entering.identities import Claim, Kind
from expo.identity.people import Assurance
from expo.rights import Role
from expo.words import Language

VALID: Final = timedelta(days=30)
"""How long a link lets somebody in; sending it again begins anew."""
ISSUER: Final = "invitations"


class State(StrEnum):
    """Where an invitation stands."""

    OPEN = "open"
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Invitation(msgspec.Struct, frozen=True):
    """Somebody invited; ``sends`` counts the letters, ``mark`` is what is kept of the link's token."""

    id: str
    email: str
    name: str
    role: Role
    electorate: str | None
    entity: str | None
    language: Language
    mark: str
    expires_at: datetime
    sent_at: datetime
    sends: int = 1
    accepted_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def claim(self) -> Claim:
        """What following the link proves: somebody reads this mailbox, and was invited."""
        return Claim(
            kind=Kind.INVITATION,
            issuer=ISSUER,
            subject=self.id,
            assurance=Assurance.CONTACT,
            role=self.role,
            electorate=self.electorate,
            entity=self.entity,
            label=self.name or self.email,
            contact=self.email,
        )

    def state(self, now: datetime) -> State:
        """What can still be done with it."""
        if self.revoked_at is not None:
            return State.REVOKED
        if self.accepted_at is not None:
            return State.ACCEPTED
        return State.EXPIRED if now >= self.expires_at else State.OPEN


class InvitationUnknown(Refusal):
    """There is no such invitation, or a newer letter took its place."""

    code = N_("invitation-unknown")
    status = 404


class InvitationUsed(Refusal):
    """The link let somebody in already; it does so once."""

    code = N_("invitation-used")
    status = 410


class InvitationExpired(Refusal):
    """The link is too old."""

    code = N_("invitation-expired")
    status = 410


class InvitationRevoked(Refusal):
    """An organiser took the invitation back."""

    code = N_("invitation-revoked")
    status = 410


class NothingToImport(Refusal):
    """No row of the list is good."""

    code = N_("nothing-to-import")
    status = 422


_REFUSALS: Final[dict[State, type[Refusal]]] = {
    State.ACCEPTED: InvitationUsed,
    State.EXPIRED: InvitationExpired,
    State.REVOKED: InvitationRevoked,
}


def admit(invitation: Invitation, now: datetime) -> None:
    """Nothing, if the link lets somebody in now.

    Raises:
        InvitationUsed, InvitationExpired, InvitationRevoked: It does not.
    """
    refusal = _REFUSALS.get(invitation.state(now))
    if refusal is not None:
        raise refusal
