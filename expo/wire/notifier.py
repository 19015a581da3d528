"""The seam between one machine and many: "look at the database again", and nothing more.

A notification carries no data, so losing, repeating or reordering one is harmless as long as every
listener also looks by itself now and then. Implementations pass one contract suite.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol

from expo.wire.beat import at_the_latest
from expo.wire.ending import heed_cancelling


class Notifier(Protocol):
    """Tells everybody who listens to a topic that something there has changed."""

    @property
    def is_connected(self) -> bool:
        """Whether everybody can be heard; else listeners look more often by themselves."""
        ...

    def notify(self, topic: str) -> None:
        """Wake the listeners of a topic; never waits and never fails the caller."""
        ...

    def listen(self, topic: str) -> AbstractAsyncContextManager[asyncio.Event]:
        """An event that is set by every notification from now on; the listener clears it.

        Clear first, then look: a notification between the two only costs a second look.
        """
        ...


class LocalNotifier:
    """Notifications inside one process.

    ``notify`` belongs to the loop's thread; another thread goes through ``call_soon_threadsafe``.
    """

    is_connected = True
    """Nobody else is there."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[asyncio.Event]] = {}

    def notify(self, topic: str) -> None:
        """Wake the listeners of a topic in this process."""
        for event in self._listeners.get(topic, ()):
            event.set()

    def wake_all(self) -> None:
        """Wake every listener in this process: nobody knows what was missed."""
        for topic in self._listeners:
            self.notify(topic)

    @asynccontextmanager
    async def listen(self, topic: str) -> AsyncIterator[asyncio.Event]:
        """An event of one's own, set by every notification until the block ends."""
        event = asyncio.Event()
        self._listeners.setdefault(topic, set()).add(event)
        try:
            yield event
        finally:
            listeners = self._listeners[topic]
            listeners.discard(event)
            if not listeners:
                del self._listeners[topic]


@asynccontextmanager
async def listening(notifier: Notifier, *topics: str) -> AsyncIterator[asyncio.Event]:
    """One event that is set by each of these topics, for whoever looks at several things."""
    bell = asyncio.Event()
    async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
        ringing = []
        for topic in topics:
            event = await stack.enter_async_context(notifier.listen(topic))
            ringing.append(tasks.create_task(_ring(event, bell)))
        try:
            yield bell
        finally:
            for task in ringing:
                task.cancel()


async def _ring(event: asyncio.Event, bell: asyncio.Event) -> None:
    while True:
        await event.wait()
        event.clear()
        bell.set()


async def heard(event: asyncio.Event, seconds: float, *, least: float = 0.0) -> None:
    """Returns when the event is set, or after so many seconds: a lost notification costs no more.

    Args:
        event: Of a listener, who clears it before looking; it is set whatever the reason was.
        seconds: After which at the latest to look (`expo.wire.beat`).
        least: Seconds that pass however early the event is set, for whoever looks at a rate.

    Raises:
        CancelledError: The task was cancelled, now or before without effect.
    """
    heed_cancelling()
    loop = asyncio.get_running_loop()
    until = loop.time() + least
    if seconds > 0 and not event.is_set():
        timer = loop.call_at(at_the_latest(loop.time(), seconds), event.set)
        try:
            await event.wait()
        finally:
            timer.cancel()
    if (rest := until - loop.time()) > 0:
        await asyncio.sleep(rest)
