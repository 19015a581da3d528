"""The frames about questions: what everybody reads, and that a desk should look again. Pure."""

from typing import Final

import msgspec

from sessions.questions.values import Counted, State

MOST_SHOWN: Final = 40
"""Questions in one frame: a phone scrolls no further, and 40 of the longest are 25 kB."""
DESK: Final = "questions.desk"
"""Room of the moderators."""


def room_of(session: str) -> str:
    """The room of whoever follows a session's questions."""
    return f"questions.{session}"


class PublicQuestion(msgspec.Struct, frozen=True):
    """A published question; nobody's name is with it."""

    id: str
    text: str
    supports: int
    state: str
    """``shown``, ``sent`` to the presenter, or ``answered`` on the stage."""


class QuestionsState(msgspec.Struct, frozen=True, tag="questions", tag_field="type"):
    """The published questions of a session, the most supported first, those answered last."""

    session: str
    version: int
    open: bool
    """Whether questions are taken now."""
    questions: tuple[PublicQuestion, ...]
    more: int
    """How many there are beyond these."""


class QuestionDesk(msgspec.Struct, frozen=True, tag="question-desk", tag_field="type"):
    """Something has moved on the desk of a session; whoever looks at it asks for it again."""

    session: str
    change: int
    """Of the session's questions; grows with each."""
    waiting: int


def public_state(
    session: str, version: int, counted: tuple[Counted, ...], *, is_open: bool
) -> QuestionsState:
    """What everybody may read of a session's questions.

    Args:
        session: Its id.
        version: Of the room.
        counted: Every question of the session, in the order of asking.
        is_open: Whether questions are taken now.
    """
    public = sorted(
        (one for one in counted if one.question.is_public),
        key=lambda one: (one.question.state is State.ANSWERED, -one.supports),
    )
    told = tuple(
        PublicQuestion(one.question.id, one.question.text, one.supports, one.question.state.value)
        for one in public[:MOST_SHOWN]
    )
    return QuestionsState(session, version, is_open, told, max(0, len(public) - MOST_SHOWN))
