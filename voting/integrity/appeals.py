"""An objection to what became of a ballot: who may make it, until when, and its answer. Pure.

Whoever holds the receipt may object; nobody is asked for a name. Source: counting page 5.3, item 7.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from expo.errors import N_, Refusal
from expo.words import clean
from voting.batches import Kept
from voting.contests import Contest, Phase

OPEN_FOR: Final = timedelta(hours=48)
"""After the ballot was cast, and after the result was counted: the later of the two."""
MOST_WORDS: Final = 500
MOST_OF_ONE: Final = 3
"""Appeals about one ballot; whoever has said it three times has been heard."""


class Ground(StrEnum):
    """What somebody objects to."""

    HELD = "held"
    VOID = "void"
    NOT_MINE = "not-mine"
    OTHER = "other"


class Verdict(StrEnum):
    """What officers answer."""

    UPHELD = "upheld"
    REJECTED = "rejected"


class ReceiptUnknown(Refusal):
    """No ballot has this receipt number, or the receipt does not belong to it."""

    code = N_("receipt-unknown")
    status = 404


class TooLateToAppeal(Refusal):
    """The 48 hours are over; ``until_at`` says when they ended."""

    code = N_("too-late-to-appeal")
    status = 409


class AppealedEnough(Refusal):
    """There are ``most`` appeals about this ballot already."""

    code = N_("appealed-enough")
    status = 409


class AppealGone(Refusal):
    """There is no such appeal, or it has been answered."""

    code = N_("appeal-gone")
    status = 409


class Appeal(msgspec.Struct, frozen=True):
    """One objection; ``answer`` is None while nobody answered."""

    id: str
    contest: str
    tracker: str
    ground: Ground
    words: str
    made_at: datetime
    answer: Verdict | None = None
    answer_words: str = ""
    answered_at: datetime | None = None


def until(contest: Contest, kept: Kept) -> datetime:
    """Until when an appeal about this ballot is heard."""
    ends = [at for at in (kept.accepted_at, contest.closed_at) if at is not None]
    return max(ends) + OPEN_FOR


def check(contest: Contest, kept: Kept | None, receipt: str, made: int, now: datetime) -> Kept:
    """The ballot an appeal is about.

    Args:
        contest: The ballot's.
        kept: With the tracker that was given; None for none.
        receipt: The ballot's id as the receipt says it; empty where the ballot is known to be one's own.
        made: How many appeals there are about it.
        now: The instant.

    Raises:
        ReceiptUnknown: There is no such ballot, or the receipt is another's.
        TooLateToAppeal: The time is over.
        AppealedEnough: It has been said often enough.
    """
    if kept is None or (receipt and receipt != kept.ballot_id) or contest.phase is Phase.DRAFT:
        raise ReceiptUnknown
    ends = until(contest, kept)
    if now > ends:
        raise TooLateToAppeal(until_at=ends.isoformat())
    if made >= MOST_OF_ONE:
        raise AppealedEnough(most=MOST_OF_ONE)
    return kept


def words_in(text: str) -> str:
    """What somebody wrote, cleaned and not too long."""
    return clean(text)[:MOST_WORDS]
