"""A letter, what becomes of it, and when it is tried again. Pure."""

from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum
from typing import Final

import msgspec

from expo.words import Language, clean

LONGEST_SUBJECT: Final = 200
_PAUSES: Final = tuple(timedelta(seconds=s) for s in (15, 60, 300, 900, 3600, 4 * 3600))


class State(StrEnum):
    """Where a letter stands."""

    WAITING = "waiting"
    """For its turn, or for organisers to read it where there is no mail server."""
    SENT = "sent"
    """A mail server has taken it over."""
    FAILED = "failed"
    """A mail server said that it never will."""
    OVER = "over"
    """It was not delivered while what it says was still of use."""


class Letter(msgspec.Struct, frozen=True):
    """What is to be told to whom.

    ``to`` is an address as `expo.mailboxes.mailbox` gives it; ``purpose`` a stable kebab-case word
    for organisers; after ``use_until`` what it says helps nobody, and its text is forgotten.
    """

    to: str
    language: Language
    subject: str
    text: str
    purpose: str
    use_until: datetime


class Posted(msgspec.Struct, frozen=True):
    """A letter on its way; ``text`` is empty once it has been delivered or is over."""

    id: str
    letter: Letter
    state: State
    written_at: datetime
    attempts: int = 0
    answer: str = ""
    """What the mail server said last."""
    done_at: datetime | None = None


def pause_after(attempts: int) -> timedelta:
    """How long a letter waits after so many vain attempts."""
    return _PAUSES[min(attempts, len(_PAUSES)) - 1]


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
    message["Subject"] = " ".join(clean(letter.subject).split())[:LONGEST_SUBJECT]
    message["Date"] = format_datetime(posted.written_at)
    message["Message-ID"] = f"<{posted.id}@{sender.rpartition('@')[2].rstrip('>')}>"
    message["Content-Language"] = letter.language
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes, please
    message.set_content(letter.text)
    return message
