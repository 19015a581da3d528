"""Notifications through the database itself: LISTEN and NOTIFY, where no other broker runs.

Two connections, because one that waits for word cannot send. Word is sent outside of the
transaction it is about: NOTIFY takes a lock over all commits that notify, and word that is lost
costs a second at most. A server that vanished is noticed by the kernel (`expo.postgres` says when), one
that is silent by this: what this node says now and then it must hear itself.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import psycopg

from expo.wire.ending import ended, heed_cancelling
from expo.wire.notifier_shared import LinkLost

_CHANNEL: Final = "sawt"
# Nothing is kept that a sync of the disk could save.
_HASTY: Final = "SET synchronous_commit = off"
_SEND: Final = "SELECT pg_notify(%s, topic) FROM unnest(%s::text[]) AS topic"

_BEAT: Final = "."
"""As a topic: nobody's. Said to be heard by oneself."""
_BEAT_S: Final = 5.0
_SILENT_S: Final = 6.0  # until a beat must have been heard

_Raw = psycopg.AsyncConnection[tuple[Any, ...]]


class PostgresLink:
    """Carries topics over PostgreSQL.

    Args:
        dsn: For psycopg; a session of one's own, no pooler in between.
    """

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    @asynccontextmanager
    async def connected(
        self, hear: Callable[[bytes | str], None]
    ) -> AsyncIterator["PostgresConnection"]:
        """Two connections, one of them listening from now on.

        Raises:
            LinkLost: They cannot be had.
        """
        async with AsyncExitStack() as stack:
            try:
                listening = await self._connect("sawt listening")
                stack.push_async_callback(listening.close)
                sending = await self._connect("sawt notifying")
                stack.push_async_callback(sending.close)
                await sending.execute(_HASTY)
                await listening.execute(f"LISTEN {_CHANNEL}")
            except psycopg.Error as error:
                raise _lost(error) from error
            yield PostgresConnection(listening, sending, hear)

    async def _connect(self, name: str) -> _Raw:
        return await psycopg.AsyncConnection.connect(
            self._dsn, autocommit=True, application_name=name
        )


class PostgresConnection:
    """The pair of connections while it lasts."""

    def __init__(self, listening: _Raw, sending: _Raw, hear: Callable[[bytes | str], None]) -> None:
        self._listening = listening
        self._sending = sending
        self._own = sending.info.backend_pid
        self._hear = hear
        self._own_heard = asyncio.Event()

    async def carry(self, topics: tuple[str, ...]) -> None:
        """Tell the other nodes.

        Raises:
            LinkLost: The server did not take it.
        """
        try:
            await self._sending.execute(_SEND, [_CHANNEL, list(topics)])
        except psycopg.Error as error:
            raise _lost(error) from error

    async def ended(self) -> None:
        """Listen until the connection has broken.

        Raises:
            LinkLost: It has.
        """
        beating = asyncio.create_task(self._beat())
        listening = asyncio.create_task(self._listen())
        try:
            done, _ = await asyncio.wait({beating, listening}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await ended(beating, listening)

    async def _listen(self) -> None:
        try:
            async for word in self._listening.notifies():
                if word.pid == self._own:  # listeners of this process know already
                    self._own_heard.set()
                else:
                    self._hear(word.payload)
                await asyncio.sleep(0)  # a flood must not keep the loop
        except psycopg.Error as error:
            raise _lost(error) from error

    async def _beat(self) -> None:
        while True:
            heed_cancelling()
            await asyncio.sleep(_BEAT_S)
            self._own_heard.clear()
            try:
                async with asyncio.timeout(_SILENT_S):
                    await self.carry((_BEAT,))
                    await self._own_heard.wait()
            except TimeoutError as silence:
                raise LinkLost("PostgreSQL, silent") from silence  # noqa: EM101 - for the log


def _lost(error: psycopg.Error) -> LinkLost:
    # The text of a connection's error may hold host and user; the kind and its code hold neither.
    return LinkLost(f"PostgreSQL, {type(error).__name__} {error.sqlstate or ''}".rstrip())
