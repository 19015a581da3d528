"""Tasks that end when they are told to.

A cancellation can get lost: ``asyncio.wait_for`` (Python 3.11) swallows one that comes together with
its answer, and a driver may turn one into an error of its own. A loop that was to end would go on, and
whoever waits for it would wait for ever. So loops look whether they were told, and who ends a task
tells it again.
"""

import asyncio
from typing import Any, Final

_AGAIN_S: Final = 0.2  # until a task that was cancelled is cancelled again


def heed_cancelling() -> None:
    """Nothing, unless this task has been cancelled before and goes on all the same.

    Raises:
        CancelledError: It has.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def ended(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks that have no clean-up to speak of, until they have ended; what they say is lost."""
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=_AGAIN_S)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # told by who waited for it, or of no interest any more
