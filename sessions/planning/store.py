"""The schedule board in and out of the database."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import delete, insert, select
from sqlmodel import col

from expo.db import Tx
from expo.words import Text
from sessions.planning.tables import PlanRow
from sessions.planning.values import Document, Plan, Step

KEPT: Final = 60
"""Versions of the draft that are kept: so far back an undo reaches."""


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


def _plan(row: Mapping[Any, Any]) -> Plan:
    document = _document.decode(row["document"]) if row["document"] else None
    return Plan(row["version"], document, row["back"], row["action"])


def _step(row: Mapping[Any, Any]) -> Step:
    title = _title.decode(row["title"]) if row["title"] else None
    return Step(row["version"], row["action"], row["subject"], title, row["at"])


_document = msgspec.json.Decoder(Document)
_title = msgspec.json.Decoder(Text)
