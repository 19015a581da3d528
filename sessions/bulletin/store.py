"""Bulletins in and out of the database."""

from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import func, insert, select, update

from expo.db import Tx
from sessions.bulletin.edition import Edition
from sessions.bulletin.shown import Kept
from sessions.bulletin.states import PUBLIC, State
from sessions.bulletin.tables import BulletinRow
from sessions.bulletin.values import Bulletin, Words
from voting.integrity.review import Reviewer

_ROWS: Final[Any] = BulletinRow.__table__  # type: ignore[attr-defined]  # made by SQLModel
_words = msgspec.json.Decoder(Words)
_writers = msgspec.json.Decoder(tuple[Reviewer, ...])
_edition = msgspec.json.Decoder(Edition)
_SHOWN: Final = tuple(state.value for state in PUBLIC)


# --- on the way to the public ---


async def add(tx: Tx, bulletin: Bulletin) -> None:
    """Keep a new version."""
    key = {"day": bulletin.day, "version": bulletin.version}
    await tx.execute(insert(_ROWS).values(**key, **_columns(bulletin)))


async def put(tx: Tx, bulletin: Bulletin) -> None:
    """Keep a version as it stands now, over what was there."""
    await tx.execute(update(_ROWS).where(_is(bulletin)).values(_columns(bulletin)))


async def newest(tx: Tx, day: int, *, hold: bool = False) -> Bulletin | None:
    """The last version of a day; ``hold`` keeps others from changing it until the transaction ends."""
    query = select(_ROWS).where(_ROWS.c.day == day).order_by(_ROWS.c.version.desc()).limit(1)
    row = (await tx.execute(query.with_for_update() if hold else query)).mappings().first()
    return _bulletin(row) if row else None


async def newest_of_all(tx: Tx) -> tuple[Bulletin, ...]:
    """The last version of every day that has one, by day."""
    query = select(_ROWS).order_by(_ROWS.c.day, _ROWS.c.version)
    found = {row["day"]: row for row in (await tx.execute(query)).mappings()}
    return tuple(_bulletin(row) for row in found.values())


async def waiting(tx: Tx) -> tuple[tuple[int, datetime], ...]:
    """Days whose newest version appears by itself, with the end of its embargo."""
    row = _ROWS.c
    query = select(row.day, row.embargo_at).where(row.state == State.SCHEDULED.value)
    return tuple((day, at) for day, at in (await tx.execute(query)).all() if at is not None)


# --- published ---


async def publish(tx: Tx, bulletin: Bulletin, body: str, note: str) -> int:
    """Keep a version as published, with its files; the how manieth publication it is."""
    most = (await tx.execute(select(func.max(_ROWS.c.serial)))).scalar_one()
    serial = (most or 0) + 1
    values = {**_columns(bulletin), "serial": serial, "body": body, "note": note}
    await tx.execute(update(_ROWS).where(_is(bulletin)).values(values))
    return serial


async def supersede(tx: Tx, day: int, version: int) -> None:
    """Say of a published version that a newer one has replaced it."""
    row = _ROWS.c
    one = (row.day == day) & (row.version == version)
    change = {"state": State.AMENDED.value, "revision": row.revision + 1}
    await tx.execute(update(_ROWS).where(one).values(change))


async def last_serial(tx: Tx) -> int:
    """How many publications there have been."""
    return int((await tx.execute(select(func.max(_ROWS.c.serial)))).scalar_one() or 0)


async def published(tx: Tx) -> tuple[Kept, ...]:
    """Every published version, by day and version."""
    row = _ROWS.c
    query = select(row.edition, row.body, row.note, row.serial).where(row.state.in_(_SHOWN))
    rows = (await tx.execute(query.order_by(row.day, row.version))).mappings()
    return tuple(
        Kept(_edition.decode(one["edition"]), one["body"], one["note"], one["serial"])
        for one in rows
    )


async def since(tx: Tx, serial: int) -> tuple[Kept, ...]:
    """The publications after one, in order."""
    found = [one for one in await published(tx) if one.serial > serial]
    return tuple(sorted(found, key=lambda one: one.serial))


def _is(bulletin: Bulletin) -> Any:
    return (_ROWS.c.day == bulletin.day) & (_ROWS.c.version == bulletin.version)


def _columns(bulletin: Bulletin) -> dict[str, Any]:
    edition = bulletin.edition
    return {
        "state": bulletin.state.value,
        "revision": bulletin.revision,
        "words": msgspec.json.encode(bulletin.words).decode(),
        "writers": msgspec.json.encode(bulletin.writers, order="deterministic").decode(),
        "created_at": bulletin.created_at,
        "saved_at": bulletin.saved_at,
        "embargo_at": bulletin.embargo_at,
        "edition": None if edition is None else msgspec.json.encode(edition).decode(),
        "sent_at": bulletin.sent_at,
        "reviewed_by": bulletin.reviewed_by,
        "reviewed_at": bulletin.reviewed_at,
        "published_at": bulletin.published_at,
    }


def _bulletin(row: Any) -> Bulletin:
    return Bulletin(
        day=row["day"],
        version=row["version"],
        state=State(row["state"]),
        revision=row["revision"],
        words=_words.decode(row["words"]),
        writers=_writers.decode(row["writers"]),
        created_at=row["created_at"],
        saved_at=row["saved_at"],
        embargo_at=row["embargo_at"],
        edition=_edition.decode(row["edition"]) if row["edition"] else None,
        sent_at=row["sent_at"],
        reviewed_by=row["reviewed_by"],
        reviewed_at=row["reviewed_at"],
        published_at=row["published_at"],
    )
