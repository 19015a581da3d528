"""Contests, their logs and results in and out of the database.

Everything takes the caller's transaction and gives values; nothing here opens or commits one.
Accepted ballots are the exception: the batch writer's record (`voting.sqlite_store`) writes those.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, case, func, insert, literal, select, tuple_, update

from expo.db import Tx, add_new
from voting.batches import Head, Kept, at_the_ends
from voting.contest_book import Stand
from voting.contest_columns import columns_of, contest_of
from voting.contests import Contest, Phase
from voting.heads import store as heads
from voting.methods.rankings import Ranking
from voting.methods.tally import Line
from voting.results import Result
from voting.stations import lasts
from voting.tables import BallotRow, ContestRow, LineRow, ResultRow

_CONTESTS: Final[Any] = ContestRow.__table__  # type: ignore[attr-defined]  # made by SQLModel
_LINES: Final[Any] = LineRow.__table__  # type: ignore[attr-defined]  # made by SQLModel
_BALLOTS: Final[Any] = BallotRow.__table__  # type: ignore[attr-defined]  # made by SQLModel
_OWN: Final[Any] = _LINES.alias("own_line")
_RESULTS: Final[Any] = ResultRow.__table__  # type: ignore[attr-defined]  # made by SQLModel


_SAYINGS_AT_HAND: Final = 4_096  # about 2 MB
_result = msgspec.json.Decoder(Result)
_DECIDED: Final = (
    update(_BALLOTS)
    .where(_BALLOTS.c.contest == bindparam("in"), _BALLOTS.c.voter == bindparam("of"))
    .values(position=bindparam("to"), decided=_BALLOTS.c.decided + 1)
)

_ids = msgspec.json.Decoder(tuple[str, ...])
_ranking = msgspec.json.Decoder(Ranking)
# Crowds say few different things: whoever folds a log meets the same texts again and again.
_ranking_in = lru_cache(maxsize=_SAYINGS_AT_HAND)(_ranking.decode)
_ids_in = lru_cache(maxsize=_SAYINGS_AT_HAND)(_ids.decode)


# --- contests ---


async def create(tx: Tx, contest: Contest, secret: bytes) -> None:
    """Write a new contest."""
    row = {"id": contest.id, "secret": secret.hex(), "position": 0, **columns_of(contest)}
    await tx.execute(insert(_CONTESTS), [row])


async def save(tx: Tx, contest: Contest) -> None:
    """Write a contest over what is there; the caller holds its head."""
    statement = update(_CONTESTS).where(_CONTESTS.c.id == contest.id)
    await tx.execute(statement.values(**columns_of(contest)))


async def find(tx: Tx, contest_id: str) -> Contest | None:
    """The contest with this id."""
    row = (await tx.execute(select(_CONTESTS).where(_CONTESTS.c.id == contest_id))).one_or_none()
    return None if row is None else _contest_in(row)


async def contests(tx: Tx, ids: Collection[str] | None = None) -> tuple[Contest, ...]:
    """These contests, or all; in order of id."""
    query = select(_CONTESTS).order_by(_CONTESTS.c.id)
    if ids is not None:
        query = query.where(_CONTESTS.c.id.in_(ids))
    return tuple(_contest_in(row) for row in await tx.execute(query))


async def stands(tx: Tx) -> tuple[Stand, ...]:
    """How far every contest has come, in order of id."""
    head, result = _CONTESTS.c, _RESULTS.c
    query = (
        select(head.id, head.version, head.position, head.stations, result.disputed)
        .outerjoin(_RESULTS, (result.contest == head.id) & (result.position == head.position))
        .order_by(head.id)
    )
    rows = (await tx.execute(query)).all()
    lengths = await heads.lengths(tx, [row.id for row in rows if row.stations > 1])
    return tuple(
        Stand(
            row.id,
            row.version,
            lasts(lengths.get(row.id, (row.position,)), row.stations),
            row.disputed is not None,
            bool(row.disputed),
        )
        for row in rows
    )


async def lock(tx: Tx, ids: Iterable[str]) -> tuple[Head, ...]:
    """The heads of these contests, held until the transaction ends; always taken in order of id.

    Whoever holds a contest holds the heads of all its stations too.
    """
    query = (
        select(_CONTESTS)
        .where(_CONTESTS.c.id.in_(set(ids)))
        .order_by(_CONTESTS.c.id)
        # Nobody changes an id: a line that only names its contest need not wait, see `heads`.
        .with_for_update(key_share=True)
    )
    found = tuple(_head_in(row) for row in await tx.execute(query))
    await heads.lock(tx, [head.contest.id for head in found if head.contest.stations > 1])
    return found


async def secret(tx: Tx, contest_id: str) -> bytes | None:
    """What makes the voters' tags in this contest."""
    found = await tx.scalar(select(_CONTESTS.c.secret).where(_CONTESTS.c.id == contest_id))
    return None if found is None else bytes.fromhex(found)


async def secrets_of(tx: Tx, phases: Collection[Phase]) -> dict[str, bytes]:
    """What makes the voters' tags in every contest in one of these phases, in order of id."""
    head = _CONTESTS.c
    query = select(head.id, head.secret).where(head.phase.in_([one.value for one in phases]))
    rows = await tx.execute(query.order_by(head.id))
    return {contest_id: bytes.fromhex(found) for contest_id, found in rows}


# --- the log ---


async def current(tx: Tx, contest_id: str, voters: Collection[str]) -> tuple[Kept, ...]:
    """The line that counts for each of these voters, those who never cast left out."""
    ballot = _BALLOTS.c
    query = _current_lines().where(ballot.contest == contest_id, ballot.voter.in_(voters))
    return tuple(_kept_in(row) for row in await tx.execute(query))


async def standing_ballots(tx: Tx, tags: Mapping[str, str]) -> frozenset[str]:
    """Of one voter's tags by contest, the contests where a line counts now, be it an empty one."""
    if not tags:
        return frozenset()
    ballot = _BALLOTS.c
    query = select(ballot.contest).where(tuple_(ballot.contest, ballot.voter).in_(tags.items()))
    return frozenset((await tx.execute(query)).scalars())


async def tracked(tx: Tx, tracker: str) -> Kept | None:
    """The line that counts for whoever got this tracker."""
    query = _current_lines().where(_BALLOTS.c.tracker == tracker).limit(1)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else _kept_in(row)


async def append_cast(tx: Tx, head: Head, line: Kept) -> None:
    """Append one more line of a voter who has cast before; the head is that of the voter's log, held.

    For what happens inside another transaction; ballots of the crowd go through the writer.
    """
    row = msgspec.structs.asdict(line)
    row["at"], row["kind"] = row.pop("accepted_at"), "cast"
    row |= {name: msgspec.json.encode(row[name]).decode() for name in ("ranking", "own")}
    await tx.execute(insert(_LINES), [row])
    ballot = _BALLOTS.c
    mine = update(_BALLOTS).where(ballot.contest == line.contest, ballot.voter == line.voter)
    await tx.execute(mine.values(position=line.position, revision=line.revision))
    await _advance(tx, head, head.position + 1)


async def held(tx: Tx, contest_id: str, positions: Sequence[int] | None = None) -> tuple[Kept, ...]:
    """The ballots of a contest that wait for review, in order of the log.

    Args:
        tx: The caller's transaction.
        contest_id: The contest.
        positions: Those of these lines alone; all where None.
    """
    query = _current_lines().where(
        _BALLOTS.c.contest == contest_id, _LINES.c.status == "quarantined"
    )
    if positions is not None:
        query = query.where(_LINES.c.position.in_(positions))
    rows = await tx.execute(query.order_by(_LINES.c.position))
    return tuple(_kept_in(row) for row in rows)


async def count_held(tx: Tx, contest_id: str) -> int:
    """How many ballots of a contest wait for review."""
    mine = _current_lines().where(
        _BALLOTS.c.contest == contest_id, _LINES.c.status == "quarantined"
    )
    found = await tx.execute(select(func.count()).select_from(mine.subquery()))
    return int(found.scalar_one())


async def held_of(tx: Tx, tags: Mapping[str, str]) -> frozenset[str]:
    """The contests in which this tag of theirs has a ballot that waits for review."""
    if not tags:
        return frozenset()
    mine = tuple_(_BALLOTS.c.contest, _BALLOTS.c.voter).in_(tags.items())
    found = await tx.execute(_current_lines().where(mine, _LINES.c.status == "quarantined"))
    return frozenset(row.contest for row in found)


async def append_decisions(tx: Tx, head: Head, lines: Sequence[Kept], at: datetime) -> None:
    """Append what was decided about held ballots, each line with its new status; the head is held.

    Each goes to the end of its voter's log and replaces the ballot's own line.
    """
    for log, mine in at_the_ends(await heads.logs(tx, head), lines):
        await tx.execute(insert(_LINES), [_decision(line, at) for line in mine])
        ends = [{"in": line.contest, "of": line.voter, "to": line.position} for line in mine]
        await tx.execute(_DECIDED, ends)  # many at once: nobody else writes meanwhile
        await _advance(tx, log, log.position + len(mine))


async def append_closed(tx: Tx, head: Head, at: datetime) -> None:
    """Append the line after which no ballot follows, to each log of the contest; the head is held."""
    ends = await heads.logs(tx, head)
    rows = [
        {"contest": one.contest.id, "position": one.following(), "kind": "closed", "at": at}
        for one in ends
    ]
    await tx.execute(insert(_LINES), rows)
    for one in ends:
        await _advance(tx, one, one.position + 1)


async def lines(tx: Tx, contest_id: str, after: int, most: int) -> tuple[int, tuple[Line, ...]]:
    """What the log says after a position: the last position read, and the ballots up to it.

    Of several logs, all of them, in order of position.
    """
    line = _LINES.c
    query = _said().where(line.contest == contest_id, line.position > after)
    rows = (await tx.execute(query.order_by(line.position).limit(most))).all()
    return (rows[-1].position if rows else after), _ballots_in(rows)


async def lines_of(tx: Tx, contest_id: str, places: range) -> tuple[Line, ...]:
    """The ballots at positions that lie evenly apart, as a station's do; at least one.

    They are counted out inside the database: a thousand numbers in a statement cost more than the lines.
    """
    line, first = _LINES.c, select(literal(places[0]).label("position"))
    place = first.cte("place", recursive=True)
    position = place.c.position
    rest = select(position + places.step).where(position < places[-1])
    place = place.union_all(rest)
    query = _said().join(place, line.position == place.c.position)
    query = query.where(line.contest == contest_id).order_by(line.position)
    return _ballots_in((await tx.execute(query)).all())


async def lines_at(tx: Tx, contest_id: str, positions: Sequence[int]) -> tuple[Line, ...]:
    """The ballots at these positions of the log."""
    line = _LINES.c
    query = _said().where(line.contest == contest_id, line.position.in_(positions))
    return _ballots_in((await tx.execute(query)).all())


async def first_choices(tx: Tx, contest_id: str) -> AsyncIterator[tuple[datetime, str]]:
    """When every ballot of a contest arrived and what it ranks first; for hints, never for a count."""
    line = _LINES.c
    query = select(line.at, line.ranking).where(line.contest == contest_id, line.kind == "cast")
    async with tx.stream(query) as rows:
        async for at, ranking in rows:
            if said := _ids.decode(ranking):
                yield at, said[0]


# --- results ---


async def freeze(tx: Tx, result: Result, value: str) -> bool:
    """Keep the result at its position of the log, for good; whether there was none."""
    row = {
        "contest": result.contest,
        "position": result.position,
        "places": len(result.ranks),
        "disputed": result.disputed,
        "value": value,
        "frozen_at": result.frozen_at,
    }
    return await add_new(tx, _RESULTS, row)


async def result(tx: Tx, contest_id: str) -> Result | None:
    """The outcome at the end of a contest's log, once it has been counted."""
    query = select(_RESULTS.c.value).where(_at_the_end(contest_id))
    found = (await tx.execute(query)).scalar_one_or_none()
    return None if found is None else _result.decode(found)


async def verdict(tx: Tx, contest_id: str) -> tuple[int, bool] | None:
    """How many places that result has and whether it is disputed; None before it is counted."""
    found = _RESULTS.c
    query = select(found.places, found.disputed).where(_at_the_end(contest_id))
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else (row.places, bool(row.disputed))


# --- rows and values ---


def _contest_in(row: Any) -> Contest:
    instants = (row.opened_at, row.closes_at, row.closed_at, row.paused_at, row.revealed_at)
    return contest_of(
        row.value, row.phase, row.version, instants, row.revealed, row.stations, row.grace
    )


def _head_in(row: Any) -> Head:
    return Head(_contest_in(row), bytes.fromhex(row.secret), row.position)


def _at_the_end(contest_id: str) -> Any:
    """Of the results of a contest, the one of its whole log."""
    head, found = _CONTESTS.c, _RESULTS.c
    end = select(head.position).where(head.id == contest_id).scalar_subquery()
    return (found.contest == contest_id) & (found.position == end)


def _current_lines() -> Any:
    """The line that holds for each voter, with what only the ballot's own line says.

    A decision stands at a later position than its ballot and has neither its id nor its hour.
    """
    line, ballot, own = _LINES.c, _BALLOTS.c, _OWN.c
    same = (line.contest == ballot.contest) & (line.position == ballot.position)
    cast = case((line.kind == "cast", line.position), else_=line.replaces)
    return (
        select(_LINES, own.ballot_id.label("id"), own.at.label("cast_at"), own.nonce.label("opens"))
        .join(_BALLOTS, same)
        .join(_OWN, (own.contest == line.contest) & (own.position == cast))
    )


def _decision(line: Kept, at: datetime) -> dict[str, Any]:
    row = msgspec.structs.asdict(line)
    del row["ballot_id"], row["accepted_at"], row["nonce"]
    row |= {name: msgspec.json.encode(row[name]).decode() for name in ("ranking", "own")}
    return {**row, "at": at, "kind": "void" if line.status == "void" else "release"}


def _kept_in(row: Any) -> Kept:
    return Kept(
        contest=row.contest,
        position=row.position,
        ballot_id=row.id,
        voter=row.voter,
        electorate=row.electorate,
        revision=row.revision,
        ranking=_ids.decode(row.ranking),
        own=_ids.decode(row.own),
        tracker=row.tracker,
        accepted_at=row.cast_at,
        nonce=row.opens,
        status=row.status,
        replaces=row.replaces,
        why=row.why,
    )


def _said() -> Any:
    line = _LINES.c
    return select(
        line.position,
        line.kind,
        line.voter,
        line.electorate,
        line.revision,
        line.ranking,
        line.own,
        line.status,
        line.replaces,
        line.why,
    )


def _ballots_in(rows: Iterable[Any]) -> tuple[Line, ...]:
    return tuple(
        Line(position, voter, group, revision, _ranking_in(said), _ids_in(own), status, before, why)
        for position, kind, voter, group, revision, said, own, status, before, why in rows
        if kind != "closed"
    )


async def _advance(tx: Tx, head: Head, lines: int) -> None:
    """Say how long a log is now; once its contest is closed, how long all its logs are together."""
    contest, mine = head.contest, update(_CONTESTS).where(_CONTESTS.c.id == head.contest.id)
    if contest.stations == 1:
        await tx.execute(mine.values(position=lines))
        return
    await heads.advance(tx, contest.id, head.station, lines)
    if contest.closed_at is not None:
        lengths = await heads.lengths(tx, [contest.id])
        await tx.execute(mine.values(position=sum(lengths[contest.id])))
