"""A question of the audience, what can become of it, and why it may be refused. Pure.

waiting → shown → sent → answered      waiting|shown|sent → declined (reason) · merged (into another)
declined → shown                       sent → shown            every step can be undone for ten seconds
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from expo.errors import N_, Refusal

LONGEST: Final = 240
"""Characters of a question, after cleaning."""
SHORTEST: Final = 3
LONGEST_ANSWER: Final = 2000
MOST_WAITING: Final = 3
"""Questions of one person that wait for review in a session."""
MOST_ASKED: Final = 12
"""Questions of one person in a session, whatever became of them."""
MOST_IN_SESSION: Final = 2000
"""Questions of everybody in a session; a desk that is flooded takes no more."""
CLAIM: Final = timedelta(seconds=60)
"""How long a card is a moderator's own without a sign of life."""
UNDO: Final = timedelta(seconds=10)


class State(StrEnum):
    """How far a question has come."""

    WAITING = "waiting"
    SHOWN = "shown"
    """Everybody reads it, and may support it."""
    SENT = "sent"
    """Before the presenter too."""
    ANSWERED = "answered"
    """Answered on the stage."""
    DECLINED = "declined"
    MERGED = "merged"
    """Asks the same as another, which has its supporters too."""


class Act(StrEnum):
    """What the desk does to a question; ``EARLIER`` moves it forward in the presenter's order."""

    PUBLISH = "publish"
    DECLINE = "decline"
    MERGE = "merge"
    SEND = "send"
    RECALL = "recall"
    EARLIER = "earlier"
    SCREEN = "screen"
    UNSCREEN = "unscreen"
    ANSWER = "answer"
    UNDO = "undo"
    CLAIM = "claim"
    RELEASE = "release"


class Reason(StrEnum):
    """Why a question is not published; the asker is told."""

    LINK = "link"
    DUPLICATE = "duplicate"
    PERSONAL = "personal"
    OFF_TOPIC = "off-topic"
    OFFENSIVE = "offensive"
    UNCLEAR = "unclear"


class Question(msgspec.Struct, frozen=True):
    """One question; ``root`` is the one whose supporters it shares, itself unless merged.

    ``place`` orders what the presenter has. ``before`` is how it was before the last act, which
    ``acted_by`` did at ``acted_at`` and may take back for ten seconds.
    """

    id: str
    session: str
    text: str
    author: str | None
    asked_at: datetime
    state: State = State.WAITING
    version: int = 1
    root: str = ""
    into: str | None = None
    reason: Reason | None = None
    place: int = 0
    acted_at: datetime | None = None
    acted_by: str | None = None
    before: "Before | None" = None
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    answer: str = ""
    """What the entity wrote afterwards; empty while it has not."""
    answered_at: datetime | None = None

    @property
    def answer_mark(self) -> str:
        """Tells one wording of the answer from another; empty while there is none."""
        return self.answered_at.isoformat() if self.answered_at else ""

    @property
    def is_public(self) -> bool:
        """Whether everybody may read it."""
        return self.state in PUBLIC

    def holder(self, now: datetime) -> str | None:
        """Id of the moderator whose card it is at this instant."""
        is_held = self.claimed_until is not None and now < self.claimed_until
        return self.claimed_by if is_held else None


class Before(msgspec.Struct, frozen=True):
    """What an undo brings back."""

    state: State
    into: str | None = None
    reason: Reason | None = None
    place: int = 0


class Room(msgspec.Struct, frozen=True):
    """A session's questions as the desk has set them; ``is_open`` None follows the session.

    ``screen`` is the question on the projectors. ``version`` grows with every change of anything
    in the room, so it is the version of its frames.
    """

    session: str
    is_open: bool | None = None
    screen: str | None = None
    version: int = 0


class Counted(msgspec.Struct, frozen=True):
    """A question with how many people support it, those of its duplicates included, each once."""

    question: Question
    supports: int


class Queued(msgspec.Struct, frozen=True):
    """A question as the presenter has it before them, in order."""

    id: str
    text: str
    supports: int


class Own(msgspec.Struct, frozen=True):
    """What somebody asked, as they are told about it; ``reason`` where it was declined."""

    id: str
    text: str
    state: State
    reason: Reason | None
    root: str


class Desk(msgspec.Struct, frozen=True):
    """What one moderator looks at: a session's questions, by what is to be done with them."""

    room: Room
    is_open: bool
    waiting: tuple[Counted, ...]
    shown: tuple[Counted, ...]
    sent: tuple[Counted, ...]
    done: tuple[Counted, ...]
    """Answered on the stage, declined or merged; the last first."""
    names: dict[str, str]
    """What moderators who hold cards or acted are called, by id."""
    now: datetime


PUBLIC: Final = frozenset({State.SHOWN, State.SENT, State.ANSWERED})
OPEN: Final = frozenset({State.WAITING, State.SHOWN, State.SENT})
"""Where something can still become of a question."""


class QuestionsClosed(Refusal):
    """The session takes no questions now."""

    code = N_("questions-closed")
    status = 409


class QuestionTooShort(Refusal):
    """Nothing is left of the text that could be a question."""

    code = N_("question-too-short")
    status = 422


class QuestionTooLong(Refusal):
    """The text is longer than ``most`` characters."""

    code = N_("question-too-long")
    status = 422


class AskedAlready(Refusal):
    """The same person has asked the same in this session."""

    code = N_("question-asked-already")
    status = 409


class AskedEnough(Refusal):
    """This person has as many questions here as one may have; ``most`` says how many."""

    code = N_("questions-enough")
    status = 409


class QuestionGone(Refusal):
    """There is no such question, or nobody may see it."""

    code = N_("question-gone")
    status = 404


class QuestionMoved(Refusal):
    """The question has gone on meanwhile; from where it is now the act is not possible."""

    code = N_("question-moved")
    status = 409


class QuestionClaimed(Refusal):
    """Another moderator holds this card; ``holder`` says who."""

    code = N_("question-claimed")
    status = 409


class UndoTooLate(Refusal):
    """The ten seconds are over, or somebody else acted since."""

    code = N_("undo-too-late")
    status = 409


class CannotMerge(Refusal):
    """A question is not merged into itself, nor into one that is not published or waiting."""

    code = N_("cannot-merge")
    status = 409


class AnswerChanged(Refusal):
    """Somebody else of the entity has answered since the form was opened."""

    code = N_("answer-changed")
    status = 409


class AnswerEmpty(Refusal):
    """An answer needs words, at most ``most`` characters."""

    code = N_("answer-empty")
    status = 422
