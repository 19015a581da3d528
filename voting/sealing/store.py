"""Public ledgers in and out of the database, and the lines of the log they are made from.

Everything takes the caller's transaction and gives values; nothing here opens or commits one.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import msgspec
from sqlalchemy import insert, select, text, update
from sqlmodel.sql.sqltypes import UTCDateTime

from expo.db import Tx, add_new
from expo.record.merkle import HASH_BYTES, Compact, leaf_hash
from voting.ledger.records import Figures
from voting.sealing.batching import Grown, SealLine, SealState, Standing
from voting.sealing.tables import CheckpointRow, LeafRow, LedgerRow, NodeRow, TextRow

_LEDGERS: Final[Any] = LedgerRow.__table__  # type: ignore[attr-defined]  # made by SQLModel
_TEXTS: Final[Any] = TextRow.__table__  # type: ignore[attr-defined]  # made by SQLModel
_LEAVES: Final[Any] = LeafRow.__table__  # type: ignore[attr-defined]  # made by SQLModel
_NODES: Final[Any] = NodeRow.__table__  # type: ignore[attr-defined]  # made by SQLModel
_NOTES: Final[Any] = CheckpointRow.__table__  # type: ignore[attr-defined]  # made by SQLModel

_AT_ONCE: Final = 1_000  # rows taken from the database in one go
_SAID: Final = (
    "l.position, l.kind, l.electorate, l.revision, l.ranking, l.own, l.status, l.tracker,"
    " l.nonce, l.why, b.electorate, b.status, b.ranking"
)
_EVERY: Final = text(
    f"SELECT {_SAID} FROM contest_line l"  # noqa: S608 - columns from above
    " LEFT JOIN contest_line b ON b.contest = l.contest AND b.position = l.replaces"
    " WHERE l.contest = :contest AND l.position BETWEEN :first AND :last ORDER BY l.position"
)
# Places that lie apart are counted out inside the database: to read what lies between costs more.
_SOME: Final = text(
    "WITH RECURSIVE place(position) AS (SELECT CAST(:first AS INTEGER) UNION ALL"  # noqa: S608
    " SELECT position + :step FROM place WHERE position < :last)"
    f" SELECT {_SAID} FROM place"
    " JOIN contest_line l ON l.contest = :contest AND l.position = place.position"
    " LEFT JOIN contest_line b ON b.contest = l.contest AND b.position = l.replaces"
    " ORDER BY l.position"
)
_OPEN: Final = text(
    "SELECT ledger.contest FROM ledger JOIN contest ON contest.id = ledger.contest"
    " WHERE contest.phase IN ('open', 'paused', 'closing', 'closed') ORDER BY ledger.contest"
)
_WITHOUT: Final = text(
    "SELECT contest.id FROM contest LEFT JOIN ledger ON ledger.contest = contest.id"
    " WHERE ledger.contest IS NULL AND contest.phase NOT IN ('draft', 'ready')"
)
_LENGTHS: Final = text(
    "SELECT contest.position, contest.stations, contest.phase, station.position FROM contest"
    " LEFT JOIN station ON station.contest = contest.id WHERE contest.id = :contest"
    " ORDER BY station.station"
)
_SECRET: Final = text("SELECT secret, value FROM contest WHERE id = :contest")
_AT: Final = text(
    "SELECT at FROM contest_line WHERE contest = :contest AND position = :position"
).columns(at=UTCDateTime())
_OPENINGS: Final = text(
    "SELECT c.tracker, c.revision, c.electorate, c.ranking, c.own, l.status, leaf.nonce"
    " FROM ballot"
    " JOIN contest_line l ON l.contest = ballot.contest AND l.position = ballot.position"
    " JOIN contest_line c ON c.contest = l.contest AND c.position ="
    " CASE WHEN l.kind = 'cast' THEN l.position ELSE l.replaces END"
    " JOIN ledger_leaf leaf ON leaf.contest = c.contest AND leaf.position = c.position"
    " WHERE ballot.contest = :contest ORDER BY ballot.tracker"
)
_HISTORY: Final = text(
    "WITH RECURSIVE line(position, kind, revision, replaces) AS ("
    " SELECT l.position, l.kind, l.revision, l.replaces FROM ballot"
    " JOIN contest_line l ON l.contest = ballot.contest AND l.position = ballot.position"
    " WHERE ballot.tracker = :tracker AND ballot.contest = :contest"
    " UNION ALL SELECT l.position, l.kind, l.revision, l.replaces FROM line"
    " JOIN contest_line l ON l.contest = :contest AND l.position = line.replaces"
    " WHERE line.revision > :revision OR line.kind <> 'cast')"
    " SELECT position FROM line WHERE kind = 'cast' AND revision = :revision"
)

_ids = msgspec.json.Decoder(tuple[str, ...])
_ids_in = lru_cache(maxsize=4_096)(_ids.decode)  # crowds say few different things
_numbers = msgspec.json.Decoder(tuple[int, ...])
_flags = msgspec.json.Decoder(tuple[bool, ...])
_figures = msgspec.json.Decoder(Figures)


class LedgerHead(msgspec.Struct, frozen=True):
    """A ledger: what was fixed at its opening, and how far it has come.

    ``rules_ar``, ``rules_en`` and ``code`` are hashes of texts; ``seed`` stays inside until the close.
    """

    origin: str
    key: str
    seed: bytes
    rules_ar: str
    rules_en: str
    code: str
    state: SealState


class Log(msgspec.Struct, frozen=True):
    """The log a ledger is made from: lines of each station, and the contest's phase."""

    lengths: tuple[int, ...]
    phase: str


class Opened(msgspec.Struct, frozen=True):
    """What opens a ballot, at its voter's last revision, and how that ballot stands."""

    tracker: str
    revision: int
    electorate: str
    ranking: tuple[str, ...]
    own: tuple[str, ...]
    status: str
    nonce: str


# --- ledgers ---


async def create(tx: Tx, head: LedgerHead) -> None:
    """Write a new ledger."""
    state = head.state
    row = {
        "contest": state.contest,
        "key": head.key,
        "origin": head.origin,
        "seed": head.seed.hex(),
        "rules_ar": head.rules_ar,
        "rules_en": head.rules_en,
        "code": head.code,
        **_columns(state),
    }
    await tx.execute(insert(_LEDGERS), [row])


async def find(tx: Tx, contest_id: str, *, hold: bool = False) -> LedgerHead | None:
    """The ledger of a contest; with ``hold`` nobody else changes it until the transaction ends."""
    query = select(_LEDGERS).where(_LEDGERS.c.contest == contest_id)
    row = (await tx.execute(query.with_for_update() if hold else query)).one_or_none()
    return None if row is None else _head_in(row)


async def open_ones(tx: Tx) -> tuple[str, ...]:
    """The contests whose ledgers may still grow."""
    return tuple((await tx.execute(_OPEN)).scalars())


async def without(tx: Tx) -> frozenset[str]:
    """The contests that have opened and have no ledger."""
    return frozenset((await tx.execute(_WITHOUT)).scalars())


async def all_(tx: Tx) -> tuple[tuple[str, str, str], ...]:
    """Contest, origin and key of every ledger."""
    query = select(_LEDGERS.c.contest, _LEDGERS.c.origin, _LEDGERS.c.key)
    rows = await tx.execute(query.order_by(_LEDGERS.c.contest))
    return tuple((row.contest, row.origin, row.key) for row in rows)


async def grow(tx: Tx, grown: Grown) -> None:
    """Write what a batch adds; the ledger is held."""
    state = grown.state
    first = state.tree.size - len(grown.leaves)
    if grown.leaves:
        await tx.execute(
            insert(_LEAVES),
            [
                {
                    "contest": state.contest,
                    "place": place,
                    "position": leaf.position,
                    "record": leaf.record.decode(),
                    "nonce": leaf.nonce,
                }
                for place, leaf in enumerate(grown.leaves, first)
            ],
        )
    if grown.nodes:
        await tx.execute(
            insert(_NODES),
            [
                {
                    "contest": state.contest,
                    "level": node.level,
                    "place": node.place,
                    "hash": hashed.hex(),
                }
                for node, hashed in grown.nodes
            ],
        )
    mine = update(_LEDGERS).where(_LEDGERS.c.contest == state.contest)
    await tx.execute(mine.values(**_columns(state)))


async def sign(tx: Tx, contest_id: str, size: int, note: str, at: datetime) -> None:
    """Keep a checkpoint."""
    row = {"contest": contest_id, "size": size, "note": note, "at": at}
    await tx.execute(insert(_NOTES), [row])


async def keep_text(tx: Tx, hashed: str, value: str) -> None:
    """Keep a text by its hash, if it is not there yet."""
    await add_new(tx, _TEXTS, {"hash": hashed, "value": value})


async def text_of(tx: Tx, hashed: str) -> str:
    """The text with this hash."""
    query = select(_TEXTS.c.value).where(_TEXTS.c.hash == hashed)
    return str((await tx.execute(query)).scalar_one())


# --- what is to be sealed ---


async def log(tx: Tx, contest_id: str) -> Log:
    """How many lines the log of each station has."""
    rows = (await tx.execute(_LENGTHS, {"contest": contest_id})).all()
    whole, stations, phase, _ = rows[0]
    lengths = (whole,) if stations == 1 else tuple(row[3] for row in rows)
    return Log(lengths, phase)


async def lines(tx: Tx, contest_id: str, places: range) -> tuple[SealLine, ...]:
    """The lines at positions that lie evenly apart, in order; at least one."""
    asked = {"contest": contest_id, "first": places[0], "last": places[-1]}
    if places.step == 1:
        rows = await tx.execute(_EVERY, asked)
    else:
        rows = await tx.execute(_SOME, {**asked, "step": places.step})
    return tuple(map(_line_in, rows))


async def oldest_at(tx: Tx, contest_id: str, places: Iterable[int]) -> datetime | None:
    """When the first of these lines came."""
    found = []
    for position in places:
        asked = {"contest": contest_id, "position": position}
        at = (await tx.execute(_AT, asked)).scalar_one_or_none()
        if at is not None:
            found.append(at)
    return min(found, default=None)


async def secret(tx: Tx, contest_id: str) -> tuple[bytes, tuple[str, ...]]:
    """What makes nonces no browser made, and the ids of the contest's electorates."""
    found, value = (await tx.execute(_SECRET, {"contest": contest_id})).one()
    asked = msgspec.json.decode(value, type=_Electorates)
    return bytes.fromhex(found), tuple(group.id for group in asked.electorates)


class _Electorate(msgspec.Struct):
    id: str


class _Electorates(msgspec.Struct):
    electorates: tuple[_Electorate, ...]


# --- what is asked of a ledger ---


async def checkpoint(tx: Tx, contest_id: str, size: int | None = None) -> tuple[int, str] | None:
    """Size and note of the newest checkpoint, or of the first that has at least this size."""
    note = _NOTES.c
    query = select(note.size, note.note).where(note.contest == contest_id).limit(1)
    if size is None:
        query = query.order_by(note.size.desc())
    else:
        query = query.where(note.size >= size).order_by(note.size)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else (row.size, row.note)


async def checkpoints(tx: Tx, contest_id: str) -> list[str]:
    """The notes of all checkpoints, the smallest first."""
    note = _NOTES.c
    query = select(note.note).where(note.contest == contest_id).order_by(note.size)
    return list((await tx.execute(query)).scalars())


async def place_of(tx: Tx, contest_id: str, tracker: str, revision: int) -> int | None:
    """Where the leaf of a ballot stands; None where there is no such ballot or it is not sealed yet."""
    asked = {"contest": contest_id, "tracker": tracker, "revision": revision}
    position = (await tx.execute(_HISTORY, asked)).scalar_one_or_none()
    if position is None:
        return None
    leaf = _LEAVES.c
    query = select(leaf.place).where(leaf.contest == contest_id, leaf.position == position)
    return (await tx.execute(query)).scalar_one_or_none()


async def hashes(
    tx: Tx, contest_id: str, needed: Mapping[int, Sequence[range]]
) -> dict[tuple[int, int], bytes]:
    """Hashes of leaves (level 0) and kept subtrees, by level and place."""
    found = {}
    leaf, node = _LEAVES.c, _NODES.c
    for level, places in needed.items():
        for some in places:
            asked: Any
            if level == 0:
                asked = select(leaf.place, leaf.record).where(leaf.contest == contest_id)
                column = leaf.place
            else:
                asked = select(node.place, node.hash).where(
                    node.contest == contest_id, node.level == level
                )
                column = node.place
            rows = await tx.execute(asked.where(column.between(some[0], some[-1])))
            for place, value in rows:
                hashed = leaf_hash(value.encode()) if level == 0 else bytes.fromhex(value)
                found[level, place] = hashed
    return found


async def leaves(tx: Tx, contest_id: str) -> AsyncIterator[bytes]:
    """The records of all leaves, in order."""
    leaf = _LEAVES.c
    query = select(leaf.record).where(leaf.contest == contest_id).order_by(leaf.place)
    async with tx.stream(query) as rows:
        async for some in rows.partitions(_AT_ONCE):
            for (record,) in some:
                yield record.encode()


async def openings(tx: Tx, contest_id: str) -> AsyncIterator[Opened]:
    """What opens every voter's last ballot, in order of trackers."""
    async with tx.stream(_OPENINGS, {"contest": contest_id}) as rows:
        async for some in rows.partitions(_AT_ONCE):
            for tracker, revision, electorate, ranking, own, status, nonce in some:
                yield Opened(
                    tracker, revision, electorate, _ids_in(ranking), _ids_in(own), status, nonce
                )


# --- rows and values ---


def _columns(state: SealState) -> dict[str, Any]:
    return {
        "size": state.tree.size,
        "hashes": b"".join(state.tree.hashes).hex(),
        "lengths": msgspec.json.encode(state.lengths).decode(),
        "ended": msgspec.json.encode(state.ended).decode(),
        "figures": msgspec.json.encode(state.figures).decode(),
        "closed_size": state.closed_size,
        "closed_root": None if state.closed_root is None else state.closed_root.hex(),
    }


def _head_in(row: Any) -> LedgerHead:
    joined = bytes.fromhex(row.hashes)
    hashes = tuple(joined[n : n + HASH_BYTES] for n in range(0, len(joined), HASH_BYTES))
    state = SealState(
        contest=row.contest,
        tree=Compact(row.size, hashes),
        lengths=_numbers.decode(row.lengths),
        ended=_flags.decode(row.ended),
        figures=_figures.decode(row.figures),
        closed_size=row.closed_size,
        closed_root=None if row.closed_root is None else bytes.fromhex(row.closed_root),
    )
    seed = bytes.fromhex(row.seed)
    return LedgerHead(row.origin, row.key, seed, row.rules_ar, row.rules_en, row.code, state)


def _line_in(row: Any) -> SealLine:
    position, kind, *rest, group, status, ranking = row
    if kind == "closed":
        return SealLine(position, kind)
    electorate, revision, said, own, standing, tracker, nonce, why = rest
    before = None if status is None else Standing(group, status, ranking == "[]")
    return SealLine(
        position,
        kind,
        electorate,
        revision,
        _ids_in(said),
        _ids_in(own),
        standing,
        tracker,
        nonce,
        why,
        before,
    )
