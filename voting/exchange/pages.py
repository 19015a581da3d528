"""A published contest's files, at addresses that stay."""

from typing import Final, TypedDict

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute

from expo.rights import Action
from expo.web.pages import guarded
from voting.exchange.published import KINDS
from voting.exchange.usecases import Exchange

_FRESH: Final = {"cache-control": "no-cache"}  # an amended result has other files at the address


class FilesState(TypedDict):
    """What these addresses need of the request's state."""

    exchange: Exchange


async def file(request: Request[FilesState]) -> Response:
    """One file of a published contest, to keep."""
    contest, name = request.path_params["contest"], request.path_params["name"]
    path = await request.state["exchange"].file(contest, name)
    kept = f"sawt-{contest}-{name}"
    return FileResponse(path, filename=kept, media_type=KINDS[name], headers=_FRESH)


def routes() -> list[BaseRoute]:
    """All addresses of these files."""
    return [guarded("/results/{contest}/files/{name}", file, Action.READ_PAGES)]
