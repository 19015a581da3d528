"""However lines come to be sealed: the ledger has each once, in order, and its figures are right."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from expo.record import canonical, merkle
from expo.record.merkle import Compact, Node
from voting.ledger import records
from voting.sealing import batching
from voting.sealing.batching import (
    LATE_SECONDS,
    MOST_AT_ONCE,
    SOON_SECONDS,
    Part,
    SealLine,
    SealState,
    Standing,
    grown,
    has_turned,
    is_due,
    made,
    needed,
    next_parts,
    positions,
)
from voting.stations import station_of

SECRET = b"secret"
TRACKERS = [f"{n:016}" for n in range(6)]


def state(stations: int = 1) -> SealState:
    return SealState("s1", Compact(), (0,) * stations, (False,) * stations)


@st.composite
def logs(draw: st.DrawFn) -> list[SealLine]:
    """The log of a contest with one station: votes, re-votes, holds and decisions."""
    lines: list[SealLine] = []
    latest: dict[str, SealLine] = {}
    for position in range(1, draw(st.integers(1, 30)) + 1):
        tracker = draw(st.sampled_from(TRACKERS))
        before = latest.get(tracker)
        standing = None
        if before is not None:
            standing = Standing(before.electorate, before.status, not before.ranking)
        if before is not None and before.status == "quarantined" and draw(st.booleans()):
            kind = draw(st.sampled_from(["release", "void"]))
            status = "counted" if kind == "release" else "void"
            line = SealLine(
                position, kind, before.electorate, before.revision, before.ranking, (), status,
                tracker, None, "automated", standing,
            )  # fmt: skip
        else:
            ranking = draw(st.sampled_from([(), ("a",), ("b", "a")]))
            status = draw(st.sampled_from(["counted", "counted", "quarantined"]))
            revision = 1 if before is None else before.revision + 1
            why = "burst" if status == "quarantined" else None
            line = SealLine(
                position, "cast", draw(st.sampled_from("gh")), revision, ranking, (), status,
                tracker, None, why, standing,
            )  # fmt: skip
        latest[tracker] = line
        lines.append(line)
    return lines


@given(logs(), st.integers(1, 7))
def test_however_a_log_is_cut_the_ledger_tells_the_same(lines: list[SealLine], size: int) -> None:
    found, said = state(), list[bytes]()
    for first in range(0, len(lines), size):
        some = lines[first : first + size]
        batch = grown(found, [(Part(0, first, len(some)), some)], SECRET)
        ballots = [leaf.hash for leaf in batch.leaves if b'"t":"ballot"' in leaf.record]
        assert ballots == sorted(ballots)
        found, said = batch.state, [*said, *(leaf.record for leaf in batch.leaves)]

    latest: dict[str, SealLine] = {line.tracker: line for line in lines}
    counted = Counter(
        one.electorate for one in latest.values() if one.status == "counted" and one.ranking
    )
    figures = found.figures
    assert {group: n for group, n in figures.counted.items() if n} == dict(counted)
    assert figures.held == sum(one.status == "quarantined" for one in latest.values())
    assert figures.void == sum(one.status == "void" for one in latest.values())
    assert figures.withdrawn == sum(
        one.status == "counted" and not one.ranking for one in latest.values()
    )
    assert figures.superseded == sum(one.kind == "cast" for one in lines) - len(latest)
    assert found.tree.root == merkle.root(map(merkle.leaf_hash, said))
    assert found.lengths == (len(lines),)
    values = [canonical.decode(one) for one in said]
    for n, value in enumerate(values):
        if value["t"] == "hold":
            assert (values[n - 1]["t"], values[n - 1]["trk"]) == ("ballot", value["trk"])
    kinds = Counter(value["t"] for value in values)
    assert kinds["ballot"] == sum(one.kind == "cast" for one in lines)
    assert kinds["release"] + kinds["void"] == len(lines) - kinds["ballot"]


@given(st.lists(st.integers(0, 9_000), min_size=1, max_size=5), st.data())
def test_parts_take_everything_once_and_leave_no_crumbs(
    lengths: list[int], data: st.DataObject
) -> None:
    done = tuple(data.draw(st.integers(0, length)) for length in lengths)
    found = SealState("s1", Compact(), done, (False,) * len(lengths))
    waiting, sizes = sum(lengths) - sum(done), []
    while parts := next_parts(found, lengths):
        sizes.append(sum(part.lines for part in parts))
        after = list(found.lengths)
        for part in parts:
            assert part.first == after[part.station]
            after[part.station] += part.lines
        found = SealState("s1", Compact(), tuple(after), found.ended)

    assert found.lengths == tuple(lengths)
    assert sum(sizes) == waiting
    assert all(size <= MOST_AT_ONCE for size in sizes)
    assert not sizes or min(sizes) >= min(waiting, MOST_AT_ONCE // 2)


@given(st.integers(1, 8), st.integers(0, 50), st.integers(1, 50))
def test_positions_are_those_of_the_station(stations: int, first: int, lines: int) -> None:
    every = [
        position
        for station in range(stations)
        for position in positions(Part(station, first, lines), stations)
    ]

    assert sorted(every) == list(range(first * stations + 1, (first + lines) * stations + 1))


def test_a_station_that_has_ended_waits_for_the_close() -> None:
    found = SealState("s1", Compact(), (5, 5), (True, False))

    assert next_parts(found, (9, 9)) == (Part(1, 5, 4),)
    closed = SealState("s1", Compact(), (5, 5), (True, True), closed_size=3, closed_root=bytes(32))
    assert [part.station for part in next_parts(closed, (9, 9))] == [0, 1]
    assert SealState("s1", Compact(), (5, 5), (True, True)).is_ended
    assert not closed.is_ended
    assert station_of("a", 1) == 0


def test_few_ballots_wait_longer_than_many() -> None:
    asked = [(0, 1e9), (7, 69.9), (7, 70), (8, 9.9), (8, 10)]
    assert [is_due(*one, has_turned=False) for one in asked] == [False, False, True, False, True]
    assert [is_due(*one, has_turned=True) for one in asked] == [False, True, True, False, True]


@given(st.floats(0, 3_600), st.floats(0, 3_600))
def test_a_batch_of_few_tells_the_minute_and_not_the_second(at: float, later: float) -> None:
    begin = datetime(2017, 4, 17, 5, 20, tzinfo=UTC)
    since, now = begin + timedelta(seconds=at), begin + timedelta(seconds=at + later)

    turned = has_turned(since, now)

    # the turn at which it is sealed is the same for every second of a whole minute
    first = next(n for n in range(1, 90) if has_turned(since, begin + timedelta(minutes=n)))
    assert turned == (now >= begin + timedelta(minutes=first))
    waits = first * 60 - at
    assert SOON_SECONDS <= round(waits, 3) <= LATE_SECONDS


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 3_000), st.data())
def test_a_proof_is_made_from_what_is_kept(size: int, data: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(str(n).encode()) for n in range(size)]
    kept = {(0, n): leaf for n, leaf in enumerate(leaves)}

    def keep(node: Node, hashed: bytes) -> None:
        if node.level % batching.TIER == 0:
            kept[node.level, node.place] = hashed

    root = Compact().extended(leaves, keep).root
    index = data.draw(st.integers(0, size - 1))
    nodes = merkle.inclusion_nodes(index, size)
    for level, places in needed([node for part in nodes for node in part]).items():
        assert all(some[-1] < size >> level for some in places)
        assert len(places) <= 3
    path = [merkle.joined([made(node, kept) for node in part]) for part in nodes]
    assert merkle.verify_inclusion(leaves[index], index, size, path, root)


@given(st.integers(1, 2_000_000), st.data())
def test_a_proof_among_millions_reads_a_few_hundred_hashes(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    nodes = [node for part in merkle.inclusion_nodes(index, size) for node in part]
    old = data.draw(st.integers(1, size))
    other = [node for part in merkle.consistency_nodes(old, size) for node in part]

    for some in (nodes, other):
        read = sum(len(places) for found in needed(some).values() for places in found)
        assert read <= 4 * 3 * 2**batching.TIER


def test_a_given_nonce_opens_what_the_leaf_commits_to() -> None:
    given_nonce = records.to_base64url(b"n" * 32)
    line = SealLine(1, "cast", "g", 1, ("a",), ("b",), "counted", TRACKERS[0], given_nonce)
    leaf = batching.leaves_of("s1", [line], SECRET)[0]
    said = records.content(
        sid="s1", electorate="g", ranking=("a",), tracker=TRACKERS[0], revision=1, own=("b",)
    )

    com = records.to_base64url(records.commitment(b"n" * 32, said))
    assert canonical.decode(leaf.record)["com"] == com
    assert leaf.nonce == given_nonce
