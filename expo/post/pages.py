"""The outbox: letters as organisers see them, read out where there is no mail server."""

from typing import Protocol, TypedDict

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from expo.errors import NotFound
from expo.post.letters import State
from expo.post.usecases import MOST_LISTED, Post
from expo.record.store import Actor
from expo.rights import Action
from expo.web.pages import PRIVATE, guarded
from expo.web.templates import Renderer


class Reader(Protocol):
    """Whoever looks; identity's ``Visit`` is one."""

    @property
    def person(self) -> Actor | None:
        """None where nobody is known."""


class PostState(TypedDict):
    """What these pages need."""

    pages: Renderer
    post: Post
    visit: Reader


async def outbox(request: Request[PostState]) -> Response:
    """The latest letters and where they stand."""
    post, pages = request.state["post"], request.state["pages"]
    counts = await post.counts()
    values = {
        "letters": await post.listed(),
        "counts": [(state.value, counts[state]) for state in State if state in counts],
        "most": MOST_LISTED,
        "is_delivered": post.is_delivered,
        "tz": pages.zone,
    }
    return pages.page(request, "staff/outbox.html", values, headers=PRIVATE)


async def letter(request: Request[PostState]) -> Response:
    """One letter; its text can be read only where no mail server takes it."""
    post, pages = request.state["post"], request.state["pages"]
    reader = request.state["visit"].person
    found = await post.read(reader, request.path_params["id"]) if reader else None
    if found is None:
        raise NotFound
    values = {"posted": found, "is_delivered": post.is_delivered, "tz": pages.zone}
    return pages.page(request, "staff/letter.html", values, headers=PRIVATE)


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    return [
        guarded("/{lang}/staff/outbox", outbox, Action.READ_OUTBOX),
        guarded("/{lang}/staff/outbox/{id}", letter, Action.READ_OUTBOX),
    ]
