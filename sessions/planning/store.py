"""The schedule board in and out of the database."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import delete, func, insert, select
from sqlmodel import col

from expo.db import Tx
from expo.words import Text
from sessions.planning.tables import PlanRow, ReleaseRow
from sessions.planning.values import Change, Document, Plan, Release, Step

KEPT: Final = 60
"""Versions of the draft that are kept: so far back an undo reaches."""
_SHOWN: Final = 50  # releases on the page of changes


async def plan(tx: Tx) -> Plan:
    """The draft now."""
    query = select(PlanRow).order_by(col(PlanRow.version).desc()).limit(1)
    row = (await tx.execute(query)).mappings().one_or_none()
    return Plan() if row is None else _plan(row)


async def version_of(tx: Tx, version: int) -> Plan | None:
    """A former version of the draft, while it is kept."""
    query = select(PlanRow).where(col(PlanRow.version) == version)
    row = (await tx.execute(query)).mappings().one_or_none()
    return None if row is None else _plan(row)


async def add(tx: Tx, step: Step, document: Document | None, back: int | None) -> None:
    """Keep a version of the draft, and let go of the oldest."""
    row = {
        "version": step.version,
        "document": "" if document is None else msgspec.json.encode(document).decode(),
        "action": step.action,
        "subject": step.subject,
        "title": "" if step.title is None else msgspec.json.encode(step.title).decode(),
        "back": back,
        "at": step.at,
    }
    await tx.execute(insert(PlanRow), [row])
    await tx.execute(delete(PlanRow).where(col(PlanRow.version) <= step.version - KEPT))


async def steps(tx: Tx, after: int) -> tuple[Step, ...]:
    """What was done to the draft after this version, the last first."""
    query = (
        select(PlanRow).where(col(PlanRow.version) > after).order_by(col(PlanRow.version).desc())
    )
    rows = (await tx.execute(query)).mappings()
    return tuple([_step(row) for row in rows])


async def add_release(
    tx: Tx, name: Text, note: Text, changes: tuple[Change, ...], at: datetime
) -> int:
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


async def releases(tx: Tx) -> tuple[Release, ...]:
    """The releases, the newest first."""
    query = select(ReleaseRow).order_by(col(ReleaseRow.n).desc()).limit(_SHOWN)
    rows = (await tx.execute(query)).mappings()
    return tuple([_release(row) for row in rows])


async def release_name(tx: Tx) -> Text | None:
    """What the newest release is called; None before the first."""
    query = (
        select(col(ReleaseRow.name_ar), col(ReleaseRow.name_en))
        .order_by(col(ReleaseRow.n).desc())
        .limit(1)
    )
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else Text(ar=row[0], en=row[1])


def _plan(row: Mapping[Any, Any]) -> Plan:
    document = _document.decode(row["document"]) if row["document"] else None
    return Plan(row["version"], document, row["back"], row["action"])


def _step(row: Mapping[Any, Any]) -> Step:
    title = _title.decode(row["title"]) if row["title"] else None
    return Step(row["version"], row["action"], row["subject"], title, row["at"])


def _release(row: Mapping[Any, Any]) -> Release:
    return Release(
        row["n"],
        Text(ar=row["name_ar"], en=row["name_en"]),
        Text(ar=row["note_ar"], en=row["note_en"]),
        row["at"],
        _changes.decode(row["changes"]),
    )


_document = msgspec.json.Decoder(Document)
_title = msgspec.json.Decoder(Text)
_changes = msgspec.json.Decoder(tuple[Change, ...])
