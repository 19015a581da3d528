"""Makes bundles soon after their results are published, and clears away what a crash left half made.

Of several nodes one does it, the others stand by; whoever asks for a bundle meanwhile has it made at once.
"""

import asyncio
import logging
import os
import re
import shutil
from pathlib import Path
from time import monotonic, time
from typing import Final

from expo.errors import Fault, Refusal
from expo.leases import Leases, Turn
from expo.wire.notifier import Notifier, heard
from voting.bundle.usecases import Bundles
from voting.writer import ANY_CONTEST

logger = logging.getLogger(__name__)

LEFT_SECONDS: Final = 3600.0
"""So long nothing has been written to what counts as left behind; no writer pauses for that long."""
_JOB: Final = "bundles"
_NAP: Final = 2.0  # seconds between two looks; one that finds nothing new reads nothing
_AGAIN: Final = (
    60.0  # seconds before a bundle that the disk or the database did not take is tried again
)
_DRAFT: Final = re.compile(r"\..+-[0-9a-f]{16}-[0-9a-f]{8}(\.zip)?")


class BundleFollower:
    """One per process.

    Args:
        bundles: Make them.
        notifier: Says when something may have been published.
        leases: Say which node makes them; None where there is one only.
    """

    def __init__(self, bundles: Bundles, notifier: Notifier, leases: Leases | None = None) -> None:
        self._bundles = bundles
        self._notifier = notifier
        self._turn = Turn(_JOB, leases)
        self._not_before: dict[str, float] = {}
        self._swept_at = -LEFT_SECONDS

    async def run(self) -> None:
        """Follow until cancelled, whenever it is this node's turn; then nothing is being made."""
        try:
            await self._turn.run(self._follow)
        finally:
            await self._bundles.close()

    async def _follow(self) -> None:
        self._not_before.clear()
        async with self._notifier.listen(ANY_CONTEST) as event:
            while self._turn.is_ours:
                event.clear()
                await self.look()
                await heard(event, _NAP, least=1.0)

    async def look(self) -> None:
        """Make every bundle that is missing, and now and then clear what was left behind."""
        now = monotonic()
        if now - self._swept_at >= LEFT_SECONDS / 6:
            self._swept_at = now
            await asyncio.to_thread(swept, self._bundles.folder, time())
        for contest_id in self._bundles.published():
            if self._turn.is_ours and now >= self._not_before.get(contest_id, now):
                await self._made(contest_id)

    async def _made(self, contest_id: str) -> None:
        """Have one bundle; what came of it stays so, unless only the disk or the database failed."""
        again = float("inf")
        try:
            await self._bundles.have(contest_id)
        except Refusal:
            pass  # it has no ledger, or its bundle cannot be made: both are remembered elsewhere
        except Fault:
            again = monotonic() + _AGAIN
            facts = {"contest": contest_id}
            logger.warning("A bundle could not be made yet; trying again", extra=facts)
        self._not_before[contest_id] = again


def swept(folder: Path, now: float) -> list[str]:
    """Remove what writers that were killed left half made; their names.

    Args:
        folder: Of all bundles; it may be missing.
        now: In seconds since 1970, as the times of files are.
    """
    found = []
    for path in sorted(folder.glob(".*")):
        try:
            if _DRAFT.fullmatch(path.name) and now - _touched_at(path) > LEFT_SECONDS:
                _remove(path)
                found.append(path.name)
        except OSError as error:  # another node was faster, or the disk does not let go of it
            facts = {"file": path.name, "error": str(error)}
            logger.info("What was left half made is not cleared", extra=facts)
    if found:
        logger.info("Bundles left half made were cleared", extra={"files": found})
    return found


def _touched_at(path: Path) -> float:
    """When it, or anything in it, was last written; links are not followed."""
    inside = os.scandir(path) if path.is_dir() and not path.is_symlink() else ()
    return max(
        [path.lstat().st_mtime, *(one.stat(follow_symlinks=False).st_mtime for one in inside)]
    )


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
