"""A shared notifier ends when it is told to, whatever its link makes of that."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from expo.wire.notifier_shared import Connection, LinkLost, SharedNotifier


class Deafened:
    """A link that never comes up, and whose client makes a cancellation an error of its own."""

    def __init__(self) -> None:
        self.tries = 0

    @asynccontextmanager
    async def connected(self, _hear: Callable[[bytes | str], None]) -> AsyncIterator[Connection]:
        """Never."""
        self.tries += 1
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError as told:
            raise LinkLost from told
        yield  # type: ignore[misc]  # not reached


async def test_cancelling_is_heeded_though_the_link_swallows_it() -> None:
    link = Deafened()
    running = asyncio.create_task(SharedNotifier(link).run())
    await asyncio.sleep(0)

    running.cancel()
    await asyncio.wait({running}, timeout=2)

    assert running.cancelled()
    assert link.tries == 1
