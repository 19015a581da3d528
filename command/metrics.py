"""Everything counted in one node, gathered for a scraper: names with units, each with what it means."""

import gc
from collections.abc import Iterable, Iterator, Mapping
from time import monotonic
from typing import NamedTuple

import msgspec
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.process_collector import ProcessCollector

from command.publication import Publication
from expo.db import Database
from expo.leases import Leases
from expo.load import VERSION
from expo.load.histogram import Histogram
from expo.web.desk import FrontDesk
from expo.web.kept import KeptPages
from expo.wire.hub import Hub
from expo.wire.notifier import Notifier
from sessions.load.usecases import Load
from voting.usecases import Voting

_PROCESS = ProcessCollector(registry=None)


class Node(NamedTuple):
    """The parts of one node that count something."""

    name: str
    hub: Hub
    voting: Voting
    pages: KeptPages
    desk: FrontDesk
    database: Database
    notifier: Notifier
    leases: Leases | None
    load: Load
    publication: Publication
    expired: Mapping[str, int]
    """What has had its time and was taken away, by what it was."""


def families(node: Node) -> Iterator[Metric]:
    """Every metric of this node; nothing here waits or reads the database."""
    about = {"version": VERSION, "node": node.name}
    yield InfoMetricFamily("sawt_build", "What is running, and which node this is.", about)
    yield from _connections(node)
    yield from _ballots(node)
    yield from _count(node)
    yield from _published(node)
    yield from _pages(node)
    yield from _database(node)
    yield from _process(node)


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"sawt_{name}", meaning, value)


def _counter(name: str, meaning: str, value: float) -> Metric:
    return CounterMetricFamily(f"sawt_{name}_total", meaning, value)


def _by(label: str, name: str, meaning: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(f"sawt_{name}", meaning, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _counters_by(label: str, name: str, meaning: str, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(f"sawt_{name}_total", meaning, labels=[label])
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family


def _histogram(name: str, meaning: str, found: Histogram) -> Metric:
    buckets = [
        ("+Inf" if end == float("inf") else repr(float(end)), n) for end, n in found.rising()
    ]
    return HistogramMetricFamily(f"sawt_{name}", meaning, buckets=buckets, sum_value=found.sum)


def _connections(node: Node) -> Iterable[Metric]:
    hub, counters, load = node.hub, node.hub.counters, node.load
    return (
        _gauge("viewers", "Live connections now.", hub.connected),
        _gauge("viewers_limit", "Connections this node takes at most.", load.connections_most),
        _gauge("viewers_peak", "Most connections at once.", load.pulse.connections_peak),
        _by("room", "room_viewers", "Live connections in each room now.", hub.rooms()),
        _counter("connections", "Live connections ever admitted.", counters.connections),
        _counters_by("reason", "handshakes_refused", "Live connections turned away.", hub.refused),
        _counter("frames_sent", "Frames handed to viewers.", counters.sent),
        _counter(
            "frames_coalesced",
            "Frames a viewer that was behind never needed.",
            counters.coalesced,
        ),
        _counter("viewers_shed", "Connections cut: behind, dead or flooding.", counters.shed),
        _counter("replies", "Answers to single viewers.", counters.replies),
        _counter(
            "replies_dropped", "Answers lost with their connection.", counters.replies_dropped
        ),
    )


def _ballots(node: Node) -> Iterable[Metric]:
    writer, voting = node.voting.writer, node.voting
    refused = CounterMetricFamily(
        "sawt_ballots_refused_total", "Ballots refused, by rule.", labels=["contest", "code"]
    )
    counted: dict[str, float] = {}
    for contest in voting.contests.all():
        counted[contest.id] = float(voting.turnout(contest.id).ballots)
        for code, n in sorted(voting.refusals(contest.id).items()):
            refused.add_metric([contest.id, code], n)
    return (
        _by("contest", "ballots", "Ballots that count now.", counted),
        refused,
        _gauge("ballots_waiting", "Ballots without an answer yet.", writer.waiting),
        _gauge("ballots_waiting_limit", "Ballots that may wait.", writer.most_waiting),
        _gauge("ballots_oldest_seconds", "Wait of the first in the queue.", writer.oldest_seconds),
        _counter("ballots_recorded", "Ballots on record.", writer.recorded),
        _counter("ballots_busy", "Ballots told to come back.", writer.busy),
        _counter("ballot_batches", "Transactions that recorded ballots.", writer.batches),
        _counter("ballot_batch_seconds", "Time in those transactions.", writer.seconds),
        _histogram("ballot_batch_size", "Ballots in a transaction.", writer.batch_sizes),
        _histogram(
            "ballot_answer_seconds", "Time from a ballot's arrival to its answer.",
            writer.answer_seconds,
        ),
    )  # fmt: skip


def _count(node: Node) -> Iterable[Metric]:
    follower = node.voting.follower
    age = monotonic() - follower.looked_at
    return (
        _gauge("count_behind", "Lines of the record not in the count yet.", follower.behind),
        _gauge("count_age_seconds", "Since the count last looked at the record.", age),
        _gauge("count_look_seconds", "How long that look took.", follower.look_seconds),
        _counter("count_looks", "Looks at the record.", follower.looks),
        _gauge("count_claims", "Contests this node counts for all.", follower.folds.claims.held),
        _counter("count_folded", "Lines counted here.", follower.folds.folded),
        _counter("count_adopted", "Counts taken over from others.", follower.folds.adopted),
    )


def _published(node: Node) -> Iterable[Metric]:
    """Public ledgers and bundles; one node makes them, the others say 0."""
    progress, bundles, now = (
        node.publication.sealing.progress,
        node.publication.bundles,
        monotonic(),
    )
    oldest, age = progress.oldest_seconds(now), progress.age_seconds(now)
    return (
        _gauge("sealing_here", "1 where this node seals ledgers.", int(progress.is_here)),
        _gauge("sealing_waiting", "Lines of the record in no ledger yet.", progress.lines),
        _gauge("sealing_oldest_seconds", "Wait of the oldest of them.", oldest),
        _gauge("sealing_age_seconds", "Since all ledgers were last looked at.", age),
        _gauge("sealing_look_seconds", "How long that look took.", progress.look_seconds),
        _gauge("sealing_keys_lost", "Contests of which nothing is sealed.", len(progress.lost)),
        _counter("sealing_looks", "Looks at all ledgers.", progress.looks),
        _counter("sealing_leaves", "Leaves sealed here.", node.publication.ledgers.sealed),
        _counter("bundles_made", "Bundles made here.", bundles.made),
        _gauge("bundles_impossible", "Results without a bundle.", len(bundles.impossible)),
    )


def _pages(node: Node) -> Iterable[Metric]:
    kept = node.pages
    desk = msgspec.structs.asdict(node.desk.counters)
    return (
        _counter("pages_hits", "Pages sent as they were kept.", kept.counters.hits),
        _counter("pages_renders", "Pages made anew.", kept.counters.renders),
        _gauge("pages_kept", "Pages kept now.", kept.pages),
        _gauge("pages_kept_bytes", "Their bytes.", kept.held),
        _counters_by("kind", "desk_answers", "Answers without asking the application.", desk),
    )


def _database(node: Node) -> Iterable[Metric]:
    linked = getattr(node.notifier, "is_connected", True)
    return (
        _by("pool", "database_connections", "Pooled connections in use.", node.database.in_use),
        _gauge("notifier_connected", "1 while other nodes hear this one.", int(linked)),
        _counter("notifier_links", "Times the link was made.", _of(node.notifier, "connections")),
        _counter("notifier_carried", "Topics told to others.", _of(node.notifier, "carried")),
        _counter("notifier_received", "Topics heard from others.", _of(node.notifier, "received")),
        _gauge("leases_held", "Jobs this node does for all.", _of(node.leases, "held")),
        _counters_by("kind", "expired", "Rows and secrets whose time was over.", node.expired),
    )


def _of(part: object, name: str) -> float:
    """A counter of a part that not every expo has."""
    return float(getattr(part, name, 0))


def _process(node: Node) -> Iterator[Metric]:
    pulse = node.load.pulse
    yield _histogram("loop_lag_seconds", "How late the loop's timer came.", pulse.lag_seconds)
    minute = pulse.minute
    yield _gauge("loop_lag_mean_seconds", "Mean of the last 15 seconds.", minute.lag_mean)
    yield _gauge("loop_lag_max_seconds", "Worst of the last 15 seconds.", minute.lag_max)
    yield _counter("gc_pauses", "Garbage collections.", pulse.collections)
    yield _counter("gc_pause_seconds", "Time they stopped the process.", pulse.collection_seconds)
    yield _gauge("gc_pause_max_seconds", "The longest of them.", pulse.collection_max)
    objects = {str(n): float(count) for n, count in enumerate(gc.get_count())}
    yield _by("generation", "gc_objects", "Objects waiting to be looked at.", objects)
    yield from _PROCESS.collect()
