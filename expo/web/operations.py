"""Addresses for machines and for the front door: ``/``, ``/healthz``, ``/readyz``, ``/metrics``."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, TypedDict

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.errors import Fault, Refusal
from expo.rights import Action
from expo.web import translations
from expo.web.pages import guarded

logger = logging.getLogger(__name__)

PROBE_SECONDS: Final = 2.0  # a part that answers later than this is not ready

Probe = Callable[[], Awaitable[None]]
"""Returns when a part works; raises a `Fault` or `OSError` when it does not."""


class OperationsState(TypedDict):
    """What these routes need."""

    probes: Mapping[str, Probe]
    """By name, e.g. ``database``, ``followers``, ``disk``."""
    metrics: Callable[[], str]
    """Everything counted, in Prometheus text format."""


async def front_door(_request: Request[OperationsState]) -> Response:
    """To the home page in the visitor's language."""
    address = f"/{translations.language.get()}/"
    headers = {"vary": "accept-language", "cache-control": "no-store"}
    return RedirectResponse(address, status_code=302, headers=headers)


async def healthz(_request: Request[OperationsState]) -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n", headers={"cache-control": "no-store"})


async def readyz(request: Request[OperationsState]) -> Response:
    """Each part with ``ok`` or ``failed``; 503 unless all work."""
    probes = request.state["probes"]
    works = await asyncio.gather(*(_works(name, probe) for name, probe in probes.items()))
    body = {name: "ok" if ok else "failed" for name, ok in zip(probes, works, strict=True)}
    status = 200 if all(works) else 503
    return JSONResponse(body, status_code=status, headers={"cache-control": "no-store"})


async def metrics(request: Request[OperationsState]) -> Response:
    """Everything counted since the start."""
    text = request.state["metrics"]()
    headers = {"cache-control": "no-store"}
    return PlainTextResponse(text, headers=headers, media_type="text/plain; version=0.0.4")


async def _works(name: str, probe: Probe) -> bool:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            await probe()
    except (Fault, Refusal, OSError, TimeoutError) as error:
        logger.warning("A part is not ready", extra={"part": name, "error": type(error).__name__})
        return False
    return True


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    return [
        guarded("/", front_door, Action.READ_PAGES),
        guarded("/healthz", healthz, Action.READ_PAGES),
        guarded("/readyz", readyz, Action.READ_PAGES),
        guarded("/metrics", metrics, Action.READ_METRICS),
    ]
