"""The releases in and out of the database."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import func, insert, select
from sqlmodel import col

from expo.db import Tx
from expo.words import Text
from sessions.releases.tables import ReleaseRow
from sessions.releases.values import Change, Release

_SHOWN: Final = 50  # on the page of changes


async def add(tx: Tx, name: Text, note: Text, changes: tuple[Change, ...], at: datetime) -> int:
    """Keep a release; its number."""
    last: int | None = (await tx.execute(select(func.max(col(ReleaseRow.n))))).scalar_one()
    n = (last or 0) + 1
    row = {
        "n": n,
        "name_ar": name.ar,
        "name_en": name.en,
        "note_ar": note.ar,
        "note_en": note.en,
        "changes": msgspec.json.encode(changes).decode(),
        "at": at,
    }
    await tx.execute(insert(ReleaseRow), [row])
    return n


async def latest(tx: Tx) -> tuple[Release, ...]:
    """The releases, the newest first."""
    query = select(ReleaseRow).order_by(col(ReleaseRow.n).desc()).limit(_SHOWN)
    rows = (await tx.execute(query)).mappings()
    return tuple([_release(row) for row in rows])


async def name(tx: Tx) -> Text | None:
    """What the newest release is called; None before the first."""
    query = (
        select(col(ReleaseRow.name_ar), col(ReleaseRow.name_en))
        .order_by(col(ReleaseRow.n).desc())
        .limit(1)
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else Text(ar=row[0], en=row[1])


def _release(row: Mapping[Any, Any]) -> Release:
    return Release(
        row["n"],
        Text(ar=row["name_ar"], en=row["name_en"]),
        Text(ar=row["note_ar"], en=row["note_en"]),
        row["at"],
        _changes.decode(row["changes"]),
    )


_changes = msgspec.json.Decoder(tuple[Change, ...])
