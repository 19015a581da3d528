"""Which secrets are known, in and out of the database."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import select

from expo.db import Tx, add_new, one_at_a_time
from expo.secrecy.tables import KnownSecretRow

_KNOWN: Final[Any] = KnownSecretRow.__table__  # type: ignore[attr-defined]  # made by SQLModel


async def known(tx: Tx) -> frozenset[str]:
    """The key ids of every secret that a node has used; of nodes that start one asks after the other."""
    await one_at_a_time(tx, "known secrets")
    return frozenset((await tx.execute(select(_KNOWN.c.key_id))).scalars())


async def remember(tx: Tx, key_ids: Iterable[str]) -> None:
    """Keep key ids; those that are there stay."""
    for key_id in key_ids:
        await add_new(tx, _KNOWN, {"key_id": key_id})
