"""The load of one node as figures: what was sampled each second becomes one value. Pure."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import Final

import msgspec

from expo.load.histogram import SECONDS, between, quantile

HISTORY: Final = 60
"""Seconds that are kept."""
_NOW: Final = 5  # seconds over which "now" is averaged
_RECENT: Final = 15  # seconds in which lateness still counts


class Sample(msgspec.Struct, frozen=True):
    """What the parts of a node have counted since start, and how many are connected now."""

    connections: int = 0
    recorded: int = 0
    """Ballots on record."""
    busy: int = 0
    """Ballots told to come back."""
    turned_away: int = 0
    """Handshakes refused."""
    answers: tuple[int, ...] = ()
    """The classes of `expo.load.histogram.SECONDS`: how long ballots waited for their answer."""


class Moment(msgspec.Struct, frozen=True):
    """A sample with the state of the loop at its time; ``at`` is monotonic, all times in seconds."""

    at: float
    sample: Sample
    cpu_seconds: float = 0.0
    lag_mean: float = 0.0
    lag_max: float = 0.0


class Minute(msgspec.Struct, frozen=True):
    """The last minute."""

    per_second: float = 0.0
    """Ballots recorded a second, now."""
    answered: int = 0
    """Ballots recorded in the minute."""
    p50: float | None = None
    """Seconds that half of them waited at most; None without ballots."""
    p95: float | None = None
    busy: int = 0
    turned_away: int = 0
    lag_mean: float = 0.0
    """How late the loop came to its work lately, in seconds."""
    lag_max: float = 0.0
    cpu: float = 0.0
    """Processor time per time; 1 is a whole core."""
    connections: tuple[int, ...] = ()
    """Each second, the latest last."""
    ballots: tuple[int, ...] = ()


class Place(msgspec.Struct, frozen=True):
    """How many are looking at one thing: ``session`` with its id, ``screens``, ``staff``, ``elsewhere``."""

    kind: str
    n: int
    id: str = ""


class Machine(msgspec.Struct, frozen=True):
    """What a process takes of its machine: bytes, numbers of files; a limit of 0 is not known."""

    memory: int = 0
    """Resident memory of this process."""
    memory_most: int = 0
    """What it may take: of its group, or all there is."""
    files: int = 0
    """Open files, every connection is one."""
    files_most: int = 0
    disk_free: int = 0
    disk_total: int = 0


class NodeLoad(msgspec.Struct, frozen=True):
    """Everything the load page says about one node."""

    node: str
    version: str
    at: datetime
    started_at: datetime
    minute: Minute
    connections: int = 0
    connections_peak: int = 0
    connections_most: int = 0
    places: tuple[Place, ...] = ()
    ballots_peak: int = 0
    """The most in one second since start."""
    waiting: int = 0
    waiting_most: int = 0
    behind: int = 0
    """Lines of the record that are not in the count yet."""
    seals: bool = True
    """Whether this node, and no other, makes the public ledgers and their bundles."""
    unsealed: int = 0
    """Lines of the record that are in no ledger yet, as far as this node is to seal them."""
    unsealed_seconds: float = 0.0
    """How long the oldest of them has been waiting."""
    no_bundle: dict[str, str] = {}
    """Published contests whose bundle cannot be made, each with why."""
    machine: Machine = Machine()
    parts: dict[str, str] = {}
    """Part and why it is not well; those that are well are left out."""
    notifier: str = "inside"
    """``inside`` this process, ``shared`` with other nodes."""
    silent_seconds: int = 0
    """How long ago these figures were true, for another node."""


def minute(moments: Sequence[Moment]) -> Minute:
    """The last minute from its samples, the oldest first."""
    if len(moments) < 2:  # one sample has no before
        return Minute()
    first, last = moments[0].sample, moments[-1].sample
    recent = moments[-_RECENT:]
    counts = between(first.answers, last.answers)
    return Minute(
        per_second=_rate(moments[-_NOW - 1 :]),
        answered=last.recorded - first.recorded,
        p50=quantile(SECONDS, counts, 0.5),
        p95=quantile(SECONDS, counts, 0.95),
        busy=last.busy - first.busy,
        turned_away=last.turned_away - first.turned_away,
        lag_mean=sum(one.lag_mean for one in recent) / len(recent),
        lag_max=max(one.lag_max for one in recent),
        cpu=(recent[-1].cpu_seconds - recent[0].cpu_seconds)
        / max(recent[-1].at - recent[0].at, 1e-6),
        connections=tuple(one.sample.connections for one in moments[1:]),
        ballots=tuple(b.sample.recorded - a.sample.recorded for a, b in pairwise(moments)),
    )


def _rate(moments: Sequence[Moment]) -> float:
    grown = moments[-1].sample.recorded - moments[0].sample.recorded
    return grown / max(moments[-1].at - moments[0].at, 1e-6)
