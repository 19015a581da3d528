"""What becomes of the lines of a log in the public ledger: when, how many together, in which order. Pure.

Ballots are sealed in batches, and inside a batch in the order of their leaves' hashes: whoever saw
somebody tap cannot find the ballot by its place. A batch is never more than some seconds late and never
of few ballots, unless hardly anybody votes; then it comes with the turn of a minute, so that whoever
watches the ledger grow learns the minute of a ballot and not its second. Source: counting page 4.4,
decision 0036.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec

from expo.record.merkle import Compact, Node
from voting.ledger import records
from voting.ledger.records import Figures
from voting.stations import place

FEWEST: Final = 8
"""Ballots that are enough to hide one among them."""
SOON_SECONDS: Final = 10.0
"""After which so many are sealed at the latest."""
EVERY_SECONDS: Final = 60.0
"""At every turn of so many, fewer that have waited for the time above are sealed all the same."""
LATE_SECONDS: Final = EVERY_SECONDS + SOON_SECONDS
"""After which they are sealed whatever the clock says; receipts promise a leaf within 90."""
MOST_AT_ONCE: Final = 1_000
"""Lines sealed in one transaction: ballots wait for it, and it takes some 20 ms."""
TIER: Final = 6
"""Hashes of subtrees are kept at every so many levels: a proof makes at most 2 × 63 again on each."""


class SealState(msgspec.Struct, frozen=True):
    """How far a ledger has come. Lengths and ends are those of each station's log, in order."""

    contest: str
    tree: Compact
    lengths: tuple[int, ...]
    ended: tuple[bool, ...]
    figures: Figures = Figures()
    closed_size: int | None = None
    closed_root: bytes | None = None

    @property
    def sealed(self) -> int:
        """Lines of all logs that are in it."""
        return sum(self.lengths)

    @property
    def is_ended(self) -> bool:
        """Whether every log has been sealed up to its end, and the close is still missing."""
        return self.closed_size is None and all(self.ended)


class SealLine(msgspec.Struct, frozen=True):
    """A line of the log as sealing needs it; ``before`` says how the line it replaces stands."""

    position: int
    kind: str
    electorate: str = ""
    revision: int = 0
    ranking: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    status: str = ""
    tracker: str = ""
    nonce: str | None = None
    why: str | None = None
    before: "Standing | None" = None


class Standing(NamedTuple):
    """How somebody's ballot stands: all that the figures of a close are made of."""

    electorate: str
    status: str
    is_empty: bool


class Leaf(NamedTuple):
    """A leaf to append; ``position`` of its line, ``nonce`` opens a ballot."""

    record: bytes
    hash: bytes
    position: int | None = None
    nonce: str | None = None


class Part(NamedTuple):
    """So many lines of one station's log, from the one after ``first`` on."""

    station: int
    first: int
    lines: int


class Grown(msgspec.Struct, frozen=True):
    """A ledger after a batch: how far it has come, and what is new in it."""

    state: SealState
    leaves: tuple[Leaf, ...]
    nodes: tuple[tuple[Node, bytes], ...]


def is_due(waiting: int, age: float, *, has_turned: bool) -> bool:
    """Whether a batch is to be sealed now.

    Args:
        waiting: Lines that are in no batch yet.
        age: Seconds since the first of them.
        has_turned: As `has_turned` says of the first of them.
    """
    if waiting >= FEWEST:
        return age >= SOON_SECONDS
    return waiting > 0 and (has_turned or age >= LATE_SECONDS)


def has_turned(since: datetime, now: datetime) -> bool:
    """Whether a minute has turned since a line had waited for `SOON_SECONDS`.

    Of a line that came a moment before the turn the batch would tell when: it waits for the next.
    """
    return now.timestamp() // EVERY_SECONDS > (since.timestamp() + SOON_SECONDS) // EVERY_SECONDS


def next_parts(state: SealState, lengths: Sequence[int]) -> tuple[Part, ...]:
    """What to seal in the next transaction.

    What waits is divided evenly, so that no transaction is left with few ballots.

    Args:
        state: Of the ledger.
        lengths: How many lines each station's log has now.
    """
    rest = [
        0 if ended and state.closed_size is None else max(0, length - done)
        for done, length, ended in zip(state.lengths, lengths, state.ended, strict=True)
    ]
    waiting = sum(rest)
    if not waiting:
        return ()
    room = -(-waiting // -(-waiting // MOST_AT_ONCE))
    parts = []
    for station, more in enumerate(rest):
        if taken := min(room, more):
            parts.append(Part(station, state.lengths[station], taken))
            room -= taken
    return tuple(parts)


def positions(part: Part, stations: int) -> range:
    """Where the lines of this part stand in the log."""
    first = place(part.station, part.first + 1, stations)
    return range(first, first + part.lines * stations, stations)


def cut(lines: Sequence[SealLine]) -> tuple[SealLine, ...]:
    """The lines up to the end of the log and no decision after it: the close comes between them."""
    for n, line in enumerate(lines):
        if line.kind == "closed":
            return tuple(lines[: n + 1])
    return tuple(lines)


def grown(
    state: SealState, lines: Sequence[tuple[Part, Sequence[SealLine]]], secret: bytes
) -> Grown:
    """The ledger with these lines in it.

    Args:
        state: Before.
        lines: By station, as they follow in its log (`cut`).
        secret: Of the contest, for nonces that no browser made.
    """
    lengths, ended = list(state.lengths), list(state.ended)
    for part, some in lines:
        lengths[part.station] += len(some)
        ended[part.station] = ended[part.station] or any(one.kind == "closed" for one in some)
    every = [line for _, some in lines for line in some if line.kind != "closed"]
    after = msgspec.structs.replace(
        state, lengths=tuple(lengths), ended=tuple(ended), figures=counted(state.figures, every)
    )
    return extended(after, leaves_of(state.contest, every, secret))


def closed(state: SealState, seed: bytes, groups: Sequence[str]) -> Grown:
    """The ledger with its close.

    Args:
        state: Every log is sealed up to its end.
        seed: Of the lot.
        groups: Ids of all electorates.
    """
    record = records.close_record(
        sid=state.contest, figures=state.figures, seed=seed, groups=groups
    )
    found = extended(state, [_leaf(record)])
    tree = found.state.tree
    done = msgspec.structs.replace(found.state, closed_size=tree.size, closed_root=tree.root)
    return msgspec.structs.replace(found, state=done)


def extended(state: SealState, leaves: Sequence[Leaf]) -> Grown:
    """The ledger with further leaves, and the subtrees to keep that became complete."""
    nodes: list[tuple[Node, bytes]] = []

    def keep(node: Node, hashed: bytes) -> None:
        if node.level % TIER == 0:
            nodes.append((node, hashed))

    tree = state.tree.extended([leaf.hash for leaf in leaves], keep)
    return Grown(msgspec.structs.replace(state, tree=tree), tuple(leaves), tuple(nodes))


def leaves_of(sid: str, lines: Iterable[SealLine], secret: bytes) -> list[Leaf]:
    """The leaves of a batch: ballots by hash, each followed by its hold; then decisions in order."""
    ballots, decisions = [], []
    for line in lines:
        if line.kind == "cast":
            ballots.append(_ballot(sid, line, secret))
        else:
            decisions.append(_leaf(_decision(sid, line), line.position))
    ballots.sort(key=_by_hash)
    return [leaf for pair in ballots for leaf in pair] + decisions


def counted(figures: Figures, lines: Iterable[SealLine]) -> Figures:
    """The figures after these lines: each takes out what stood before and puts in what it says."""
    groups = dict(figures.counted)
    rest = {"held": figures.held, "void": figures.void, "withdrawn": figures.withdrawn}
    superseded = figures.superseded
    for line in lines:
        if line.before is not None:
            _move(groups, rest, line.before, -1)
        _move(groups, rest, Standing(line.electorate, line.status, not line.ranking), 1)
        superseded += line.kind == "cast" and line.revision > 1
    return Figures(counted=groups, superseded=superseded, **rest)


def _move(groups: dict[str, int], rest: dict[str, int], standing: Standing, by: int) -> None:
    if standing.status != "counted":
        rest["held" if standing.status == "quarantined" else "void"] += by
    elif standing.is_empty:
        rest["withdrawn"] += by
    else:
        groups[standing.electorate] = groups.get(standing.electorate, 0) + by


def _by_hash(leaves: Sequence[Leaf]) -> bytes:
    return leaves[0].hash


def _leaf(record: bytes, position: int | None = None, nonce: str | None = None) -> Leaf:
    return Leaf(record, sha256(b"\x00" + record).digest(), position, nonce)


def _ballot(sid: str, line: SealLine, secret: bytes) -> tuple[Leaf, ...]:
    nonce = records.nonce_of(line.nonce, secret, line.tracker, line.revision)
    said = records.content(
        sid=sid,
        electorate=line.electorate,
        ranking=line.ranking,
        tracker=line.tracker,
        revision=line.revision,
        own=line.own,
    )
    record = records.ballot_record(
        sid=sid,
        electorate=line.electorate,
        tracker=line.tracker,
        revision=line.revision,
        com=records.commitment(nonce, said),
    )
    ballot = _leaf(record, line.position, line.nonce or records.to_base64url(nonce))
    if line.status != "quarantined":
        return (ballot,)
    hold = records.hold_record(
        sid=sid, tracker=line.tracker, revision=line.revision, why=line.why or ""
    )
    return ballot, _leaf(hold)


def _decision(sid: str, line: SealLine) -> bytes:
    if line.kind == "void":
        return records.void_record(
            sid=sid, tracker=line.tracker, revision=line.revision, why=line.why or ""
        )
    return records.release_record(sid=sid, tracker=line.tracker, revision=line.revision)


def needed(nodes: Iterable[Node]) -> dict[int, list[range]]:
    """What has to be read to make the hashes of these subtrees: places by level that is kept.

    Level 0 are the leaves themselves. What lies close together is one range, for each is a query.
    """
    found: dict[int, list[range]] = {}
    for node in nodes:
        tier = node.level // TIER * TIER
        under = node.level - tier
        found.setdefault(tier, []).append(range(node.place << under, (node.place + 1) << under))
    return {tier: _merged(places) for tier, places in found.items()}


def _merged(places: Iterable[range]) -> list[range]:
    found: list[range] = []
    for some in sorted(places, key=lambda one: one.start):
        if found and some.start <= found[-1].stop + (1 << TIER):
            found[-1] = range(found[-1].start, max(found[-1].stop, some.stop))
        else:
            found.append(some)
    return found


def made(node: Node, known: Mapping[tuple[int, int], bytes]) -> bytes:
    """The hash of a subtree from what `needed` said, by level and place."""
    tier = node.level // TIER * TIER
    under = node.level - tier
    first = node.place << under
    return Compact().extended(known[tier, n] for n in range(first, first + (1 << under))).root
