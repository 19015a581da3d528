"""Several nodes on one PostgreSQL: what they record together, and when all screens show the same.

Nodes and PostgreSQL share the server's core, so more nodes cost more and cannot be faster; what is
shown is the price of another node and that nothing is lost, doubled or shown differently.
"""

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
import psycopg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from bench import machine, peers
from bench.crowd import Crowd
from bench.peers import Absent, Server
from bench.programs import Failed
from bench.scenarios.ballots import voters
from tests.support.postgres import Cluster, running_cluster

_SETTLE_SECONDS: Final = (
    2.0  # the nodes' clocks begin when they start; the last one must be open too
)
_ANSWERED_WITHIN: Final = 30.0
_SAME_WITHIN: Final = 30.0
_LOOK_SECONDS: Final = 0.02
_NO_POSTGRES: Final = "not run: PostgreSQL is not installed"
_NOT_ANSWERED: Final = "ballots on several nodes were not answered in time"
_NOT_SAME: Final = "the nodes did not come to show the same"


class Nodes(msgspec.Struct, frozen=True):
    """What so many nodes showed.

    ``exact`` is 1.0 when the record holds as many ballots as were acknowledged, one current ballot
    for each voter, and positions without a gap. ``ballot_us`` is the processor time of all nodes for
    a ballot; PostgreSQL's own is not in it. ``same_ms`` is the time from the last receipt of a
    moment's ballots until the last node's public page had counted them.
    """

    nodes: int
    stations: int
    per_second: float
    ballot_us: float
    answer_p99: float
    exact: float
    same_ms: float


def measure(cluster: Cluster, nodes: int, people: int, seconds: float, stations: int = 1) -> Nodes:
    """So many people, spread over so many nodes on a new database, vote for so long.

    Args:
        cluster: Has the database.
        nodes: How many share it.
        people: All nodes together.
        seconds: How long they vote.
        stations: Polling stations of the contest.

    Raises:
        Failed: A node or generator did not do its part.
    """
    url = cluster.fresh()
    with contextlib.ExitStack() as stack:
        servers = list(_started(stack, nodes, url, stations))
        time.sleep(_SETTLE_SECONDS)
        crowds = [stack.enter_context(voters(server, people // nodes)) for server in servers]
        for crowd in crowds:
            crowd.come()
        before = sum(server.cpu() for server in servers)
        for crowd in crowds:
            crowd.begin()
            crowd.vote()
        time.sleep(seconds)
        for crowd in crowds:
            crowd.hush()
        _answered(crowds)
        found = [crowd.end() for crowd in crowds]
        cpu = sum(server.cpu() for server in servers) - before
        receipts = sum(one.receipts for one in found)
        same_ms, late = _same(cluster, url, servers, crowds[0])
        return Nodes(
            nodes=nodes,
            stations=stations,
            per_second=receipts / max(one.seconds for one in found),
            ballot_us=cpu / max(1, receipts) * 1e6,
            answer_p99=max(one.answer_p99 or 0.0 for one in found),
            exact=float(
                _record(cluster, url, stations) == _Record(receipts + late, people // nodes * nodes)
            ),
            same_ms=same_ms,
        )


class _Record(msgspec.Struct, frozen=True):
    """What PostgreSQL holds: ballots, voters, and the positions that no line has."""

    ballots: int
    voters: int
    gaps: int = 0


@contextlib.contextmanager
def postgres() -> Iterator[Cluster]:
    """A cluster of our own on the server's core.

    Raises:
        Absent: PostgreSQL is not here.
    """
    try:
        running = running_cluster()
        cluster = running.__enter__()
    except BaseException as missing:  # what pytest calls a failure is no Exception
        if isinstance(missing, (KeyboardInterrupt, SystemExit)):
            raise
        raise Absent(_NO_POSTGRES) from missing
    try:
        os.sched_setaffinity(cluster.pid, {machine.cores()[0]})
        yield cluster
    finally:
        running.__exit__(None, None, None)


def _started(stack: contextlib.ExitStack, nodes: int, url: str, stations: int) -> Iterator[Server]:
    """The nodes; the first opens the contest and the others see it open."""
    stage, secret = None, secrets.token_urlsafe(48)
    for number in range(nodes):
        environ = {
            "SAWT_DATABASE_URL": url,
            "SAWT_SECRET_KEY": secret,
            "SAWT_NODE": f"bench-{number + 1}",
        }
        server = stack.enter_context(peers.node(environ, stage, stations))
        stage = server.stage
        yield server


def _answered(crowds: Sequence[Crowd]) -> None:
    end = time.monotonic() + _ANSWERED_WITHIN
    while any(crowd.waiting() for crowd in crowds):
        if time.monotonic() > end:
            raise Failed(_NOT_ANSWERED)
        time.sleep(_LOOK_SECONDS)


def _same(cluster: Cluster, url: str, servers: Sequence[Server], crowd: Crowd) -> tuple[float, int]:
    """Milliseconds until every node shows one more ballot of everybody in this crowd, and how many."""
    screens = [_Screen(server) for server in servers]
    crowd.begin()
    crowd.cast(0)
    _answered([crowd])
    last = time.monotonic()
    late = crowd.end().receipts
    target = _position(cluster, url)
    shown = [screen.when(target) for screen in screens]
    return max(0.0, max(shown) - last) * 1000, late


class _Screen:
    """Somebody's page on one node: notes when it shows which position of the log."""

    def __init__(self, server: Server) -> None:
        self._url = f"ws://127.0.0.1:{server.port}{server.path}"
        self._seen: dict[int, float] = {}
        self._came = threading.Event()
        self._target = -1
        self._reached = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()
        self._came.wait(_SAME_WITHIN)

    def when(self, target: int) -> float:
        """The instant at which it showed this position or a later one."""
        end = time.monotonic() + _SAME_WITHIN
        while time.monotonic() < end:
            at = min(
                (at for position, at in list(self._seen.items()) if position >= target),
                default=None,
            )
            if at is not None:
                return at
            time.sleep(_LOOK_SECONDS)
        raise Failed(_NOT_SAME)

    def _watch(self) -> None:
        with contextlib.suppress(ConnectionClosed), connect(self._url, compression=None) as socket:
            self._came.set()
            for text in socket:
                frame = msgspec.json.decode(text)
                if frame.get("type") == "turnout":
                    self._seen.setdefault(frame["position"], time.monotonic())


def _position(cluster: Cluster, url: str) -> int:
    with psycopg.connect(cluster.dsn(url.rpartition("/")[2])) as found:
        row = found.execute("SELECT count(*) FROM contest_line").fetchone()
    return int(row[0]) if row else 0


def _record(cluster: Cluster, url: str, stations: int) -> _Record:
    with psycopg.connect(cluster.dsn(url.rpartition("/")[2])) as found:
        row = found.execute(
            "SELECT count(DISTINCT ballot_id), (SELECT count(*) FROM ballot), (SELECT"
            " coalesce(sum(lines - held), 0)::int FROM (SELECT (max(position) - 1) / %(stations)s + 1"
            " AS lines, count(*) AS held FROM contest_line WHERE kind = 'cast'"
            " GROUP BY (position - 1) %% %(stations)s) AS log)"
            " FROM contest_line WHERE kind = 'cast'",
            {"stations": stations},
        ).fetchone()
    return _Record(*row) if row else _Record(0, 0)
