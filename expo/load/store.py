"""What nodes say of themselves, in and out of the database; ages are by the database's clock."""

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import delete, select, update

from expo.db import Tx, add_new, clock_ms
from expo.load.figures import NodeLoad
from expo.load.tables import NodeLoadRow

_NODES: Final[Any] = NodeLoadRow.__table__  # type: ignore[attr-defined]  # made by SQLModel
KEPT_MS: Final = 120_000
"""How long a node that has fallen silent is still told of; then it is taken for gone."""


async def put(tx: Tx, load: NodeLoad) -> None:
    """Write what a node says now; nodes that have long been silent are forgotten."""
    row, now = _NODES.c, clock_ms(tx)
    await tx.execute(delete(_NODES).where(row.at_ms < now - KEPT_MS))
    await add_new(tx, _NODES, {"node": load.node, "at_ms": 0, "figures": ""})
    figures = msgspec.json.encode(load).decode()
    await tx.execute(update(_NODES).where(row.node == load.node).values(at_ms=now, figures=figures))


async def others(tx: Tx, node: str) -> Sequence[NodeLoad]:
    """What all nodes but this one said last, each with how long it has been silent since.

    A node of another version, whose figures read differently, is left out.
    """
    row, now = _NODES.c, clock_ms(tx)
    asked = select(row.figures, (now - row.at_ms).label("age_ms")).where(
        row.node != node, row.at_ms >= now - KEPT_MS
    )
    found = []
    for one in await tx.execute(asked.order_by(row.node)):
        try:
            load = msgspec.json.decode(one.figures, type=NodeLoad)
        except msgspec.DecodeError:
            continue
        silent = max(0, int(one.age_ms) // 1000)
        found.append(msgspec.structs.replace(load, silent_seconds=silent))
    return found


async def forget(tx: Tx, node: str) -> None:
    """A node that stops as it should says nothing more and is missed by nobody."""
    await tx.execute(delete(_NODES).where(_NODES.c.node == node))
