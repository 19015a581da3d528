"""The bundle of a published contest: its files one by one, all in one, and for auditors what is sealed."""

from typing import Final, TypedDict

from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import BaseRoute

from expo.identity.people import Visit
from expo.rights import Action
from expo.web.pages import NO_STORE, guarded
from voting.bundle.usecases import Bundles

_FRESH: Final = {"cache-control": "no-cache"}
_TYPES: Final = {
    "json": "application/json",
    "jsonl": "application/jsonl",
    "py": "text/x-python; charset=utf-8",
}
_TEXT: Final = "text/plain; charset=utf-8"


class BundleState(TypedDict):
    """What these addresses need of the request's state."""

    bundles: Bundles
    visit: Visit


Asked = Request[BundleState]


async def bundle_file(request: Asked) -> Response:
    """One file of the bundle."""
    contest, name = request.path_params["contest"], request.path_params["name"]
    path = await request.state["bundles"].file(contest, name)
    kind = _TYPES.get(name.rpartition(".")[2], _TEXT)
    return FileResponse(path, filename=name, media_type=kind, headers=_FRESH)


async def bundle_archive(request: Asked) -> Response:
    """The whole bundle as one file."""
    contest = request.path_params["contest"]
    path = await request.state["bundles"].archive(contest)
    kept = f"sawt-{contest}-bundle.zip"
    return FileResponse(path, filename=kept, media_type="application/zip", headers=_FRESH)


async def sealed_openings(request: Asked) -> Response:
    """The openings of a sealed electorate, for whoever audits them."""
    contest, electorate = request.path_params["contest"], request.path_params["electorate"]
    auditor = request.state["visit"].somebody()
    lines = await request.state["bundles"].sealed_openings(auditor, contest, electorate)
    name = f'attachment; filename="openings-{electorate}.jsonl"'
    headers = {"content-disposition": name, **NO_STORE}
    return StreamingResponse(lines, media_type=_TYPES["jsonl"], headers=headers)


def routes() -> list[BaseRoute]:
    """All addresses of bundles."""
    return [
        guarded("/results/{contest}/bundle/{name}", bundle_file, Action.READ_PAGES),
        guarded("/results/{contest}/bundle.zip", bundle_archive, Action.READ_PAGES),
        guarded(
            "/results/{contest}/openings-{electorate}.jsonl", sealed_openings, Action.AUDIT_SEALED
        ),
    ]
