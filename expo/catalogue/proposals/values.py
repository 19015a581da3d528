"""A proposal and everything it says, as values. Pure.

A draft may be incomplete in any way; what must be there before it is handed in is in `checks`.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Final, NewType

import msgspec

from expo.catalogue.proposals.states import PUBLIC, State
from expo.catalogue.values import ModelStage
from expo.words import Text

ProposalId = NewType("ProposalId", str)

MOST_SERVICES: Final = 6  # rows of the form; more than that is not one initiative
MOST_MEMBERS: Final = 8  # people of one team; the page of the initiative lists them all
MOST_IMAGES: Final = 4  # a page stays below a megabyte
NAME_LENGTH: Final = 80  # characters of a person's name
WORK_LENGTH: Final = 80  # characters of what somebody does in the team
NOTE_LENGTH: Final = 400  # characters of what the hall should know
ALT_LENGTH: Final = 160  # characters of a picture's description; about one breath of a reader
REASON_LENGTH: Final = 600  # characters of a reason or of one comment
MOST_PROPOSALS: Final = (
    24  # of one entity, those withdrawn included; a day has eight of its sessions
)

EMPTY: Final = Text(ar="", en="")


class LifeStage(StrEnum):
    """The moment in a customer's life an initiative is about, in life's order.

    Source: participation page 7.2, the bundles of the source article.
    """

    NEW_BABY = "new-baby"
    STUDY_ABROAD = "study-abroad"
    JOB_SEARCH = "job-search"
    WORK_IN_UAE = "work-in-uae"
    MARRIAGE = "marriage"
    BUSINESS = "business"
    EMERGENCIES = "emergencies"
    RETIREMENT = "retirement"
    EVERY = "every"
    """No single moment: it serves all of them."""


class Need(StrEnum):
    """What somebody of the team needs to get to the stage and to be understood there."""

    STEP_FREE = "step-free"
    SEAT = "seat"
    SIGN_LANGUAGE = "sign-language"
    CAPTIONS = "captions"
    HEARING_LOOP = "hearing-loop"
    LARGE_TEXT = "large-text"
    COMPANION = "companion"


class Member(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One person of the team; nothing here says how to reach them.

    ``work`` is what they do in the team, ``speaks`` whether they stand on the stage, ``consents``
    whether they agreed to have name and work published.
    """

    name: str
    work: str = ""
    speaks: bool = False
    consents: bool = False


class Image(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One picture by its id, its size in pixels and what it shows, in both languages."""

    id: str
    width: int
    height: int
    alt: Text = EMPTY


class Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything a proposal says. ``model_stages`` are in rising order, each stage once."""

    title: Text = EMPTY
    short: Text = EMPTY
    summary: Text = EMPTY
    life_stage: LifeStage | None = None
    services: tuple[Text, ...] = ()
    problem: Text = EMPTY
    proposal: Text = EMPTY
    benefit: Text = EMPTY
    evidence: Text = EMPTY
    needed: Text = EMPTY
    model_stages: tuple[ModelStage, ...] = ()
    members: tuple[Member, ...] = ()
    access_needs: tuple[Need, ...] = ()
    access_note: str = ""
    images: tuple[Image, ...] = ()

    @property
    def speakers(self) -> tuple[Member, ...]:
        """Whoever stands on the stage."""
        return tuple(one for one in self.members if one.speaks)

    @property
    def named(self) -> tuple[Member, ...]:
        """Whoever agreed to be named in public."""
        return tuple(one for one in self.members if one.consents)

    def finished_on(self, stage: int) -> date | None:
        """The day a stage of the Dubai Model was finished."""
        return next((one.finished_on for one in self.model_stages if one.stage == stage), None)


class Proposal(msgspec.Struct, frozen=True):
    """One proposal as it stands.

    ``version`` counts every write: whoever saves says which one they looked at. ``session`` is the
    id of the session it is presented in, once it has one. ``published_at`` stays when a published
    proposal is withdrawn. ``saved_by`` is the id of whoever wrote last.
    """

    id: ProposalId
    entity: str
    state: State
    version: int
    content: Content
    created_at: datetime
    saved_at: datetime
    saved_by: str = ""
    submitted_at: datetime | None = None
    published_at: datetime | None = None
    session: str | None = None

    @property
    def reference(self) -> str:
        """What people say on the telephone."""
        return self.id.upper()

    @property
    def is_public(self) -> bool:
        """Whether everybody may read it."""
        return self.state in PUBLIC


class Comment(msgspec.Struct, frozen=True):
    """What the organisers ask to be changed; ``field`` is a field of the content, or empty for the whole."""

    field: str
    text: str


class Event(msgspec.Struct, frozen=True):
    """One line of a proposal's history. ``actor`` is a label and for the team and the organisers alone."""

    at: datetime
    actor: str
    action: str
    version: int
    state: State
    reason: str = ""
    comments: tuple[Comment, ...] = ()


class Change(msgspec.Struct, frozen=True):
    """What a revision changed in one field; both sides are empty where they are nobody's business."""

    field: str
    before: Text = EMPTY
    after: Text = EMPTY


class Revision(msgspec.Struct, frozen=True):
    """One change after publication, as everybody may see it; numbered from 1."""

    number: int
    at: datetime
    changes: tuple[Change, ...]
