"""Notifications over NATS: one subject, core messages that nobody keeps.

The client's own reconnecting is switched off: it would keep what it could not send without telling,
and it does not say which words were missed. One link, one connection, the same manners as PostgreSQL.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from expo.wire.notifier_shared import EVERYTHING, LinkLost

logger = logging.getLogger(__name__)

_SUBJECT: Final = "sawt.look"
_CONNECT_S: Final = 2  # to one server
_ALL_S: Final = 10.0  # to any of them
_PING_S: Final = 3  # a server that vanished is noticed after two pings it did not answer
_CARRIED_S: Final = 5.0  # until a server has taken what it was told
_MOST_HEARD: Final = 1_000  # messages that may wait to be heard; beyond it "everything" is heard
_MOST_HEARD_BYTES: Final = 1_000_000
_CLOSE_S: Final = 1.0

_FAILURES: Final = (nats.errors.Error, OSError, TimeoutError, ValueError)


class NatsLink:
    """Carries topics over NATS.

    Args:
        servers: Addresses of one cluster; any of them will do.
    """

    def __init__(self, servers: Sequence[str]) -> None:
        self._servers = list(servers)

    @asynccontextmanager
    async def connected(
        self, hear: Callable[[bytes | str], None]
    ) -> AsyncIterator["NatsConnection"]:
        """A connection to one of the servers, subscribed.

        Raises:
            LinkLost: None of them answers.
        """
        client, over = Client(), asyncio.Event()

        async def closed() -> None:
            over.set()

        async def failed(error: Exception) -> None:
            logger.debug("NATS: %s", type(error).__name__)
            if isinstance(error, nats.errors.SlowConsumerError):
                hear(EVERYTHING)

        async def heard(message: Msg) -> None:
            hear(message.data)

        try:
            try:
                async with asyncio.timeout(_ALL_S):
                    await client.connect(
                        self._servers,
                        name="sawt",
                        no_echo=True,
                        allow_reconnect=False,
                        max_reconnect_attempts=1,
                        reconnect_time_wait=0.1,  # type: ignore[arg-type]  # seconds, slept as they are
                        connect_timeout=_CONNECT_S,
                        ping_interval=_PING_S,
                        max_outstanding_pings=2,
                        closed_cb=closed,
                        error_cb=failed,
                    )
                    await client.subscribe(
                        _SUBJECT,
                        cb=heard,
                        pending_msgs_limit=_MOST_HEARD,
                        pending_bytes_limit=_MOST_HEARD_BYTES,
                    )
                    await client.flush(_CONNECT_S)  # subscribed on the server, not only sent
            except _FAILURES as error:
                raise _lost(error) from error
            yield NatsConnection(client, over)
        finally:
            await _close(client)


class NatsConnection:
    """One connection while it lasts."""

    def __init__(self, client: Client, over: asyncio.Event) -> None:
        self._client = client
        self._over = over

    async def carry(self, topics: tuple[str, ...]) -> None:
        """Tell the other nodes.

        Raises:
            LinkLost: The server did not take it.
        """
        try:
            async with asyncio.timeout(_CARRIED_S):
                for topic in topics:
                    await self._client.publish(_SUBJECT, topic.encode("ascii"))
                await self._client.flush(round(_CARRIED_S))
        except _FAILURES as error:
            raise _lost(error) from error

    async def ended(self) -> None:
        """Return when the client has given the connection up."""
        await self._over.wait()


async def _close(client: Client) -> None:
    with contextlib.suppress(Exception):  # it is given up, whatever it says
        async with asyncio.timeout(_CLOSE_S):
            await client.close()


def _lost(error: BaseException) -> LinkLost:
    return LinkLost(f"NATS, {type(error).__name__}")  # its text may hold an address with a password
