"""Somebody of every role, come in through the front door: for walks over the whole table of routes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Final

import httpx2

from expo.clock import Now
from expo.identity.usecases import Passes
from expo.rights import Role

SCOPES: Final[dict[Role, tuple[str | None, str | None]]] = {
    Role.CUSTOMER: ("customers", None),
    Role.EMPLOYEE: ("employees", None),
    Role.TEAM: ("teams", "dewa"),
    Role.PRESENTER: ("teams", "dewa"),
    Role.MODERATOR: (None, None),
    Role.OFFICER: (None, None),
    Role.ORGANISER: (None, None),
    Role.AUDITOR: (None, None),
    Role.SCREEN: (None, None),
}
"""Electorate and entity of each role's pass; the public needs none."""


def stranger(base_url: str, *, origin: str | None = None) -> httpx2.AsyncClient:
    """A client that has never been here; it keeps cookies and follows no redirects."""
    headers = {"origin": origin or base_url, "accept": "text/html", "accept-language": "en"}
    return httpx2.AsyncClient(base_url=base_url, headers=headers, timeout=10, trust_env=False)


async def pass_path(passes: Passes, now: Now, role: Role, *, entity: str | None = None) -> str:
    """Path of a new pass for this role, without language."""
    electorate, own = SCOPES[role]
    issued = await passes.issue(
        None,
        role=role,
        electorate=electorate,
        entity=entity or own,
        label=f"one {role.value}",
        expires_at=now() + timedelta(hours=1),
    )
    return issued.path


@asynccontextmanager
async def entered(
    base_url: str,
    passes: Passes,
    now: Now,
    role: Role,
    *,
    entity: str | None = None,
    origin: str | None = None,
) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of this role; the public is a stranger.

    Args:
        base_url: Of the running server.
        passes: Of the same server: it issues the pass.
        now: The server's clock.
        role: Who to be.
        entity: Of a team member; the role's usual one in doubt.
        origin: What the server calls itself, where that is not ``base_url``.
    """
    async with stranger(base_url, origin=origin) as client:
        if role is not Role.PUBLIC:
            path = await pass_path(passes, now, role, entity=entity)
            answer = await client.post(f"/en{path}")
            assert answer.status_code == 303, answer.text
        yield client


@asynccontextmanager
async def everybody(
    base_url: str, passes: Passes, now: Now, *, origin: str | None = None
) -> AsyncIterator[dict[Role, httpx2.AsyncClient]]:
    """A client of every role, the public included."""
    async with AsyncExitStack() as stack:
        yield {
            role: await stack.enter_async_context(
                entered(base_url, passes, now, role, origin=origin)
            )
            for role in Role
        }
