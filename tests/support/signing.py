"""An expo with providers, and a browser's steps through one of them, address by address."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import msgspec

from tests.support.forger import CLIENT, SECRET
from tests.support.roles import stranger
from tests.support.whole import Whole, whole

NAME = {"ar": "مزوّد الهوية", "en": "Staff sign-in"}


def openid(issuer: str, id_: str = "acme", **more: Any) -> dict[str, Any]:
    """A provider as the operator's file has it; everybody is a customer unless more is said."""
    return {
        "profile": "oidc",
        "id": id_,
        "name": NAME,
        "issuer": issuer,
        "client_id": CLIENT,
        **({"otherwise": {"role": "customer"}} | more),
    }


def uae_pass(at: str, **more: Any) -> dict[str, Any]:
    """UAE PASS as the operator's file has it."""
    name = {"ar": "الهوية الرقمية", "en": "UAE PASS"}
    return {
        "profile": "uae-pass",
        "id": "uae-pass",
        "name": name,
        "client_id": CLIENT,
        "at": at,
    } | more


def environ_with(folder: Path, *providers: Mapping[str, Any]) -> dict[str, str]:
    """Settings that name these providers, whose file is in the folder."""
    path = folder / "providers.json"
    path.write_bytes(msgspec.json.encode({"providers": providers}))
    secrets = " ".join(f"{one['id']}={SECRET}" for one in providers)
    return {"SAWT_OIDC_PROVIDERS": str(path), "SAWT_OIDC_SECRETS": secrets}


@asynccontextmanager
async def expo_with(folder: Path, *providers: Mapping[str, Any]) -> AsyncIterator[Whole]:
    """A whole expo that knows these providers."""
    async with whole(folder, environ_with(folder, *providers)) as house:
        yield house


@dataclass
class Walk:
    """One browser on its way; it follows no redirect by itself."""

    client: httpx2.AsyncClient
    abroad: httpx2.AsyncClient

    async def out(self, provider: str = "acme", then: str = "") -> str:
        """Where the expo sends the browser."""
        path = f"/en/sign-in/with/{provider}" + (f"?next={then}" if then else "")
        answer = await self.client.get(path)
        assert answer.status_code == 303, answer.text
        location = str(answer.headers["location"])
        assert location.startswith("http"), location  # else a page of ours that tells what failed
        return location

    async def back_address(self, address: str) -> str:
        """Where the provider sends the browser."""
        answer = await self.abroad.get(address)
        assert answer.status_code in (302, 303), answer.text
        return answer.headers["location"]

    async def back(self, address: str) -> httpx2.Response:
        """What the expo says to the provider's answer."""
        return await self.client.get(address)

    async def through(self, provider: str = "acme", then: str = "") -> httpx2.Response:
        """All of it."""
        return await self.back(await self.back_address(await self.out(provider, then)))


@asynccontextmanager
async def walking(house: Whole) -> AsyncIterator[Walk]:
    """A browser that has never been here."""
    async with stranger(house.url) as client, httpx2.AsyncClient(trust_env=False) as abroad:
        yield Walk(client, abroad)


def ending(answer: httpx2.Response) -> str:
    """The code of the page that a failed sign-in led to."""
    assert answer.status_code == 303, answer.text
    path, found, rest = answer.headers["location"].partition("/ended/")
    assert found, f"came in and went to {path}"
    return str(rest.partition("?")[0])
