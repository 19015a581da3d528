"""Answers that were taken, in and out of the database."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import delete

from expo.db import Tx, add_new
from expo.identity.oidc.tables import UsedTripRow

_USED: Final[Any] = UsedTripRow.__table__  # type: ignore[attr-defined]  # made by SQLModel


async def use(tx: Tx, state: str, *, expires_at: datetime, now: datetime) -> bool:
    """Whether this answer is taken for the first time; what is over anyway is forgotten.

    Args:
        tx: The caller's transaction.
        state: Fingerprint of the trip's state.
        expires_at: From when on the trip is over in any case.
        now: The present instant.
    """
    await tx.execute(delete(_USED).where(_USED.c.expires_at < now))
    return await add_new(tx, _USED, {"state": state, "expires_at": expires_at})
