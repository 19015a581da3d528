"""Lists that wait for an organiser's word, each in a transaction of its own."""

import secrets
from datetime import datetime

from expo.db import Database
from expo.lists import store


async def kept(database: Database, value: str, made_by: str, at: datetime) -> str:
    """Keep what was read until somebody decides; the id it is taken by."""
    draft = secrets.token_hex(16)
    async with database.write() as tx:
        await store.keep(tx, draft, value, made_by, at)
    return draft


async def taken(database: Database, draft: str, at: datetime) -> str:
    """What was kept by this id, which nobody can take again.

    Raises:
        ListOutdated: It does not wait any more.
    """
    async with database.write() as tx:
        return await store.take(tx, draft, at)
