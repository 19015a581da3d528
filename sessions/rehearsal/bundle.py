"""Brings the bundle of a rehearsed contest home, as anybody could."""

import asyncio
from pathlib import Path
from typing import Final

from sessions.rehearsal.door import Door, TurnedAway
from voting.bundle.files import FILES

_TRIES: Final = 60  # a bundle of a million ballots takes minutes to be made
_PAUSE_SECONDS: Final = 5.0
_NOT_YET: Final = 503


async def bring(
    door: Door,
    contest: str,
    folder: Path,
    *,
    tries: int = _TRIES,
    pause_seconds: float = _PAUSE_SECONDS,
) -> None:
    """Every file of the bundle, in this folder.

    Args:
        door: Of the server.
        contest: Published.
        folder: Empty.
        tries: How often it is asked for while it is being made, with this pause in between.
        pause_seconds: As long.

    Raises:
        TurnedAway: There is no bundle.
    """
    for name in FILES:
        path = f"/results/{contest}/bundle/{name}"
        for left in reversed(range(tries)):
            try:
                await door.save(path, folder / name)
                break
            except TurnedAway as refused:
                if refused.status != _NOT_YET or not left:
                    raise
                await asyncio.sleep(pause_seconds)
