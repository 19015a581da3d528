"""How much each node carries: this one asks its own parts, the others are read from the database."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Final

from expo.db import Database
from expo.errors import Fault
from expo.load import VERSION, store
from expo.load.figures import NodeLoad, Sample
from expo.load.health import State
from expo.load.machine import machine
from expo.load.pulse_follower import Pulse
from expo.web.operations import Probe, looked_at
from expo.wire.hub import Hub
from sessions.load.places import places
from sessions.show_follower import BOARD, STAFF, STAGE
from sessions.usecases import Show
from voting import visibility
from voting.sealing.progress import Progress
from voting.usecases import Voting

_ROOMS: Final = {"board": BOARD, "stage": STAGE, "staff": STAFF}


class Load:
    """One per node.

    Args:
        node: This node's name.
        hub: Has its viewers.
        voting: Its writer and its count.
        show: Knows the sessions.
        database: Where the other nodes say how they are.
        started_at: When this process began.
    """

    def __init__(
        self,
        node: str,
        *,
        hub: Hub,
        voting: Voting,
        show: Show,
        database: Database,
        started_at: datetime,
    ) -> None:
        self.node = node
        self._database = database
        self._hub = hub
        self._voting = voting
        self._show = show
        self._started_at = started_at
        self.pulse = Pulse(self._sample)
        self.probes: Mapping[str, Probe] = {}
        """Set by who puts the node together."""
        self.folder: Path | None = None
        """On the disk of the database, where that is this machine's."""
        self.connections_most = 0
        self.is_shared = False
        """Whether a notifier links this node to others."""
        self.sealing = Progress()
        """How far the public ledgers are; set by who puts the node together, like the next."""
        self.no_bundle: Callable[[], dict[str, str]] = dict
        """Asks which bundles cannot be made, and why."""

    async def everywhere(self) -> Sequence[NodeLoad]:
        """Every node, in the order of their names: a balancer may let each answer in turn."""
        nodes = [await self.here()]
        with contextlib.suppress(Fault):  # then this node's own figures say what is wrong
            async with self._database.read() as tx:
                nodes += await store.others(tx, self.node)
        return sorted(nodes, key=lambda one: one.node)

    async def here(self) -> NodeLoad:
        """This node, now."""
        parts = await looked_at(self.probes)
        taken = await asyncio.to_thread(
            machine, self.folder
        )  # thousands of open files take a while
        writer, pulse = self._voting.writer, self.pulse
        return NodeLoad(
            node=self.node,
            version=VERSION,
            at=self._show.now(),
            started_at=self._started_at,
            minute=pulse.minute,
            connections=self._hub.connected,
            connections_peak=max(pulse.connections_peak, self._hub.connected),
            connections_most=self.connections_most,
            places=places(self._hub.rooms(), self._contests(), _ROOMS),
            ballots_peak=pulse.ballots_peak,
            waiting=writer.waiting,
            waiting_most=writer.most_waiting,
            behind=self._voting.follower.behind,
            seals=self.sealing.is_here,
            unsealed=self.sealing.lines,
            unsealed_seconds=self.sealing.oldest_seconds(monotonic()),
            no_bundle=self.no_bundle(),
            machine=taken,
            parts={name: part.why for name, part in parts.items() if part.state is not State.OK},
            notifier="shared" if self.is_shared else "inside",
        )

    def _contests(self) -> list[tuple[str, str]]:
        """Each session that asks the audience something, and the room of its contest."""
        found = ((one.id, self._show.contest(one.id)) for one in self._show.programme.sessions)
        return [
            (session, visibility.contest_room(contest.id)) for session, contest in found if contest
        ]

    def _sample(self) -> Sample:
        writer = self._voting.writer
        return Sample(
            connections=self._hub.connected,
            recorded=writer.recorded,
            busy=writer.busy,
            turned_away=self._hub.refused.total(),
            answers=tuple(writer.answer_seconds.counts),
        )
