"""The stage in and out of the database: programme, progress of sessions, stage and screens."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec
from sqlalchemy import delete, insert, select, update
from sqlmodel import col

from expo.catalogue import store as catalogue
from expo.db import Tx, upsert
from sessions.cues import Scene, Status
from sessions.programme import Day, Programme, Session
from sessions.releases import store as releases
from sessions.stage import Before, Progress, Rundown, Sighting, Stage
from sessions.streams.sources import Stream
from sessions.tables import DayRow, ProgrammeRow, ScreenRow, SessionRow, StageRow

_THE_ONE = 1


async def version(tx: Tx) -> int | None:
    """The version of the show; None before a programme was imported."""
    found: int | None = (await tx.execute(select(col(StageRow.version)))).scalar_one_or_none()
    return found


async def rundown(tx: Tx) -> Rundown | None:
    """Everything about the show; None before a programme was imported."""
    stage = await find_stage(tx)
    programme = await find_programme(tx)
    if stage is None or programme is None:
        return None
    imported_at = (await tx.execute(select(col(ProgrammeRow.imported_at)))).scalar_one()
    release = await releases.name(tx)
    return Rundown(programme, await progress(tx), stage, imported_at, await undo_of(tx), release)


async def find_programme(tx: Tx) -> Programme | None:
    """The programme in force, put together from its parts."""
    head = (await tx.execute(select(col(ProgrammeRow.value)))).scalar_one_or_none()
    if head is None:
        return None
    days = (await tx.execute(select(col(DayRow.value)).order_by(col(DayRow.n)))).scalars()
    parts = (
        await tx.execute(
            select(col(SessionRow.day), col(SessionRow.value)).order_by(
                col(SessionRow.day), col(SessionRow.position)
            )
        )
    ).all()
    sessions: dict[int, list[Session]] = {}
    for number, value in parts:
        sessions.setdefault(number, []).append(_session.decode(value))
    return msgspec.structs.replace(
        _programme.decode(head),
        days=tuple(_with_sessions(_day.decode(one), sessions) for one in days),
        entities=await catalogue.entities(tx),
        initiatives=await catalogue.initiatives(tx),
    )


async def progress(tx: Tx) -> dict[str, Progress]:
    """Where each session stands, in the order of the programme."""
    query = select(
        col(SessionRow.id),
        col(SessionRow.status),
        col(SessionRow.version),
        col(SessionRow.code),
        col(SessionRow.live_at),
        col(SessionRow.ended_at),
        col(SessionRow.added_minutes),
    ).order_by(col(SessionRow.day), col(SessionRow.position))
    rows = (await tx.execute(query)).all()
    return {row[0]: Progress(Status(row[1]), *row[2:]) for row in rows}


async def streams_of(tx: Tx, session_id: str) -> tuple[Stream, ...]:
    """Where a session can be watched, as the programme in force has it."""
    query = select(col(SessionRow.value)).where(col(SessionRow.id) == session_id)
    value = (await tx.execute(query)).scalar_one_or_none()
    return () if value is None else _session.decode(value).streams


async def write_programme(
    tx: Tx, programme: Programme, codes: Mapping[str, str], at: datetime
) -> None:
    """Put a programme in force.

    Sessions it keeps stay where they stand and keep their codes; those it drops are gone.

    Args:
        tx: The caller's transaction.
        programme: The whole programme.
        codes: Join codes for the sessions that are new.
        at: The instant.
    """
    known = await progress(tx)
    await catalogue.replace(tx, programme.entities, programme.initiatives)
    for table in (ProgrammeRow, DayRow, SessionRow):
        await tx.execute(delete(table))
    head = msgspec.structs.replace(programme, days=(), entities=(), initiatives=())
    row = {"id": _THE_ONE, "value": _json(head), "digest": digest(programme), "imported_at": at}
    await tx.execute(insert(ProgrammeRow), [row])
    days = [{"n": day.n, "value": _json(_without_sessions(day))} for day in programme.days]
    if days:
        await tx.execute(insert(DayRow), days)
    sessions = [
        _session_row(day, position, one, known.get(one.id) or Progress(code=codes[one.id]))
        for day in programme.days
        for position, one in enumerate(day.sessions)
    ]
    if sessions:
        await tx.execute(insert(SessionRow), sessions)


def digest(programme: Programme) -> str:
    """What tells two programmes apart: SHA-256 over the deterministic JSON."""
    return hashlib.sha256(msgspec.json.encode(programme, order="deterministic")).hexdigest()


async def set_progress(tx: Tx, session_id: str, state: Progress, *, version: int) -> bool:
    """Write where a session stands; False when it is not at this version any more."""
    query = (
        update(SessionRow)
        .where(col(SessionRow.id) == session_id, col(SessionRow.version) == version)
        .values(
            status=state.status.value,
            version=state.version,
            live_at=state.live_at,
            ended_at=state.ended_at,
            added_minutes=state.added_minutes,
        )
    )
    return (await tx.execute(query)).rowcount == 1


async def find_stage(tx: Tx) -> Stage | None:
    """What the screens were told."""
    row = (await tx.execute(select(StageRow))).mappings().one_or_none()
    if row is None:
        return None
    picked = Scene(row["picked"]) if row["picked"] else None
    parts = (row["session"], row["contest"], picked, row["version"])
    return Stage(*parts, row["held_at"], row["absorbs"])


async def begin_stage(tx: Tx) -> None:
    """Make the one row of the stage, if it is not there."""
    if await version(tx) is None:
        first = {"id": _THE_ONE, "version": 1, "last_order": "", "absorbs": True, "undo": ""}
        await tx.execute(insert(StageRow), [first])


async def set_stage(
    tx: Tx, stage: Stage, *, last_order: str = "", undo: Before | None = None
) -> None:
    """Write what the screens are told; the caller holds the stage (`lock_stage`).

    Args:
        tx: The caller's transaction.
        stage: What they are told.
        last_order: Digest of the order that did it.
        undo: How everything stood before it; None where it cannot be undone.
    """
    await tx.execute(
        update(StageRow).values(
            session=stage.session,
            contest=stage.contest,
            picked=stage.picked.value if stage.picked else None,
            version=stage.version,
            last_order=last_order,
            held_at=stage.held_at,
            absorbs=stage.absorbs,
            undo=_json(undo) if undo else "",
        )
    )


async def last_order(tx: Tx) -> str:
    """Digest of the order carried out last; empty when it was none or something else followed."""
    found: str | None = (await tx.execute(select(col(StageRow.last_order)))).scalar_one_or_none()
    return found or ""


async def undo_of(tx: Tx) -> Before | None:
    """How everything stood before the last order; None where it cannot be undone."""
    found: str | None = (await tx.execute(select(col(StageRow.undo)))).scalar_one_or_none()
    return _before.decode(found) if found else None


async def lock_stage(tx: Tx) -> None:
    """Let nobody else act on the show until this transaction ends."""
    await tx.execute(select(col(StageRow.id)).with_for_update())


async def sightings(tx: Tx) -> tuple[Sighting, ...]:
    """Every screen that was connected once, by name."""
    rows = (await tx.execute(select(ScreenRow).order_by(col(ScreenRow.id)))).mappings()
    return tuple([Sighting(r["id"], r["seen_at"], r["scene"], r["version"]) for r in rows])


async def note_sightings(tx: Tx, seen: Iterable[Sighting]) -> None:
    """Keep what screens last said about themselves."""
    rows = [
        {"id": one.screen, "seen_at": one.seen_at, "scene": one.scene, "version": one.version}
        for one in sorted(seen, key=lambda one: one.screen)  # locks alike on every node
    ]
    await upsert(tx, ScreenRow.__table__, rows)  # type: ignore[attr-defined]  # made by SQLModel


async def forget_sightings(tx: Tx, device: str) -> None:
    """Forget what a screen last said about itself, with its overlays and agents."""
    lines = col(ScreenRow.id)
    await tx.execute(delete(ScreenRow).where((lines == device) | lines.startswith(f"{device}/")))


_programme = msgspec.json.Decoder(Programme)
_day = msgspec.json.Decoder(Day)
_session = msgspec.json.Decoder(Session)
_before = msgspec.json.Decoder(Before)


def _json(value: msgspec.Struct) -> str:
    return msgspec.json.encode(value).decode()


def _without_sessions(day: Day) -> Day:
    return msgspec.structs.replace(day, sessions=())


def _with_sessions(day: Day, sessions: Mapping[int, list[Session]]) -> Day:
    return msgspec.structs.replace(day, sessions=tuple(sessions.get(day.n, ())))


def _session_row(day: Day, position: int, session: Session, state: Progress) -> dict[str, object]:
    return {
        "id": session.id,
        "day": day.n,
        "position": position,
        "value": _json(session),
        "status": state.status.value,
        "version": state.version,
        "code": state.code,
        "live_at": state.live_at,
        "ended_at": state.ended_at,
        "added_minutes": state.added_minutes,
    }
