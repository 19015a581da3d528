"""How the synthetic audience comes in: the same addresses and cookies as everybody else."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Self

import httpx2
import msgspec

CONNECTIONS: Final = 32  # at once; a crowd that arrives faster waits its turn


class TurnedAway(Exception):
    """The server answered something else than a rehearsal expects; ``str()`` says what.

    ``status`` is the answer's, ``code`` what it gave as the reason.
    """

    def __init__(self, path: str, answer: httpx2.Response) -> None:
        super().__init__(f"{path}: {answer.status_code} {answer.text[:200]}")
        self.status = answer.status_code
        self.code = _code_in(answer.content)


def _code_in(body: bytes) -> str:
    """The refusal code in a JSON answer, or nothing."""
    try:
        found = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return str(found.get("code", "")) if isinstance(found, dict) else ""


class Door:
    """Joins, redeems and gives orders over HTTP.

    Args:
        url: Where the server is, e.g. ``http://127.0.0.1:8000``.
        origin: What the server calls itself; the origin of forms and sockets.
    """

    def __init__(self, url: str, origin: str | None = None) -> None:
        self.url = url.rstrip("/")
        self.origin = (origin or self.url).rstrip("/")
        self._http = httpx2.AsyncClient(
            base_url=self.url,
            headers={"origin": self.origin, "accept": "application/json"},
            limits=httpx2.Limits(max_connections=CONNECTIONS),
            timeout=30,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._http.aclose()

    async def join(self) -> str:
        """The cookies of a new customer."""
        return await self._enter("/en/join")

    async def redeem(self, path: str) -> str:
        """The cookies of whoever the pass at this path (``/pass/…``) is for.

        Raises:
            TurnedAway: The pass was not accepted.
        """
        return await self._enter(f"/en{path}" if path.startswith("/pass/") else path)

    async def order(self, cookies: str, order: Mapping[str, object]) -> None:
        """Give the control room an order.

        Raises:
            TurnedAway: The order was refused.
        """
        await self.post("/en/staff/control", cookies, order)

    async def get(self, path: str) -> Any:
        """The decoded JSON at an address.

        Raises:
            TurnedAway: The answer was not a success.
        """
        answer = await self._http.get(path)
        if not answer.is_success:
            raise TurnedAway(path, answer)
        return msgspec.json.decode(answer.content)

    async def save(self, path: str, file: Path) -> None:
        """What is at an address, byte by byte, as a file.

        Raises:
            TurnedAway: The answer was not a success.
        """
        async with self._http.stream("GET", path) as answer:
            if not answer.is_success:
                await answer.aread()
                raise TurnedAway(path, answer)
            with file.open("wb") as kept:
                async for some in answer.aiter_bytes():
                    kept.write(some)

    async def passes(self, cookies: str, kind: str, count: int) -> list[str]:
        """Paths of new single-use passes, as the organiser behind these cookies issues them.

        Args:
            cookies: Of an organiser's visit.
            kind: As the staff page has it, e.g. ``electorate:employees``.
            count: As many as one form may ask for.

        Raises:
            TurnedAway: This is no organiser, or there is no such electorate.
        """
        path = "/en/staff/passes"
        fields = {"kind": kind, "count": str(count), "hours": "12", "label": "rehearsal"}
        answer = await self._http.post(
            path, data={**fields, "batch": secrets.token_hex(16)}, headers={"cookie": cookies}
        )
        if not answer.is_success:
            raise TurnedAway(path, answer)
        return [one["path"] for one in msgspec.json.decode(answer.content)]

    async def post(self, path: str, cookies: str, body: Mapping[str, object]) -> Any:
        """The decoded JSON answer to a JSON request, or None when there is no body.

        Raises:
            TurnedAway: The answer was not a success.
        """
        answer = await self._http.post(
            path,
            content=msgspec.json.encode(body),
            headers={"content-type": "application/json", "cookie": cookies},
        )
        if not answer.is_success:
            raise TurnedAway(path, answer)
        return msgspec.json.decode(answer.content) if answer.content else None

    async def _enter(self, path: str) -> str:
        answer = await self._http.post(path, headers={"cookie": ""})
        cookies = {name: value for name, value in answer.cookies.items() if name.endswith("visit")}
        self._http.cookies.clear()
        if answer.status_code >= httpx2.codes.BAD_REQUEST or not cookies:
            raise TurnedAway(path, answer)
        return "; ".join(f"{name}={value}" for name, value in cookies.items())
