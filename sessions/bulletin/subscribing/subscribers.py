"""Who wants bulletins by e-mail, and how often a mailbox may be written to about it. Pure."""

from datetime import datetime, timedelta
from typing import Final

import msgspec

from expo.errors import N_, Refusal
from expo.words import Language

CONFIRM_WITHIN: Final = timedelta(hours=24)
"""The letter and the page name this time in words; afterwards the address is forgotten."""
AGAIN_AFTER: Final = timedelta(seconds=60)
MOST_A_DAY: Final = 4
"""Letters to one mailbox that somebody, perhaps a stranger, has asked for."""
_DAY: Final = timedelta(days=1)


class ConfirmationLinkUnknown(Refusal):
    """No link of ours, cut off on the way, or too late: the address was forgotten."""

    code = N_("bulletin-link-unknown")
    status = 404


class Subscriber(msgspec.Struct, frozen=True):
    """One mailbox.

    ``owner`` is what all its spellings have in common; ``asked`` letters were asked for since
    ``counted_from``; ``told`` is the serial of the last publication it was told of.
    """

    id: str
    owner: str
    address: str
    language: Language
    asked_at: datetime
    counted_from: datetime
    asked: int = 1
    confirmed_at: datetime | None = None
    told: int = 0


def asked_again(known: Subscriber, language: Language, now: datetime) -> Subscriber | None:
    """The mailbox after another letter was asked for; None where it has had enough for now.

    A clock that was set back counts as the same instant: it neither frees nor blocks a mailbox.
    """
    if timedelta() <= now - known.asked_at < AGAIN_AFTER:
        return None
    is_new_day = now - known.counted_from >= _DAY
    if not is_new_day and known.asked >= MOST_A_DAY:
        return None
    return msgspec.structs.replace(
        known,
        language=known.language if known.confirmed_at else language,
        asked_at=now,
        counted_from=now if is_new_day else known.counted_from,
        asked=1 if is_new_day else known.asked + 1,
    )


def is_over(one: Subscriber, now: datetime) -> bool:
    """Whether nobody confirmed in time."""
    return one.confirmed_at is None and now - one.asked_at >= CONFIRM_WITHIN
