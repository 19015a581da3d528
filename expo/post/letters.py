"""A letter, what becomes of it, and when it is tried again. Pure."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from typing import Final

import msgspec

from expo.words import Language, on_one_line

LONGEST_SUBJECT: Final = 200
KEPT: Final = timedelta(days=7)
"""How long organisers see what became of a letter; then its address is forgotten, too."""
_MOST_DOUBTS: Final = 2
_PAUSES: Final = tuple(timedelta(seconds=s) for s in (5, 15, 60, 300, 900, 3600))


class State(StrEnum):
    """Where a letter stands."""

    WAITING = "waiting"
    """For its turn, or for organisers to read it where there is no mail server."""
    LEAVING = "leaving"
    """Handed to a mail server, which has not answered yet."""
    SENT = "sent"
    """A mail server has taken it over."""
    FAILED = "failed"
    """A mail server said that it never will."""
    OVER = "over"
    """It was not delivered while what it says was still of use."""
    UNSURE = "unsure"
    """Handed over twice, and no answer came either time; it is not sent a third time."""


class Fate(StrEnum):
    """What a mail server will do with a letter."""

    TAKEN = "taken"
    NEVER = "never"
    LATER = "later"
    UNKNOWN = "unknown"
    """The letter was handed over, and no answer came."""


class Answer(msgspec.Struct, frozen=True):
    """What became of one letter, in the server's own words; never said: it was not its turn yet."""

    fate: Fate
    said: str = ""


class Letter(msgspec.Struct, frozen=True):
    """What is to be told to whom.

    ``to`` is an address as `expo.mailboxes.mailbox` gives it; ``purpose`` a stable kebab-case word
    for organisers; after ``use_until`` what it says helps nobody, and its text is forgotten.
    ``unsubscribe`` is the whole address to which one press ends such letters; empty for a letter that
    somebody's own doing has brought about.
    """

    to: str
    language: Language
    subject: str
    text: str
    purpose: str
    use_until: datetime
    unsubscribe: str = ""


class Posted(msgspec.Struct, frozen=True):
    """A letter on its way; its text is empty once it has been delivered or is over.

    ``doubts`` is how often it was handed over without an answer: it may have arrived each time.
    """

    id: str
    letter: Letter
    state: State
    written_at: datetime
    attempts: int = 0
    doubts: int = 0
    answer: str = ""
    """What the mail server said last."""
    done_at: datetime | None = None


class Next(msgspec.Struct, frozen=True):
    """What follows for a letter: its state, and when it is tried again if it waits."""

    state: State
    at: datetime
    answer: str
    doubts: int


def after(posted: Posted, answer: Answer | None, now: datetime) -> Next:
    """What follows from an answer.

    Whoever gets a letter gets it once, and twice at most: where no answer came it may have arrived,
    so it is sent once more, under the same Message-ID, and after a second silence never again.

    Args:
        posted: As it was taken, its attempt counted.
        answer: None where it was not handed over after all.
        now: The present instant.
    """
    if answer is None:
        return Next(State.WAITING, now, posted.answer, posted.doubts)
    match answer.fate:
        case Fate.TAKEN:
            return Next(State.SENT, now, answer.said, posted.doubts)
        case Fate.NEVER:
            return Next(State.FAILED, now, answer.said, posted.doubts)
        case Fate.LATER:
            later = now + pause_after(posted.attempts)
            return Next(State.WAITING, later, answer.said, posted.doubts)
        case Fate.UNKNOWN:
            doubts = posted.doubts + 1
            if doubts >= _MOST_DOUBTS:
                return Next(State.UNSURE, now, answer.said, doubts)
            return Next(State.WAITING, now + pause_after(posted.attempts), answer.said, doubts)


def pause_after(attempts: int) -> timedelta:
    """How long a letter waits after so many vain attempts."""
    return _PAUSES[min(max(attempts, 1), len(_PAUSES)) - 1]


def message_of(posted: Posted, sender: str) -> EmailMessage:
    """The letter as it travels (RFC 5322).

    Its Message-ID is the letter's own, so that a mailbox can tell a second copy from a second letter.

    Args:
        posted: What is sent.
        sender: ``name <address>`` or an address, from the settings.
    """
    letter = posted.letter
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = letter.to
    message["Subject"] = on_one_line(letter.subject)[:LONGEST_SUBJECT]
    message["Date"] = format_datetime(posted.written_at)
    message["Message-ID"] = f"<{posted.id}@{sender.rpartition('@')[2].rstrip('>')}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes, please
    if letter.unsubscribe:  # RFC 8058: the mail program's own button, without a page in between
        message["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text)  # forgets every Content- header there was
    message["Content-Language"] = letter.language
    return message
