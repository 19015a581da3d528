"""Notifications between nodes: this process is told at once, the others over a link that may break.

While the link is down, topics wait, each once; a backlog too long to list becomes "everything".
After each reconnect every listener of this process is woken, since nobody knows what was missed.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol

from expo.wire.ending import ended, heed_cancelling
from expo.wire.notifier import LocalNotifier

logger = logging.getLogger(__name__)

EVERYTHING: Final = "*"
"""As a topic: all of them."""
LONGEST_TOPIC: Final = 200  # characters; PostgreSQL carries 8,000 bytes, our topics need 80
_MOST_WAITING: Final = 500  # topics kept for the others; beyond it "everything" says as much
_FIRST_WAIT_S: Final = 0.2
_LONGEST_WAIT_S: Final = (
    5.0  # between two tries; listeners look by themselves each second meanwhile
)
_STEADY_S: Final = 10.0  # a link that held this long begins again with the first wait


class LinkLost(Exception):
    """The link could not be made or broke; ``str()`` says why and never holds an address."""


class Outbox:
    """Topics that wait for the link, each once."""

    def __init__(self) -> None:
        self._topics: dict[str, None] = {}
        self._bell = asyncio.Event()

    def __len__(self) -> int:
        """How many topics wait."""
        return len(self._topics)

    def put(self, *topics: str) -> None:
        """Let topics wait; never fails and never grows beyond a bound."""
        self._topics.update(dict.fromkeys(topics))
        if len(self._topics) > _MOST_WAITING:
            self._topics = {EVERYTHING: None}
        self._bell.set()

    async def take(self) -> tuple[str, ...]:
        """What waits, as soon as something does; the caller puts back what it could not send."""
        while not self._topics:
            self._bell.clear()
            await self._bell.wait()
        taken, self._topics = tuple(self._topics), {}
        return taken


class Link(Protocol):
    """How topics travel between nodes."""

    def connected(
        self, hear: Callable[[bytes | str], None]
    ) -> AbstractAsyncContextManager["Connection"]:
        """A connection over which topics of other nodes are heard from now on.

        Raises:
            LinkLost: It cannot be had.
        """
        ...


class Connection(Protocol):
    """One connection of a link."""

    async def carry(self, topics: tuple[str, ...]) -> None:
        """Tell the other nodes; returns when the link has taken all of them.

        Raises:
            LinkLost: It has not, as far as is known.
        """
        ...

    async def ended(self) -> None:
        """Return as soon as the connection is known to have broken."""
        ...


class SharedNotifier:
    """A notifier over a link; ``run`` belongs under the supervisor, everything to the loop's thread.

    Args:
        link: Carries topics to the other nodes.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._local = LocalNotifier()
        self._outbox = Outbox()
        self.is_connected = False
        """Whether other nodes can hear this one, and it them."""
        self.connections = 0
        """Times the link was made since start."""
        self.carried = 0
        """Topics handed to the link since start."""
        self.received = 0
        """Topics heard from other nodes since start."""
        self.strange = 0
        """Messages heard that no node of ours sends; ignored."""

    @property
    def waiting(self) -> int:
        """Topics that other nodes have not been told yet."""
        return len(self._outbox)

    def notify(self, topic: str) -> None:
        """Wake the listeners of a topic here, now, and on the other nodes as soon as possible."""
        self._local.notify(topic)
        if _is_topic(topic):
            self._outbox.put(topic)
        else:
            logger.warning("A topic cannot be carried to other nodes")

    @asynccontextmanager
    async def listen(self, topic: str) -> AsyncIterator[asyncio.Event]:
        """An event of one's own, set by every notification until the block ends."""
        async with self._local.listen(topic) as event:
            yield event

    async def run(self) -> None:
        """Keep the link until cancelled."""
        loop, wait = asyncio.get_running_loop(), _FIRST_WAIT_S
        while True:
            began = loop.time()
            try:
                await self._serve()
            except LinkLost as lost:
                logger.warning("Other nodes cannot be told or heard: %s", lost)
            heed_cancelling()  # a client's connecting may make a cancellation an error of its own
            if loop.time() - began > _STEADY_S:
                wait = _FIRST_WAIT_S
            # Spread out, so that nodes that lost one server do not come back to it as one.
            await asyncio.sleep(random.uniform(0.5, 1.0) * wait)  # noqa: S311 - no secret
            wait = min(_LONGEST_WAIT_S, wait * 2)

    async def _serve(self) -> None:
        async with self._link.connected(self._hear) as connection:
            heed_cancelling()
            sending = asyncio.create_task(self._send(connection))
            ending = asyncio.create_task(connection.ended())
            self.is_connected = True
            self.connections += 1
            logger.info("Other nodes are told and heard")
            self._local.wake_all()
            try:
                done, _ = await asyncio.wait({sending, ending}, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            finally:
                self.is_connected = False
                await ended(sending, ending)

    async def _send(self, connection: Connection) -> None:
        while True:
            topics = await self._outbox.take()
            try:
                await connection.carry(topics)
            except BaseException:
                self._outbox.put(*topics)  # repeating is harmless
                raise
            self.carried += len(topics)

    def _hear(self, said: bytes | str) -> None:
        topic = _topic_in(said)
        if topic is None:
            self.strange += 1
            return
        self.received += 1
        if topic == EVERYTHING:
            self._local.wake_all()
        else:
            self._local.notify(topic)


def _topic_in(said: bytes | str) -> str | None:
    if isinstance(said, bytes):
        if len(said) > LONGEST_TOPIC:
            return None
        try:
            said = said.decode("ascii")
        except UnicodeDecodeError:
            return None
    return said if _is_topic(said) else None


def _is_topic(text: str) -> bool:
    return 0 < len(text) <= LONGEST_TOPIC and text.isascii() and text.isprintable()
