"""How fit this node is to serve, part by part: what ``/readyz`` and the load page ask."""

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Final

from expo.db import Database
from expo.load.health import WELL, Part, degraded, unready
from expo.load.levels import LAG_SECONDS, SHARES
from expo.load.pulse_follower import Pulse
from expo.web.operations import Probe
from expo.wire.notifier import Notifier
from expo.wire.server import ExpoServer
from voting.receipts import INCLUDED_WITHIN
from voting.sealing.progress import Progress
from voting.usecases import Voting

COUNT_LATE_SECONDS: Final = 5.0
"""Without a whole look at the record for so long the rooms are behind; one is due every second."""
COUNT_DEAD_SECONDS: Final = 30.0
"""And for so long, people are better off on another node."""
BALLOT_LATE_SECONDS: Final = 2.0
"""A ballot that waits longer is one whose voter presses again."""


class Health:
    """Asks the parts of one node how they are.

    Args:
        database: Where the record is; a file's disk is watched too, a server's is the server's.
        server: Says whether it was asked to stop.
        voting: The writer and the count.
        sealing: How far the public ledgers are.
        notifier: May have a link to other nodes.
        pulse: Knows how late the loop is.
        followers: Whether every background task is at work.
    """

    def __init__(
        self,
        *,
        database: Database,
        server: ExpoServer,
        voting: Voting,
        sealing: Progress,
        notifier: Notifier,
        pulse: Pulse,
        followers: Callable[[], bool],
    ) -> None:
        self._database = database
        self._server = server
        self._voting = voting
        self._sealing = sealing
        self._notifier = notifier
        self._pulse = pulse
        self._followers = followers

    @property
    def folder(self) -> Path | None:
        """Where the database's file is; None when a server keeps it."""
        return Path(self._database.url.database or ".").parent if self._database.is_sqlite else None

    @property
    def probes(self) -> Mapping[str, Probe]:
        """Every part by name."""
        probes: dict[str, Probe] = {
            "serving": self._serving,
            "database": self._reads,
            "followers": self._follows,
            "writer": self._writes,
            "count": self._counts,
            "sealing": self._seals,
            "loop": self._turns,
            "notifier": self._notifies,
        }
        if self._database.is_sqlite:
            probes["disk"] = self._has_room
        return probes

    async def _serving(self) -> Part:
        return unready("stopping") if self._server.is_stopping else WELL

    async def _reads(self) -> Part:
        async with self._database.read():
            return WELL

    async def _follows(self) -> Part:
        return WELL if self._followers() else unready("dead")

    async def _writes(self) -> Part:
        writer = self._voting.writer
        if writer.is_closed:
            return unready("closed")
        if writer.waiting >= writer.most_waiting:
            return degraded("full")
        return degraded("slow") if writer.oldest_seconds > BALLOT_LATE_SECONDS else WELL

    async def _counts(self) -> Part:
        age = monotonic() - self._voting.follower.looked_at
        if age > COUNT_DEAD_SECONDS:
            return unready("stopped")
        return degraded("late") if age > COUNT_LATE_SECONDS else WELL

    async def _seals(self) -> Part:
        """Never unready: whatever becomes of receipts' promises, ballots are on record."""
        if self._sealing.lost:
            return degraded("key-lost")
        now = monotonic()
        waits = max(self._sealing.oldest_seconds(now), self._sealing.age_seconds(now))
        return degraded("late") if waits > INCLUDED_WITHIN.total_seconds() else WELL

    async def _turns(self) -> Part:
        return degraded("late") if self._pulse.minute.lag_max >= LAG_SECONDS.over else WELL

    async def _notifies(self) -> Part:
        return WELL if getattr(self._notifier, "is_connected", True) else degraded("not-connected")

    async def _has_room(self) -> Part:
        disk = shutil.disk_usage(self.folder or ".")
        used, mark = 1 - disk.free / disk.total, SHARES["disk"]
        if used > mark.over:
            return unready("full")
        return degraded("nearly-full") if used > mark.near else WELL
