"""Sees the keys that another node made, so that every node signs with the new one and shows all of them."""

import logging
from typing import Final

from expo.errors import Fault
from expo.record.keys.usecases import TOPIC, Keys
from expo.wire.notifier import Notifier, heard

logger = logging.getLogger(__name__)

_SECONDS: Final = 10.0  # a rotation whose notification was lost is seen so much later


class KeysFollower:
    """One per process.

    Args:
        keys: Are looked at.
        notifier: Says that somebody made a key.
    """

    def __init__(self, keys: Keys, notifier: Notifier) -> None:
        self._keys = keys
        self._notifier = notifier

    async def run(self) -> None:
        """Follow until cancelled."""
        async with self._notifier.listen(TOPIC) as event:
            while True:
                event.clear()
                try:
                    await self._keys.refresh()
                except Fault:
                    logger.warning("The signing keys cannot be read; those known go on")
                await heard(event, _SECONDS)
