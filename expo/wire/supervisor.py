"""Background tasks that must not die silently.

A crash inside a lifespan's TaskGroup leaves uvicorn answering 200 with dead followers (style 2.1,
tried). So a task that ends without having been asked is CRITICAL, and the server is asked to exit:
whoever runs it starts it again, and the log says why.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self

logger = logging.getLogger(__name__)


class Supervisor:
    """Named background tasks of one process; they end with the ``async with`` block.

    Args:
        give_up: Asks the server to exit; called at the first death, from the loop.
    """

    def __init__(self, give_up: Callable[[], None]) -> None:
        self._give_up = give_up
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_stopping = False
        self.has_failed = False
        """Whether a task has died; the entry point then exits with 1."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._is_stopping = True
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def run(self, name: str, work: Coroutine[Any, Any, None], *, is_endless: bool = True) -> None:
        """Start a background task.

        Args:
            name: Appears in the log when it dies.
            work: The coroutine itself, e.g. ``follower.run()``.
            is_endless: Returning counts as dying; False for work that has an end.
        """
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(lambda done: self._ended(done, is_endless))

    def running(self) -> tuple[str, ...]:
        """Names of the tasks at work, for the readiness page."""
        return tuple(sorted(task.get_name() for task in self._tasks))

    def _ended(self, task: asyncio.Task[None], is_endless: bool) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if self._is_stopping and error is None:
            return
        if error is None and not is_endless:
            return
        logger.critical("Background task %s has died", task.get_name(), exc_info=error)
        self.has_failed = True
        self._give_up()
