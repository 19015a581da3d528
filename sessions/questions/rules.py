"""What can become of a question, and when: one table, and what follows from texts alone. Pure."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

import msgspec

from expo.words import clean, latin_digits
from sessions.cues import Status
from sessions.questions.values import (
    LONGEST,
    LONGEST_ANSWER,
    OPEN,
    SHORTEST,
    UNDO,
    Act,
    AnswerEmpty,
    Before,
    CannotMerge,
    Question,
    QuestionMoved,
    QuestionTooLong,
    QuestionTooShort,
    Reason,
    State,
    UndoTooLate,
)

MOVES: Final[Mapping[Act, tuple[frozenset[State], State]]] = MappingProxyType(
    {
        Act.PUBLISH: (frozenset({State.WAITING, State.DECLINED}), State.SHOWN),
        Act.DECLINE: (OPEN, State.DECLINED),
        Act.MERGE: (OPEN, State.MERGED),
        Act.SEND: (frozenset({State.SHOWN}), State.SENT),
        Act.RECALL: (frozenset({State.SENT}), State.SHOWN),
        Act.ANSWER: (frozenset({State.SHOWN, State.SENT}), State.ANSWERED),
    }
)
"""Act → the states it is possible in, and the state it leads to."""

_SPACES: Final = re.compile(r"\s+")
_NO_WORD: Final = re.compile(r"[\W_]+")
_INVISIBLE: Final = frozenset({"Cf", "Co", "Cn"})  # join nothing and show nothing
_JOINERS: Final = frozenset("\u200c\u200d")  # parts of words and emoji
_LINK: Final = re.compile(
    r"(?:https?://|www\.)\S|\b[\w-]+\.(?:com|net|org|ae|io|me|ly)\b", re.IGNORECASE
)
_MAIL: Final = re.compile(r"\S@\S")
_LONG_NUMBER: Final = re.compile(r"(?:\d[\s-]?){7,}")
_TATWEEL: Final = "\u0640"
_ARABIC_ALIKE: Final = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", _TATWEEL: ""}
)


def wording(typed: str) -> str:
    """What somebody asks, as it is kept: cleaned, on one line.

    Raises:
        QuestionTooShort: No letters to speak of are left.
        QuestionTooLong: More than the longest.
    """
    visible = "".join(
        one
        for one in clean(typed)
        if one in _JOINERS or unicodedata.category(one) not in _INVISIBLE
    )
    text = _SPACES.sub(" ", clean(visible)).strip()
    if len(_NO_WORD.sub("", text)) < SHORTEST:
        raise QuestionTooShort
    if len(text) > LONGEST:
        raise QuestionTooLong(most=LONGEST)
    return text


def answer_wording(typed: str) -> str:
    """What an entity answers, as it is kept; lines stay.

    Raises:
        AnswerEmpty: No words, or more than fit.
    """
    text = clean(typed)
    if not text or len(text) > LONGEST_ANSWER:
        raise AnswerEmpty(most=LONGEST_ANSWER)
    return text


def gist(text: str) -> str:
    """The text without what does not tell two questions apart: marks, case, spaces, punctuation."""
    plain = unicodedata.normalize("NFKD", latin_digits(text)).casefold()
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return _NO_WORD.sub("", letters.translate(_ARABIC_ALIKE))


def signs(text: str) -> tuple[Reason, ...]:
    """What a moderator should look at: a link in it, or something that may be a person's."""
    found: list[Reason] = []
    if _LINK.search(text):
        found.append(Reason.LINK)
    if _MAIL.search(text) or _LONG_NUMBER.search(latin_digits(text)):
        found.append(Reason.PERSONAL)
    return tuple(found)


def is_open(set_to: bool | None, status: Status) -> bool:
    """Whether a session takes questions: while it is on the stage, unless the desk says otherwise."""
    if status in {Status.CANCELLED, Status.POSTPONED, Status.PUBLISHED}:
        return False
    return status is Status.LIVE if set_to is None else set_to


def moved(
    question: Question,
    act: Act,
    *,
    by: str,
    at: datetime,
    reason: Reason | None = None,
    into: str | None = None,
    place: int = 0,
) -> Question:
    """The question after an act of the desk.

    Args:
        question: As it is.
        act: One of those in `MOVES`.
        by: Id of whoever acts.
        at: When.
        reason: Why it is declined.
        into: The question it is merged into.
        place: Its place in the presenter's order where it is sent.

    Raises:
        QuestionMoved: It is not where this act is possible.
        CannotMerge: It would be merged into itself.
    """
    possible, to = MOVES[act]
    if question.state not in possible:
        raise QuestionMoved(state=question.state.value)
    if act is Act.MERGE and (into is None or into == question.id):
        raise CannotMerge
    return msgspec.structs.replace(
        question,
        state=to,
        version=question.version + 1,
        reason=(reason or Reason.OFF_TOPIC) if act is Act.DECLINE else None,
        into=into if act is Act.MERGE else None,
        place=place if act is Act.SEND else 0,
        acted_at=at,
        acted_by=by,
        before=Before(question.state, question.into, question.reason, question.place),
        claimed_by=None,
        claimed_until=None,
    )


def undone(question: Question, *, by: str, at: datetime) -> Question:
    """The question before the last act.

    Raises:
        UndoTooLate: There is nothing of this person's to take back any more.
    """
    was, when = question.before, question.acted_at
    if was is None or when is None or question.acted_by != by or at > when + UNDO:
        raise UndoTooLate
    return msgspec.structs.replace(
        question,
        state=was.state,
        into=was.into,
        reason=was.reason,
        place=was.place,
        version=question.version + 1,
        before=None,
    )


def roots(into: Mapping[str, str | None]) -> dict[str, str]:
    """Question → the one whose supporters it shares, following merges to their end.

    Args:
        into: What each question is merged into; None for itself. Circles cannot be made by
            `can_merge`, and end where they began.
    """
    found: dict[str, str] = {}
    for one in into:
        at, seen = one, {one}
        while (onward := into.get(at)) is not None and onward in into and onward not in seen:
            seen.add(onward)
            at = onward
        found[one] = at
    return found


def check_merge(question: Question, target: Question | None) -> None:
    """Nothing, if the one may be merged into the other.

    Raises:
        CannotMerge: The target is gone, closed, of another session or merged into this one.
    """
    if (
        target is None
        or target.state not in OPEN | {State.ANSWERED}
        or target.session != question.session
        or target.root == question.id
        or target.id == question.id
    ):
        raise CannotMerge


def alike(questions: Iterable[Question]) -> dict[str, str]:
    """Waiting question → an open one that says the same in other clothes, the earliest of them."""
    first: dict[str, str] = {}
    found: dict[str, str] = {}
    for one in sorted(questions, key=lambda one: (one.asked_at, one.id)):
        if one.state not in OPEN | {State.ANSWERED}:
            continue
        known = first.setdefault(gist(one.text), one.id)
        if known != one.id and one.state is State.WAITING:
            found[one.id] = known
    return found
