"""How much each electorate says in a count. Pure.

A ballot of an electorate with ``n`` counted ballots weighs ``weight / max(n, full_weight_at)``, so
a full electorate says its weight whatever its size, and one ballot never moves more than
``1 / full_weight_at`` of it. Source: ``docs/COUNTING.md``, electorates and weights.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from typing_extensions import override

from expo.errors import N_, Refusal

MAX_WEIGHT: Final = 1_000_000
"""Largest weight and largest ``full_weight_at``; keeps the common scale within some thousand bits."""

NO_ELECTORATE: Final = N_("there is no electorate")
TWICE: Final = N_("the electorate is named twice")
WEIGHT_RANGE: Final = N_("the weight is not a whole number from 0 to 1,000,000")
FULL_RANGE: Final = N_(
    "the number of ballots for full weight is not a whole number from 1 to 1,000,000"
)
MIN_RANGE: Final = N_("the minimum is not between 0 and the number of ballots for full weight")
NO_WEIGHT: Final = N_("every electorate has the weight 0")


class InvalidShares(Refusal, ValueError):
    """The weights cannot be used; ``electorate`` names whose, ``reason`` is a phrase to translate."""

    code = N_("invalid-shares")
    status = 422

    @override
    def __str__(self) -> str:
        """What a log needs: whose weights, and what is wrong with them."""
        return f"{self.facts['electorate']}: {self.facts['reason']}"


class Share(msgspec.Struct, frozen=True):
    """What one electorate says: ``weight`` in relation to the other electorates' weights.

    ``full_weight_at`` is the number of ballots from which it says its whole weight; with fewer than
    ``min`` counted ballots it says nothing yet.
    """

    id: str
    weight: int
    full_weight_at: int = 1
    min: int = 0


def checked(shares: Sequence[Share]) -> tuple[Share, ...]:
    """The shares, if a count can be made with them.

    Raises:
        InvalidShares: The first one that is out of range, named twice, or all of them weigh nothing.
    """
    if not shares:
        raise InvalidShares(electorate="", reason=NO_ELECTORATE)
    seen: set[str] = set()
    for share in shares:
        reason = _fault(share, seen)
        if reason is not None:
            raise InvalidShares(electorate=share.id, reason=reason)
        seen.add(share.id)
    if not any(share.weight for share in shares):
        raise InvalidShares(electorate=shares[0].id, reason=NO_WEIGHT)
    return tuple(shares)


def _fault(share: Share, seen: set[str]) -> str | None:
    if share.id in seen:
        return TWICE
    if not _whole(share.weight, 0, MAX_WEIGHT):
        return WEIGHT_RANGE
    if not _whole(share.full_weight_at, 1, MAX_WEIGHT):
        return FULL_RANGE
    if not _whole(share.min, 0, share.full_weight_at):
        return MIN_RANGE
    return None


def _whole(value: object, low: int, high: int) -> bool:
    return type(value) is int and low <= value <= high
