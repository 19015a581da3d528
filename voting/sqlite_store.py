"""The record of ballots on SQLite: a connection of its own, below SQLAlchemy.

A row is written in a few microseconds here; through the expression language it is fifteen
(performance 4.3). Rows go in many to a statement: Python's lock is given up and fought for once per
statement, and with one statement per row a busy event loop would win that fight 500 times a batch.
"""

import contextlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from expo.db import Busy, Database, RawSqlite, raw_faults
from voting.ballot_record import Recorded, decide
from voting.ballots import Ballot
from voting.batches import Head, Kept, Latest
from voting.contest_columns import contest_of

_AT_ONCE: Final = (128, 16, 1)
"""Rows in one statement; each size is prepared once. 128 rows of 15 values stay far below SQLite's
limit of 32,766, and beyond that many the statement itself costs nothing any more."""

_HEADS: Final = (
    "SELECT id, value, phase, version, opened_at, closes_at, closed_at, paused_at, revealed_at,"
    " revealed, secret, position, stations, grace FROM contest WHERE id IN (SELECT value FROM json_each(?)) ORDER BY id"
)
_STATIONS: Final = (
    "SELECT contest, station, position FROM station"
    " WHERE contest IN (SELECT value FROM json_each(?)) ORDER BY contest, station"
)
_KNOWN: Final = (
    "SELECT contest, position, ballot_id, voter, electorate, revision, ranking, own, tracker, at,"
    " nonce, status, replaces, why FROM contest_line"
    " WHERE contest = ? AND ballot_id IN (SELECT value FROM json_each(?))"
)
_LATEST: Final = (
    "SELECT voter, revision, tracker, position FROM ballot"
    " WHERE contest = ? AND voter IN (SELECT value FROM json_each(?))"
)
_LINE: Final = (
    "INSERT INTO contest_line (contest, position, kind, at, ballot_id, voter, electorate, revision,"
    " ranking, own, status, tracker, nonce, replaces, why) VALUES "
)
_BALLOT: Final = "INSERT INTO ballot (contest, voter, position, revision, tracker) VALUES "
# The tracker of a voter never changes, and what is not set keeps its two indexes untouched.
_AGAIN: Final = (
    " ON CONFLICT (contest, voter) DO UPDATE"
    " SET position = excluded.position, revision = excluded.revision"
)
_ADVANCE: Final = "UPDATE contest SET position = ? WHERE id = ?"
_ADVANCE_STATION: Final = "UPDATE station SET position = ? WHERE contest = ? AND station = ?"

_NONE: Final = "[]"
_STAMP_LENGTH: Final = len("2017-04-17 09:20:00.000000")
_NOT_SQLITE: Final = "ballots cannot be recorded: this record is for SQLite only"

_texts = msgspec.json.Decoder(tuple[str, ...])
_json = msgspec.json.Encoder()


class SqliteRecord:
    """Keeps the promise of ``BallotRecord``; the caller holds the database's turn to write.

    Args:
        database: Its file and pragmas; the connection is opened at the first batch.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._raw: RawSqlite | None = None

    def record(self, ballots: Sequence[Ballot]) -> Recorded:
        """Write a batch in one transaction; returns only after the commit.

        Raises:
            Busy: The database is locked, full or gone; nothing may be acknowledged.
            RuntimeError: The database is another; without this a file of its name would be made.
        """
        if not self._database.is_sqlite:
            raise RuntimeError(_NOT_SQLITE)
        with raw_faults():
            raw = self._raw = self._raw or self._database.raw_sqlite()
            try:
                raw.execute("BEGIN IMMEDIATE")
                recorded = self._write(raw, ballots)
                self._commit(raw)
            except BaseException:
                self._undo(raw)
                raise
        return recorded

    def close(self) -> None:
        """Give the connection back."""
        raw, self._raw = self._raw, None
        if raw is not None:
            raw.close()

    def _write(self, raw: RawSqlite, ballots: Sequence[Ballot]) -> Recorded:
        ids = {ballot.contest for ballot in ballots}
        heads = _heads(raw, ids)
        recorded, growing = decide(
            ballots, heads, lambda head, ids, voters: _known(raw, head.contest.id, ids, voters)
        )
        for head, settled in growing:
            _append(raw, head, settled.lines)
        return recorded

    def _commit(self, raw: RawSqlite) -> None:
        raw.execute("COMMIT")

    def _undo(self, raw: RawSqlite) -> None:
        with contextlib.suppress(Busy), raw_faults():
            raw.rollback()
        if raw.in_transaction:  # a connection that cannot even roll back is of no more use
            self.close()


def _heads(raw: RawSqlite, ids: set[str]) -> list[Head]:
    found = [_head_in(row) for row in raw.execute(_HEADS, (_many(ids),))]
    spread = {head.contest.id: head for head in found if head.contest.stations > 1}
    if not spread:
        return found
    whole = [head for head in found if head.contest.stations == 1]
    return whole + [
        msgspec.structs.replace(spread[contest], station=station, position=position)
        for contest, station, position in raw.execute(_STATIONS, (_many(set(spread)),))
    ]


def _known(
    raw: RawSqlite, contest: str, ids: Sequence[str], voters: Sequence[str]
) -> tuple[list[Kept], list[Latest]]:
    known = [_kept_in(row) for row in raw.execute(_KNOWN, (contest, _many(ids)))]
    return known, [Latest(*row) for row in raw.execute(_LATEST, (contest, _many(voters)))]


def _append(raw: RawSqlite, head: Head, lines: Sequence[Kept]) -> None:
    contest = head.contest.id
    _insert(raw, _LINE, _line_rows(lines))
    latest = {line.voter: line for line in lines}.values()
    rows = [(contest, one.voter, one.position, one.revision, one.tracker) for one in latest]
    _insert(raw, _BALLOT, rows, _AGAIN)
    grown = head.position + len(lines)
    if head.contest.stations > 1:
        raw.execute(_ADVANCE_STATION, (grown, contest, head.station))
    else:
        raw.execute(_ADVANCE, (grown, contest))


def _insert(raw: RawSqlite, insert: str, rows: Sequence[tuple[Any, ...]], rest: str = "") -> None:
    one = f"({', '.join('?' * len(rows[0]))})"
    for chunk in _chunks(rows):
        statement = f"{insert}{', '.join([one] * len(chunk))}{rest}"
        raw.execute(statement, [value for row in chunk for value in row])


def _chunks(rows: Sequence[tuple[Any, ...]]) -> Iterator[Sequence[tuple[Any, ...]]]:
    at = 0
    for size in _AT_ONCE:
        while len(rows) - at >= size:
            yield rows[at : at + size]
            at += size


def _line_rows(lines: Sequence[Kept]) -> list[tuple[Any, ...]]:
    rows, at, stamp = [], None, ""
    for line in lines:
        if line.accepted_at != at:  # a crowd's ballots come many to a millisecond
            at = line.accepted_at
            stamp = _stamp(at)
        rows.append(_line_row(line, stamp))
    return rows


def _line_row(line: Kept, stamp: str) -> tuple[Any, ...]:
    return (
        line.contest,
        line.position,
        "cast",
        stamp,
        line.ballot_id,
        line.voter,
        line.electorate,
        line.revision,
        _many(line.ranking),
        _many(line.own) if line.own else _NONE,
        line.status,
        line.tracker,
        line.nonce,
        line.replaces,
        line.why,
    )


def _kept_in(row: tuple[Any, ...]) -> Kept:
    contest, position, ballot_id, voter, electorate, revision, ranking, own, tracker, at, *rest = (
        row
    )
    return Kept(
        contest,
        position,
        ballot_id,
        voter,
        electorate,
        revision,
        _texts.decode(ranking),
        _texts.decode(own),
        tracker,
        _instant(at),
        *rest,
    )


def _head_in(row: tuple[Any, ...]) -> Head:
    _, value, phase, version, *instants, revealed, secret, position, stations, grace = row
    found = [None if at is None else _instant(at) for at in instants]
    contest = contest_of(value, phase, version, found, revealed, stations, grace)
    return Head(contest, bytes.fromhex(secret), position)


def _many(texts: Sequence[str] | set[str]) -> str:
    return _json.encode(texts).decode()


def _stamp(at: datetime) -> str:
    """An instant as SQLAlchemy writes it: UTC, microseconds, no zone."""
    return at.astimezone(UTC).isoformat(" ", "microseconds")[:_STAMP_LENGTH]


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
