"""A letter with a code and a link: what it lets somebody do, for how long, and how often. Pure.

The code is short, so it is bound to the device that asked for it, good for five tries and kept only
as a keyed hash. The link holds 128 bits of chance, so it opens on any device, once.
"""

import hmac
import re
import unicodedata
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from expo.errors import N_, Refusal
from expo.words import latin_digits

# The letter and the pages name these times in words.
CODE_STAYS: Final = timedelta(minutes=10)
LINK_STAYS: Final = timedelta(minutes=20)
AGAIN_AFTER: Final = timedelta(seconds=30)
MOST_TRIES: Final = 5
DIGITS: Final = 6

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
MOST_AN_HOUR: Final = 6
MOST_A_DAY: Final = 20
"""Letters to one mailbox, whoever asks: at five tries each, a day of guessing finds one code in ten
thousand mailboxes, and nobody's mailbox is filled."""

_LONGEST_TYPED: Final = 64
_BETWEEN: Final = re.compile(r"[\s\u200b-\u200f\u2060\u2066-\u2069\u061c.·_\u2010-\u2015\u2212-]+")
_TAIL: Final = re.compile(r"[^A-Za-z0-9]+$")


class Standing(StrEnum):
    """Where a letter's code stands."""

    SENT = "sent"
    EXPIRED = "expired"
    USED = "used"
    SPENT = "spent"
    """Typed wrong too often."""


class AddressUnreadable(Refusal):
    """Not an address to which a letter could go."""

    code = N_("address-unreadable")
    status = 400


class CodeUnreadable(Refusal):
    """Not six digits; no try is taken for it."""

    code = N_("sign-in-code-unreadable")
    status = 400


class CodeWrong(Refusal):
    """Another code; so many tries are ``left``."""

    code = N_("sign-in-code-wrong")
    status = 403


class CodeSpent(Refusal):
    """Typed wrong too often; the right one opens nothing any more either."""

    code = N_("sign-in-code-spent")
    status = 403


class CodeExpired(Refusal):
    """Too late for this code."""

    code = N_("sign-in-code-expired")
    status = 410


class CodeUsed(Refusal):
    """Somebody has signed in with this letter."""

    code = N_("sign-in-code-used")
    status = 409


class NothingAsked(Refusal):
    """This device asked for no letter; the code belongs to the one that did."""

    code = N_("sign-in-nothing-asked")
    status = 404


class LetterJustSent(Refusal):
    """A letter is on its way; another may be asked for in so many ``seconds``."""

    code = N_("letter-just-sent")
    status = 429


class MailboxFull(Refusal):
    """This mailbox got as many letters as it may within an hour or a day."""

    code = N_("mailbox-full")
    status = 429


class LinkUnknown(Refusal):
    """No link of ours, or cut off on the way."""

    code = N_("sign-in-link-unknown")
    status = 404


class LinkExpired(Refusal):
    """Too late for this link."""

    code = N_("sign-in-link-expired")
    status = 410


class LinkUsed(Refusal):
    """The link has opened once."""

    code = N_("sign-in-link-used")
    status = 409


class Asked(msgspec.Struct, frozen=True):
    """A letter that was asked for.

    ``device`` is the fingerprint of the device that asked, ``mailbox`` a keyed mark of the mailbox,
    ``address`` where the letter went; it is forgotten with the link. ``then`` is a path of ours,
    where its reader wants to go.
    """

    id: str
    device: str
    mailbox: str
    address: str
    code_mark: str
    link_mark: str
    then: str
    asked_at: datetime
    tries: int = 0
    used_at: datetime | None = None

    def standing(self, now: datetime) -> Standing:
        """Where its code stands."""
        if self.used_at is not None:
            return Standing.USED
        if self.tries >= MOST_TRIES:
            return Standing.SPENT
        return Standing.EXPIRED if now >= self.asked_at + CODE_STAYS else Standing.SENT

    def wait(self, now: datetime) -> int:
        """Seconds until another letter may be asked for."""
        left = self.asked_at + AGAIN_AFTER - now
        return max(0, -(-left // timedelta(seconds=1)))


def code_of(number: int) -> str:
    """Six digits from a number below a million."""
    return f"{number:0{DIGITS}d}"


def typed_code(typed: str) -> str:
    """The code somebody meant, however it was grouped and in whatever digits.

    Raises:
        CodeUnreadable: Not six digits.
    """
    if len(typed) <= _LONGEST_TYPED:
        plain = _BETWEEN.sub("", latin_digits(unicodedata.normalize("NFKC", typed)))
        if len(plain) == DIGITS and plain.isascii() and plain.isdigit():
            return plain
    raise CodeUnreadable


def link_token(found: str) -> str:
    """The token of a link without what some mail programs take along from behind an address.

    `may_end` says which tokens lose nothing by it.
    """
    return _TAIL.sub("", found)


def may_end(token: str) -> bool:
    """Whether mail programs take all of it for an address; some leave out a dash at the end."""
    return link_token(token) == token


def code_mark(asked_id: str, code: str, secret: str) -> str:
    """What is kept of a code; without the secret a stolen database gives no code away."""
    message = f"sign-in code\0{asked_id}\0{code}"
    return hmac.digest(secret.encode(), message.encode(), "sha256").hex()


def mailbox_mark(owner: str, secret: str) -> str:
    """What is kept of a mailbox to count its letters."""
    return hmac.digest(secret.encode(), b"sign-in mailbox\0" + owner.encode(), "sha256").hex()


def is_code(asked: Asked, code: str, secrets: tuple[str, ...]) -> bool:
    """Whether this is the letter's code."""
    marks = [code_mark(asked.id, code, secret) for secret in secrets]
    return any(hmac.compare_digest(asked.code_mark, mark) for mark in marks)


def tried(
    asked: Asked, code: str, secrets: tuple[str, ...], now: datetime
) -> tuple[Asked, Refusal | None]:
    """The letter after a try with its code, and why that opened nothing.

    Args:
        asked: As on record, held until the try is on record too.
        code: Six digits.
        secrets: Any of them may have made the mark.
        now: The present instant.
    """
    match asked.standing(now):
        case Standing.USED:
            return asked, CodeUsed()
        case Standing.SPENT:
            return asked, CodeSpent()
        case Standing.EXPIRED:
            return asked, CodeExpired()
    if is_code(asked, code, secrets):
        return msgspec.structs.replace(asked, used_at=now), None
    after = msgspec.structs.replace(asked, tries=asked.tries + 1)
    left = MOST_TRIES - after.tries
    return after, CodeWrong(left=left) if left else CodeSpent()


def followed(asked: Asked | None, now: datetime) -> Asked:
    """The letter whose link may be followed now.

    Raises:
        LinkUnknown: There is none.
        LinkUsed: Somebody signed in with it.
        LinkExpired: It is too late.
    """
    if asked is None:
        raise LinkUnknown
    if asked.used_at is not None:
        raise LinkUsed
    if now >= asked.asked_at + LINK_STAYS:
        raise LinkExpired
    return asked


def is_full(last_hour: int, last_day: int) -> bool:
    """Whether a mailbox got as many letters as it may."""
    return last_hour >= MOST_AN_HOUR or last_day >= MOST_A_DAY
