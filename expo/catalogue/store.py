"""What is proposed, and by whom: entities and initiatives in and out of the database."""

from collections.abc import Iterable

import msgspec
from sqlalchemy import delete, insert, select
from sqlmodel import col

from expo.catalogue.tables import EntityRow, InitiativeRow
from expo.catalogue.values import Entity, Initiative
from expo.db import Tx


async def entities(tx: Tx) -> tuple[Entity, ...]:
    """All entities, in the programme's order."""
    query = select(col(EntityRow.value)).order_by(col(EntityRow.position))
    return tuple([_entity.decode(value) for value in (await tx.execute(query)).scalars()])


async def initiatives(tx: Tx) -> tuple[Initiative, ...]:
    """All initiatives, in the programme's order."""
    query = select(col(InitiativeRow.value)).order_by(col(InitiativeRow.position))
    return tuple([_initiative.decode(value) for value in (await tx.execute(query)).scalars()])


async def replace(tx: Tx, entities: Iterable[Entity], initiatives: Iterable[Initiative]) -> None:
    """Make the catalogue exactly this; a few hundred rows, so nothing is compared."""
    await tx.execute(delete(InitiativeRow))
    await tx.execute(delete(EntityRow))
    rows = [{"id": one.id, "position": n, "value": _json(one)} for n, one in enumerate(entities)]
    proposals = [
        {"id": one.id, "entity": one.entity, "position": n, "value": _json(one)}
        for n, one in enumerate(initiatives)
    ]
    if rows:
        await tx.execute(insert(EntityRow), rows)
    if proposals:
        await tx.execute(insert(InitiativeRow), proposals)


_entity = msgspec.json.Decoder(Entity)
_initiative = msgspec.json.Decoder(Initiative)


def _json(value: Entity | Initiative) -> str:
    return msgspec.json.encode(value).decode()
