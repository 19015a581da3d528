"""The public ledger of a live contest: what sealing its ballots costs beside taking them in.

Sealing begins some seconds after ballots have come and runs on the server's own core. So people vote until
just before it begins, then nobody does, and what the server works from then on, less what it works with
nobody doing anything, is the sealing of those ballots.
"""

import time
import urllib.error
import urllib.request
from typing import Final

import msgspec

from bench.peers import Server
from bench.programs import Failed
from bench.scenarios import ballots

_IDLE_SECONDS: Final = 3.0
_LOOK_SECONDS: Final = 0.02
_LEAVE_SECONDS: Final = 1.0  # until everybody's sockets are closed
_WITHIN: Final = 40.0  # seconds until everything must be sealed
_QUIET_SECONDS: Final = 4.0  # without a new checkpoint after which all is sealed
_NOT_SEALED: Final = "the ledger did not grow in time"


class Sealing(msgspec.Struct, frozen=True):
    """Leaves a second from first to last, and microseconds of the server for each leaf and each ballot."""

    leaves: int
    per_second: float
    leaf_us: float
    ballot_us: float
    answer_p95: float | None
    """Milliseconds until ballots that were cast while others were being sealed had their receipts."""

    @property
    def share(self) -> float:
        """What sealing is of all that a ballot costs the server."""
        return self.leaf_us / (self.leaf_us + self.ballot_us)


def measure(server: Server, people: int, seconds: float) -> Sealing:
    """Ballots for a while, then their sealing; then ballots while more of them are sealed.

    Raises:
        Failed: They were not sealed in time.
    """
    taken = ballots.steady(server, people, seconds)
    time.sleep(_LEAVE_SECONDS)
    before = server.cpu()
    began = time.monotonic()
    first, last, leaves = _sealed(server)
    spent, took = server.cpu() - before, time.monotonic() - began
    idle = _idle(server)
    return Sealing(
        leaves=leaves,
        per_second=leaves / max(last - first, _LOOK_SECONDS),
        leaf_us=max(0.0, spent - idle * took) / leaves * 1e6,
        ballot_us=taken.ballot_us,
        answer_p95=_beside(server, people, seconds),
    )


def _beside(server: Server, people: int, seconds: float) -> float | None:
    """How long ballots take that are cast when sealing has just begun.

    Who casts them comes before the others vote: to let so many in may take longer than sealing waits.
    """
    size = _size(server)
    with ballots.voters(server, people) as crowd:
        crowd.come()
        ballots.steady(server, people, seconds)
        _grown(server, size)
        return ballots.once(server, crowd, people, 1.0).answer_p95


def _sealed(server: Server) -> tuple[float, float, int]:
    """When the ledger first and last grew, and by how many leaves, until it grows no more."""
    start = size = _size(server)
    first, size = _grown(server, size)
    last = first
    while time.monotonic() - last < _QUIET_SECONDS:
        time.sleep(_LOOK_SECONDS)
        now = _size(server)
        if now != size:
            last, size = time.monotonic(), now
    return first, last, size - start


def _grown(server: Server, size: int) -> tuple[float, int]:
    end = time.monotonic() + _WITHIN
    while time.monotonic() < end:
        now = _size(server)
        if now != size:
            return time.monotonic(), now
        time.sleep(_LOOK_SECONDS)
    raise Failed(_NOT_SEALED)


def _size(server: Server) -> int:
    """Leaves the newest checkpoint speaks of."""
    contest = server.ballots.contest
    address = f"http://127.0.0.1:{server.port}/ledger/{contest}/checkpoint"
    try:
        with urllib.request.urlopen(address, timeout=_WITHIN) as answer:
            return int(answer.read().split(b"\n")[1])
    except urllib.error.HTTPError:
        return 0


def _idle(server: Server) -> float:
    """Processor seconds a second of the server while it is only asked how far it is."""
    before, began = server.cpu(), time.monotonic()
    while time.monotonic() - began < _IDLE_SECONDS:
        _size(server)
        time.sleep(_LOOK_SECONDS)
    return (server.cpu() - before) / (time.monotonic() - began)
