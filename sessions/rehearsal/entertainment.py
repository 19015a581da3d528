"""A rehearsal's company: the audience with its passes and the director, through the front door."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from expo.clock import Now
from expo.errors import BadRequest
from expo.identity.admission import MOST_AT_ONCE, PassOrder
from expo.identity.usecases import Passes
from expo.rights import Role
from sessions.programme import Programme
from sessions.rehearsal.audience import Audience
from sessions.rehearsal.director import LABEL, Director
from sessions.rehearsal.door import Door, TurnedAway

CUSTOMERS: Final = "customers"
ROLES: Final = {"employees": Role.EMPLOYEE, "teams": Role.TEAM}
PASS_HOURS: Final = 24


async def tickets(
    passes: Passes, programme: Programme, now: Now, size: int
) -> Mapping[str, Sequence[str]]:
    """Pass paths for an audience of this size: a third for each electorate that needs passes."""
    kinds = [one.id for one in programme.electorates if one.id in ROLES]
    share = -(-size // (len(kinds) + 1))
    found: dict[str, list[str]] = {}
    for kind in kinds:
        expires_at = now() + timedelta(hours=PASS_HOURS)
        order = PassOrder(ROLES[kind], kind, None, "audience", expires_at)
        found[kind] = []
        while (missing := share - len(found[kind])) > 0:
            count = min(missing, MOST_AT_ONCE)
            issued = await passes.issue_batch(None, order, count=count, batch=passes.new_batch())
            found[kind] += [one.path for one in issued]
    return found


async def tickets_over(door: Door, cookies: str, size: int) -> Mapping[str, Sequence[str]]:
    """As `tickets`, issued by an organiser over HTTP; electorates the expo has not are left out.

    Raises:
        TurnedAway: These cookies are no organiser's.
    """
    share = -(-size // (len(ROLES) + 1))
    found: dict[str, list[str]] = {}
    for kind in ROLES:
        found[kind] = []
        with contextlib.suppress(_NoSuchElectorate):
            while (missing := share - len(found[kind])) > 0:
                found[kind] += await _issued(door, cookies, kind, min(missing, MOST_AT_ONCE))
    return found


class _NoSuchElectorate(Exception):
    pass


async def _issued(door: Door, cookies: str, kind: str, count: int) -> list[str]:
    try:
        return await door.passes(cookies, f"electorate:{kind}", count)
    except TurnedAway as refused:
        if refused.code == BadRequest.code:
            raise _NoSuchElectorate from refused
        raise


async def organiser(passes: Passes, now: Now) -> str:
    """Path of a pass for the director."""
    expires_at = now() + timedelta(hours=PASS_HOURS)
    return (await passes.issue(None, role=Role.ORGANISER, label=LABEL, expires_at=expires_at)).path


async def entertain(audience: Audience, organiser_path: str, now: Now) -> None:
    """Audience and director at work until cancelled."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(audience.run())
        cookies = await audience.door.redeem(organiser_path)
        tasks.create_task(Director(audience.door, cookies, now).run())
