"""The orders in which a ballot's options are shown, and who is shown which. Pure.

Standing first is an advantage, so everybody has an order of their own. There are not as many orders as
people: from a few chances, each is turned until every option has stood in every place equally often. So
the advantage is spread more evenly than by lot, and a page can be kept for each order.
"""

import hashlib
from collections.abc import Sequence
from typing import Final

from voting.ballots import shuffled

SHUFFLES: Final = 8
"""Chances to turn: neighbours differ from one to the next, which turning alone would keep together."""


def orders(options: int) -> int:
    """How many orders there are of so many options."""
    return SHUFFLES * max(1, options)


def order_of(seed: str, options: int) -> int:
    """Which of the `orders` this seed is shown: always the same, and as likely as any other.

    Args:
        seed: The voter's tag, or the device's own token.
        options: How many options the ballot has.
    """
    chance = hashlib.sha256(seed.encode()).digest()[:8]
    return int.from_bytes(chance, "big") % orders(options)


def arranged(options: Sequence[str], order: int) -> tuple[str, ...]:
    """The options in one of their `orders`."""
    if not options:
        return ()
    shuffle, turn = divmod(order, len(options))
    mixed = shuffled(options, f"order {shuffle}")
    return mixed[turn:] + mixed[:turn]
