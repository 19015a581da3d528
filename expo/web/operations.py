"""Addresses for machines and for the front door: ``/``, ``/livez``, ``/readyz``, ``/metrics``."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Final, TypedDict

import msgspec
from prometheus_client import exposition
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute
from typing_extensions import override

from expo.errors import Fault, Refusal
from expo.load.health import Part, State, unready, whole
from expo.rights import Action
from expo.settings import Settings
from expo.web import translations
from expo.web.pages import NO_STORE, guarded

logger = logging.getLogger(__name__)

PROBE_SECONDS: Final = 2.0  # a part that answers later than this is not ready
_SCHEME: Final = "Bearer "
_OPENMETRICS: Final = "application/openmetrics-text"

Probe = Callable[[], Awaitable[Part]]
"""How a part is; may raise a `Fault` or `OSError` when it does not work at all."""


class OperationsState(TypedDict):
    """What these routes need."""

    settings: Settings
    probes: Mapping[str, Probe]
    """By name, e.g. ``database``, ``followers``, ``disk``."""
    metrics: Callable[[], Iterable[Metric]]
    """Everything counted."""


async def front_door(_request: Request[OperationsState]) -> Response:
    """To the home page in the visitor's language."""
    address = f"/{translations.language.get()}/"
    headers = {"vary": "accept-language", **NO_STORE}
    return RedirectResponse(address, status_code=302, headers=headers)


async def livez(_request: Request[OperationsState]) -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n", headers=NO_STORE)


async def readyz(request: Request[OperationsState]) -> Response:
    """Each part with its state and why; 503 when one of them is unready."""
    parts = await looked_at(request.state["probes"])
    state = whole(parts.values())
    body = {
        "status": state.value,
        "node": request.state["settings"].node,
        "parts": msgspec.to_builtins(parts),
    }
    status = 503 if state is State.UNREADY else 200
    return JSONResponse(body, status_code=status, headers=NO_STORE)


async def looked_at(probes: Mapping[str, Probe]) -> dict[str, Part]:
    """How each part is, all asked at once; what does not answer in time is unready."""
    found = await asyncio.gather(*(_asked(name, probe) for name, probe in probes.items()))
    return dict(zip(probes, found, strict=True))


async def _asked(name: str, probe: Probe) -> Part:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            return await probe()
    except TimeoutError:
        logger.warning("A part does not answer", extra={"part": name})
        return unready("no-answer")
    except (Fault, Refusal, OSError) as error:
        logger.warning("A part is not ready", extra={"part": name, "error": type(error).__name__})
        return unready("failed")


class _Gathered(Collector):
    """What was counted, as the library wants it; no registry, nothing global."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = tuple(families)

    @override
    def collect(self) -> Iterable[Metric]:
        return self._families


async def metrics(request: Request[OperationsState]) -> Response:
    """Everything counted since the start, for a scraper; in OpenMetrics where it is asked for."""
    text, media_type = written(request.state["metrics"](), request.headers.get("accept", ""))
    return Response(text, headers={**NO_STORE, "content-type": media_type})


def written(families: Iterable[Metric], accept: str) -> tuple[bytes, str]:
    """The text of some families and its media type, by the ``Accept`` header."""
    gathered = _Gathered(families)
    if _OPENMETRICS in accept.lower():
        text: bytes = openmetrics.generate_latest(gathered)  # type: ignore[no-untyped-call]  # theirs
        return text, openmetrics.CONTENT_TYPE_LATEST
    return exposition.generate_latest(gathered), exposition.CONTENT_TYPE_PLAIN_0_0_4


def is_scraper(request: Request[OperationsState]) -> bool:
    """Whether the request carries the token of ``SAWT_METRICS_TOKEN``; never where none is set."""
    token = request.state["settings"].metrics_token
    given = request.headers.get("authorization", "")
    if not token or not given.startswith(_SCHEME):
        return False
    return secrets.compare_digest(given[len(_SCHEME) :].encode(), token.encode())


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    return [
        guarded("/", front_door, Action.READ_PAGES),
        guarded("/livez", livez, Action.READ_PAGES),
        guarded("/healthz", livez, Action.READ_PAGES),
        guarded("/readyz", readyz, Action.READ_PAGES),
        guarded("/metrics", metrics, Action.READ_METRICS, or_else=is_scraper),
    ]
