"""What the desk can tell a presenter, as values. Pure."""

import re
import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from expo.errors import N_, Refusal
from expo.words import clean

LONGEST: Final = 120
"""Characters of a message: more cannot be read from two metres while one speaks."""
SEND: Final = N_("cue-presenter")
"""What the staff log calls a cue."""

_SPACES: Final = re.compile(r"\s+")
_NO_WORD: Final = re.compile(r"[\W_]+")
_INVISIBLE: Final = frozenset({"Cf", "Co", "Cn"})
_JOINERS: Final = frozenset("\u200c\u200d")  # parts of words and emoji


class Kind(StrEnum):
    """One cue; the pages have the words for it."""

    STAND_BY = "stand-by"
    ONE_MINUTE = "one-minute"
    FINISH = "finish"
    WORDS = "words"
    """What the desk wrote."""
    CLEAR = "clear"
    """Take the last one away."""


class Cue(msgspec.Struct, frozen=True):
    """The last cue of a session; ``n`` counts them from 1."""

    n: int
    kind: Kind
    text: str
    sent_at: datetime
    seen_at: datetime | None = None
    """When the presenter said they had seen it."""


class CueEmpty(Refusal):
    """A message needs words, at most ``most`` characters."""

    code = N_("cue-empty")
    status = 422


def wording(kind: Kind, typed: str) -> str:
    """What goes with a cue: the message, cleaned, on one line; of other cues nothing.

    Raises:
        CueEmpty: No words are left, or more than fit.
    """
    if kind is not Kind.WORDS:
        return ""
    visible = "".join(
        one
        for one in clean(typed)
        if one in _JOINERS or unicodedata.category(one) not in _INVISIBLE
    )
    text = _SPACES.sub(" ", visible).strip()
    if not _NO_WORD.sub("", text) or len(text) > LONGEST:
        raise CueEmpty(most=LONGEST)
    return text
