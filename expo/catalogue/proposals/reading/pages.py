"""A proposal as others will see it, the page of a published one with its revisions, and its pictures."""

from typing import Final

from starlette.responses import Response
from starlette.routing import BaseRoute

from expo.catalogue.pictures.kinds import MEDIA_TYPE
from expo.catalogue.pictures.store import is_id
from expo.catalogue.proposals.pages import ProposalRequest, entity_of
from expo.errors import NotFound
from expo.rights import Action
from expo.web.pages import NO_STORE, guarded
from expo.words import LANGUAGES

_IMAGE_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
    "content-disposition": "inline",
    "cache-control": "private, no-cache",
}
"""A picture is asked for again each time: who may see it can change. It is no page, and runs nothing."""


async def preview(request: ProposalRequest) -> Response:
    """How a voter, the projector and the overlay will show it, in both languages."""
    proposals = request.state["proposals"]
    found = await proposals.own(request.state["visit"].somebody(), request.path_params["proposal"])
    values = {
        "proposal": found,
        "entity": entity_of(request, found.entity),
        "languages": LANGUAGES,
    }
    return request.state["pages"].page(request, "team/preview.html", values, headers=NO_STORE)


async def published(request: ProposalRequest) -> Response:
    """A published proposal for everybody, with every change since it was published."""
    proposals, pages = request.state["proposals"], request.state["pages"]
    found = await proposals.get(request.state["visit"].person, request.path_params["proposal"])
    values = {
        "proposal": found,
        "entity": entity_of(request, found.entity),
        "revisions": await proposals.revisions(found.id),
        "tz": pages.zone,
    }
    return pages.page(request, "proposals/published.html", values, headers=NO_STORE)


async def image(request: ProposalRequest) -> Response:
    """One picture, for whoever may read its proposal."""
    image_id = request.path_params["image"]
    if not is_id(image_id):
        raise NotFound
    await request.state["proposals"].of_image(request.state["visit"].person, image_id)
    etag = f'"{image_id}"'
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=_IMAGE_HEADERS | {"etag": etag})
    found = await request.state["pictures"].read(image_id)
    if found is None:
        raise NotFound
    return Response(found, media_type=MEDIA_TYPE, headers=_IMAGE_HEADERS | {"etag": etag})


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    return [
        guarded("/{lang}/team/proposals/{proposal}/preview", preview, Action.READ_PROPOSALS),
        guarded("/{lang}/proposals/{proposal}", published, Action.READ_PAGES),
        guarded("/picture/{image}", image, Action.READ_PAGES),
    ]
