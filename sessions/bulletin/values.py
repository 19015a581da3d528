"""One version of a day's bulletin on its way to the public, and what people write in it. Pure."""

from datetime import datetime
from typing import Final

import msgspec

from expo.errors import N_, Refusal
from expo.words import Text, clean
from sessions.bulletin.edition import Edition
from sessions.bulletin.states import State
from voting.integrity.review import Reviewer, SecondPersonNeeded, check_second

HEADING_LENGTH: Final = 120
INTRODUCTION_LENGTH: Final = 2000
CORRECTION_LENGTH: Final = 1000


class HeadingMissing(Refusal):
    """A bulletin has a heading in both languages before anybody reviews it."""

    code = N_("bulletin-heading-missing")
    status = 422


class CorrectionMissing(Refusal):
    """Whoever replaces a published bulletin says in both languages what was wrong."""

    code = N_("bulletin-correction-missing")
    status = 422


class WordsTooLong(Refusal):
    """``field`` has more than ``most`` characters."""

    code = N_("bulletin-words-too-long")
    status = 422


class Words(msgspec.Struct, frozen=True):
    """What organisers write; everything else comes from the results. ``correction``: amendments only."""

    heading: Text
    introduction: Text = Text("", "")
    correction: Text = Text("", "")


class Bulletin(msgspec.Struct, frozen=True):
    """One version of a day's bulletin.

    ``revision`` grows by one with every change; whoever acts says which one was seen. ``writers`` are
    all who wrote in it, ``reviewed_by`` the id of the second person. ``edition`` is there from the
    moment it goes to review, and goes when it comes back.
    """

    day: int
    version: int
    state: State
    revision: int
    words: Words
    writers: tuple[Reviewer, ...]
    created_at: datetime
    saved_at: datetime
    embargo_at: datetime | None = None
    edition: Edition | None = None
    sent_at: datetime | None = None
    reviewed_by: str = ""
    reviewed_at: datetime | None = None
    published_at: datetime | None = None

    @property
    def name(self) -> str:
        """What logs call it."""
        return name_of(self.day, self.version)

    @property
    def is_correction(self) -> bool:
        """Whether it replaces a published version."""
        return self.version > 1


def name_of(day: int, version: int) -> str:
    """What logs call a version of a day's bulletin, e.g. ``day-2-v1``."""
    return f"day-{day}-v{version}"


def cleaned(words: Words) -> Words:
    """What was typed, safe to store and to show.

    Raises:
        WordsTooLong: One of the texts.
    """
    return Words(
        heading=_text(words.heading, "heading", HEADING_LENGTH),
        introduction=_text(words.introduction, "introduction", INTRODUCTION_LENGTH),
        correction=_text(words.correction, "correction", CORRECTION_LENGTH),
    )


def check_words(bulletin: Bulletin) -> None:
    """Nothing, if its words are complete.

    Raises:
        HeadingMissing: In one of the languages.
        CorrectionMissing: It replaces another, and does not say why in both languages.
    """
    words = bulletin.words
    if not (words.heading.ar and words.heading.en):
        raise HeadingMissing
    if bulletin.is_correction and not (words.correction.ar and words.correction.en):
        raise CorrectionMissing


def check_reviewer(bulletin: Bulletin, reviewer: Reviewer) -> None:
    """Nothing, if this is a second person to everybody who wrote in the bulletin.

    Raises:
        SecondPersonNeeded: It is, or could be, one of them.
    """
    if not bulletin.writers:
        raise SecondPersonNeeded
    for writer in bulletin.writers:
        check_second(writer, reviewer)


def check_two_people(bulletin: Bulletin) -> None:
    """Nothing, if somebody who wrote nothing in the bulletin has reviewed it.

    Raises:
        SecondPersonNeeded: Nobody has.
    """
    wrote = {one.person for one in bulletin.writers}
    if not wrote or not bulletin.reviewed_by or bulletin.reviewed_by in wrote:
        raise SecondPersonNeeded


def joined(writers: tuple[Reviewer, ...], writer: Reviewer) -> tuple[Reviewer, ...]:
    """The writers with this one, as seen last; each device and set of identities is kept."""
    return (*(one for one in writers if one != writer), writer)


def _text(text: Text, field: str, most: int) -> Text:
    ar, en = clean(text.ar.replace("\r\n", "\n")), clean(text.en.replace("\r\n", "\n"))
    if max(len(ar), len(en)) > most:
        raise WordsTooLong(field=field, most=most)
    return Text(ar, en)
