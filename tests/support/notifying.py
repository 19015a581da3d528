"""Nodes that tell each other over a real server, which can be killed, and which strangers can use."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import nats
import psycopg

from expo.wire.notifier_shared import SharedNotifier
from expo.wire.notifiers import notifier
from tests.support.nats import NatsServer
from tests.support.postgres import Cluster


@dataclass
class Exchange:
    """What nodes tell each other over: PostgreSQL or NATS."""

    url: str
    dsn: str | None
    kill: Callable[[], None]
    start: Callable[[], None]

    def node(self) -> SharedNotifier:
        """The notifier of one more node; not running yet."""
        made = notifier(self.url, self.dsn)
        assert isinstance(made, SharedNotifier)
        return made

    async def say(self, *payloads: bytes) -> None:
        """What somebody else on the same server sends over our channel."""
        if not self.url:
            assert self.dsn is not None
            async with await psycopg.AsyncConnection.connect(self.dsn, autocommit=True) as stranger:
                for payload in payloads:
                    await stranger.execute("SELECT pg_notify('sawt', %s)", [payload.decode()])
            return
        client = await nats.connect(self.url)
        for payload in payloads:
            await client.publish("sawt.look", payload)
        await client.flush()
        await client.close()


def over_postgres(cluster: Cluster) -> Exchange:
    """Through the database server itself."""
    return Exchange("", cluster.dsn(), cluster.stop, cluster.start)


def over_nats(server: NatsServer) -> Exchange:
    """Through NATS."""
    return Exchange(server.url, None, server.kill, server.start)


@contextlib.asynccontextmanager
async def running(*nodes: SharedNotifier) -> AsyncIterator[None]:
    """The nodes at work, each of them connected."""
    tasks = [asyncio.create_task(node.run()) for node in nodes]
    try:
        await connected(*nodes)
        yield
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(one, asyncio.CancelledError) for one in ended), ended


async def connected(*nodes: SharedNotifier, again: int = 0) -> None:
    """Return once all of them are, for the ``again``-th time."""
    async with asyncio.timeout(30):
        while not all(node.is_connected and node.connections > again for node in nodes):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)


async def disconnected(*nodes: SharedNotifier) -> None:
    """Return once all of them know that they are alone."""
    async with asyncio.timeout(30):
        while any(node.is_connected for node in nodes):  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)
