"""Tells the other nodes, every few seconds, how this one is; a lone node tells nobody."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from expo.db import Database
from expo.errors import Fault
from expo.load import store
from expo.load.figures import NodeLoad
from expo.wire.ending import heed_cancelling

logger = logging.getLogger(__name__)

SECONDS: Final = 5.0  # between two tellings; one small row each, whatever the crowd

_SILENT_S: Final = 15  # beyond it a node's viewers have gone to other nodes, which count them


class NodesFollower:
    """One per node whose database other nodes share.

    Args:
        database: Shared with them.
        here: How this node is.
        node: Its name.
    """

    def __init__(
        self, database: Database, here: Callable[[], Awaitable[NodeLoad]], node: str
    ) -> None:
        self._database = database
        self._here = here
        self._node = node
        self.elsewhere = 0
        """Viewers of the other nodes that still speak, as they said last."""

    async def run(self) -> None:
        """Tell until cancelled; then the others need not wonder where it is."""
        try:
            while True:
                try:
                    await self.tell()
                except Fault:
                    logger.warning("The other nodes cannot be told how this one is")
                heed_cancelling()
                await asyncio.sleep(SECONDS)
        finally:
            with contextlib.suppress(Fault):
                async with self._database.write() as tx:
                    await store.forget(tx, self._node)

    async def tell(self) -> None:
        """Write down how this node is now, and read what the others say.

        Raises:
            Fault: The database does not take it.
        """
        load = await self._here()
        async with self._database.write() as tx:
            await store.put(tx, load)
            found = await store.others(tx, self._node)
        self.elsewhere = sum(one.connections for one in found if one.silent_seconds < _SILENT_S)
