"""The lot: the last word between options that nothing else parts. Pure.

Before the close it is provisional and decides nothing that is shown; afterwards it comes from a
seed committed to before the opening. Source: ``docs/COUNTING.md``, lot.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

_DOMAIN: Final = b"\x04"
"""Separates lot keys from every other hash in the ledger."""


def provisional(options: Iterable[str]) -> tuple[str, ...]:
    """The lot order while the seed is secret: by ``SHA-256(0x04 || id)``."""
    return _drawn(options, b"")


def final(options: Iterable[str], *, seed: bytes, root: bytes, beacon: str = "") -> tuple[str, ...]:
    """The lot order by ``SHA-256(0x04 || seed || root || beacon || id)``.

    Args:
        options: Option ids in any order.
        seed: 32 bytes, committed to before the opening and revealed at the close.
        root: 32 bytes, the final root of the ledger.
        beacon: Public chance from after the close (ASCII), or empty.

    Raises:
        ValueError: Seed or root are not 32 bytes, or the beacon is not ASCII.
    """
    if len(seed) != 32 or len(root) != 32:
        msg = "seed and root are 32 bytes each"
        raise ValueError(msg)
    return _drawn(options, seed + root + beacon.encode("ascii"))


def _drawn(options: Iterable[str], salt: bytes) -> tuple[str, ...]:
    return tuple(sorted(options, key=lambda o: sha256(_DOMAIN + salt + o.encode()).digest()))
