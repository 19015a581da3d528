"""The record of ballots on PostgreSQL: a connection of its own, below SQLAlchemy, in the writer's thread.

All nodes write one log per contest, or one for each of its polling stations. A batch locks the heads
of its logs in order of contest, then of contest and station, as every other transaction does, so nodes
take turns, positions have no gaps, and a close waits for what is under way. What is known is looked up
after the lock: each statement sees what the node before committed (READ COMMITTED).
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
import psycopg

from expo.db import Busy, Database, RawPostgres, raw_faults
from expo.postgres import END_FROZEN, Unfit, is_worth_another_try
from voting.ballot_record import Recorded, by_station, decide
from voting.ballots import Ballot
from voting.batches import Head, Kept, Latest, Settled
from voting.contest_columns import contest_of

logger = logging.getLogger(__name__)

_TRIES: Final = 3
"""Of one batch that others were in the way of. Locks are taken in one order, so it is rare."""

_CONTEST: Final = (
    "SELECT id, value, phase, version, opened_at, closes_at, closed_at, paused_at, revealed_at,"
    " revealed, secret, position, stations, grace FROM contest WHERE id = ANY(%s)"
)
# Lines name their contest, and the check that it is there must not wait for whoever holds the head
# of another station: nobody changes an id.
_HEADS: Final = _CONTEST + " AND stations = 1 ORDER BY id FOR NO KEY UPDATE"
_SPREAD: Final = _CONTEST + " AND stations > 1"
_STATIONS: Final = (
    "SELECT contest, station, position FROM station"
    " WHERE (contest, station) IN (SELECT * FROM unnest(%s::text[], %s::integer[]))"
    " ORDER BY contest, station FOR NO KEY UPDATE"
)
# One look into the index for each: a plan made for all of them together, while the table was small,
# would go through every line of the contest later (400 ms a batch after 60,000 ballots).
_KNOWN: Final = (
    "SELECT line.* FROM unnest(%s::text[]) AS asked (id) CROSS JOIN LATERAL ("
    "SELECT contest, position, ballot_id, voter, electorate, revision, ranking, own, tracker, at,"
    " nonce, status, replaces, why FROM contest_line WHERE contest = %s AND ballot_id = asked.id LIMIT 1) AS line"
)
_LATEST: Final = (
    "SELECT found.* FROM unnest(%s::text[]) AS asked (voter) CROSS JOIN LATERAL ("
    "SELECT voter, revision, tracker, position FROM ballot WHERE contest = %s AND voter = asked.voter LIMIT 1"
    ") AS found"
)
# All rows of a batch are one text: making it costs the writer's thread, with which the loop shares
# its lock, a tenth of what arrays cost (decision 0015). A field of an object that is a list arrives
# in a text column as it was written.
_APPEND: Final = (
    "WITH line AS ("
    " INSERT INTO contest_line (contest, position, kind, at, ballot_id, voter, electorate, revision,"
    " ranking, own, status, tracker, nonce, replaces, why)"
    " SELECT contest, position, 'cast', accepted_at, ballot_id, voter, electorate, revision, ranking,"
    " own, status, tracker, nonce, replaces, why FROM json_to_recordset(%s::json) AS new (contest text,"
    " position integer, accepted_at timestamptz, ballot_id text, voter text, electorate text,"
    " revision integer, ranking text, own text, status text, tracker text, nonce text,"
    " replaces integer, why text)"
    " RETURNING contest, position, voter, revision, tracker"
    "), head AS ("
    " UPDATE contest SET position = grown.position"
    " FROM (SELECT contest, max(position) AS position FROM line GROUP BY contest) AS grown"
    " WHERE contest.id = grown.contest AND contest.stations = 1"
    ") INSERT INTO ballot (contest, voter, position, revision, tracker)"
    " SELECT DISTINCT ON (contest, voter) contest, voter, position, revision, tracker"
    " FROM line ORDER BY contest, voter, position DESC"
    # The tracker of a voter never changes; what is not set keeps its indexes untouched.
    " ON CONFLICT (contest, voter) DO UPDATE"
    " SET position = excluded.position, revision = excluded.revision"
)
_ADVANCE: Final = (
    "UPDATE station SET position = grown.position"
    " FROM unnest(%s::text[], %s::integer[], %s::integer[]) AS grown (contest, station, position)"
    " WHERE station.contest = grown.contest AND station.station = grown.station"
)

_texts = msgspec.json.Decoder(tuple[str, ...])
_json = msgspec.json.Encoder()


class PostgresRecord:
    """Keeps the promise of ``BallotRecord`` for as many nodes as there are.

    Args:
        database: Its address; the connection is made at the first batch, and anew when it broke.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._raw: RawPostgres | None = None
        self.connections = 0
        """Connections made since start; more than one means the server went away."""

    def record(self, ballots: Sequence[Ballot]) -> Recorded:
        """Write a batch in one transaction; returns only after the commit.

        Raises:
            Busy: The server is gone, full, or somebody holds a contest too long. Nothing may be
                acknowledged; when the answer to the commit was lost, nobody knows the outcome.
        """
        with raw_faults():
            for tries_left in reversed(range(_TRIES)):
                try:
                    return self._record(ballots)
                except psycopg.errors.LockNotAvailable:
                    self._end_frozen()
                    raise
                except psycopg.Error as error:
                    if not tries_left or not _is_worth_another_try(error):
                        raise
        raise Busy

    def close(self) -> None:
        """Give the connection back; the server rolls back what is in no finished transaction."""
        raw, self._raw = self._raw, None
        if raw is not None:
            raw.close()

    def _record(self, ballots: Sequence[Ballot]) -> Recorded:
        raw, heads = self._begun(ballots)
        try:
            recorded, growing = decide(
                ballots, heads, lambda head, ids, voters: _known(raw, head.contest.id, ids, voters)
            )
            if growing:
                _append(raw, growing)
            self._commit(raw)
        except BaseException:
            self._undo(raw)
            raise
        return recorded

    def _begun(self, ballots: Sequence[Ballot]) -> tuple[RawPostgres, list[Head]]:
        """A transaction that holds these heads.

        A connection that was fine a while ago may have broken since. Nothing has been written yet,
        so a server that was restarted in between costs nobody an error.
        """
        kept = self._raw
        if kept is not None:
            try:
                return kept, _heads(kept, ballots)
            except psycopg.Error:
                self._undo(kept)
                if self._raw is not None:  # it is whole: the statement failed, not the connection
                    raise
        raw = self._raw = self._connected()
        try:
            return raw, _heads(raw, ballots)
        except BaseException:
            self._undo(raw)
            raise

    def _connected(self) -> RawPostgres:
        try:
            raw = self._database.raw_postgres()
        except Unfit as error:
            logger.exception("Ballots are not recorded: the database is unfit")
            raise Busy from error
        self.connections += 1
        return raw

    def _commit(self, raw: RawPostgres) -> None:
        raw.commit()

    def _end_frozen(self) -> None:
        """Free what a node that froze in the middle of a statement keeps from all others."""
        if self._raw is not None:
            self._raw.execute(END_FROZEN)
            self._raw.commit()

    def _undo(self, raw: RawPostgres) -> None:
        try:
            raw.rollback()
        except psycopg.Error:  # a connection that cannot even roll back is of no more use
            self.close()
        else:
            if raw.closed:
                self.close()


def _is_worth_another_try(error: psycopg.Error) -> bool:
    """Whether the same batch may succeed at once: what was in its way is on record by now.

    A ballot id that somebody of another station uses at the same moment is such a thing.
    """
    return is_worth_another_try(error) or isinstance(error, psycopg.errors.UniqueViolation)


def _heads(raw: RawPostgres, ballots: Sequence[Ballot]) -> list[Head]:
    """The heads of the logs these ballots belong into, held."""
    contests = {ballot.contest for ballot in ballots}
    whole = [_head_in(row) for row in raw.execute(_HEADS, (list(contests),))]
    rest = contests.difference(head.contest.id for head in whole)
    return whole + _station_heads(raw, ballots, list(rest)) if rest else whole


def _station_heads(raw: RawPostgres, ballots: Sequence[Ballot], contests: list[str]) -> list[Head]:
    """Of contests with several stations, the heads of those whose voters cast these ballots.

    The contest itself is looked at again once they are held: whoever moves it holds them all, so
    what is seen then stays as it is.
    """
    logs = list(by_station(ballots, _contests(raw, contests)))
    if not logs:
        return []
    named = [contest for contest, _ in logs], [station for _, station in logs]
    found = raw.execute(_STATIONS, named).fetchall()
    heads = {head.contest.id: head for head in _contests(raw, contests)}
    return [
        msgspec.structs.replace(heads[contest], station=station, position=position)
        for contest, station, position in found
    ]


def _contests(raw: RawPostgres, contests: list[str]) -> list[Head]:
    return [_head_in(row) for row in raw.execute(_SPREAD, (contests,))]


def _known(
    raw: RawPostgres, contest: str, ids: Sequence[str], voters: Sequence[str]
) -> tuple[list[Kept], list[Latest]]:
    known = [_kept_in(row) for row in raw.execute(_KNOWN, (list(ids), contest))]
    return known, [Latest(*row) for row in raw.execute(_LATEST, (list(voters), contest))]


def _append(raw: RawPostgres, growing: Sequence[tuple[Head, Settled]]) -> None:
    lines = [line for _, settled in growing for line in settled.lines]
    raw.execute(_APPEND, (_json.encode(lines).decode(),))
    spread = [
        (head.contest.id, head.station, head.position + len(settled.lines))
        for head, settled in growing
        if head.contest.stations > 1
    ]
    if spread:
        raw.execute(_ADVANCE, [list(column) for column in zip(*spread, strict=True)])


def _kept_in(row: tuple[Any, ...]) -> Kept:
    contest, position, ballot_id, voter, electorate, revision, ranking, own, *rest = row
    said, abstained = _texts.decode(ranking), _texts.decode(own)
    return Kept(contest, position, ballot_id, voter, electorate, revision, said, abstained, *rest)


def _head_in(row: tuple[Any, ...]) -> Head:
    _, value, phase, version, *rest, revealed, secret, position, stations, grace = row
    instants: list[datetime | None] = rest
    contest = contest_of(value, phase, version, instants, revealed, stations, grace)
    return Head(contest, bytes.fromhex(secret), position)
