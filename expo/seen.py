"""Marks of what a form was filled with, so that of two people the later overwrites nothing unseen. Pure."""

import hashlib
from typing import Final

import msgspec

from expo.errors import Fact, StaleVersion

_SHORT: Final = 16  # hexadecimal digits; they tell apart, they protect nothing


def mark(shown: object) -> str:
    """Tells one state from another: a short digest of anything msgspec can write."""
    whole = msgspec.json.encode(shown, order="deterministic")
    return hashlib.sha256(whole).hexdigest()[:_SHORT]


def unless_changed(seen: str | None, now: object, **facts: Fact) -> None:
    """Let whoever saw what holds now go on; so may whoever claims to have seen nothing, as programs do.

    Args:
        seen: `mark` of what the form was filled with.
        now: What holds under the lock of the change.
        facts: For the refusal.

    Raises:
        StaleVersion: Something else holds by now.
    """
    if seen is not None and seen != mark(now):
        raise StaleVersion(**facts)
