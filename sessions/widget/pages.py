"""The schedule as a small page that any site may show in a frame: what is on, what follows, one day.

It holds links alone, which open outside of the frame, so nobody can be led to press anything here.
"""

from typing import Any, Final, TypedDict

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from expo.errors import NotFound
from expo.identity.people import Visit, kind_of
from expo.rights import Action
from expo.web.guards import EMBEDDABLE_HEADER
from expo.web.kept import StandsOn
from expo.web.pages import guarded
from expo.web.templates import Renderer
from expo.words import whole_number
from sessions.usecases import Show

_HEADERS: Final = {EMBEDDABLE_HEADER: "1"}
_MOST_DIGITS: Final = 3  # of a day's number in an address


class WidgetState(TypedDict):
    """What this page needs."""

    pages: Renderer
    show: Show


WidgetRequest = Request[WidgetState]


async def widget(request: WidgetRequest) -> Response:
    """The day that is on, or the one asked for, in a page for frames of other sites."""
    show, asked = request.state["show"], request.path_params.get("n")
    number = None if asked is None else _day(show, asked)

    def values() -> dict[str, Any]:
        board = show.board()
        found = next((one for one in board.days if one.day.n == number), board.day)
        return {"board": board, "day": found, "lasting": number is not None}

    # Whoever looks through another site's frame is nobody here, whatever cookies the browser sends.
    return request.state["pages"].kept(
        request,
        "sessions/widget.html",
        kind_of(Visit()),
        values,
        StandsOn(lambda: (show.rundown,), lambda: int(show.now().timestamp())),
        headers=lambda: _HEADERS,
    )


def _day(show: Show, asked: str) -> int:
    n = whole_number(asked, _MOST_DIGITS)
    if n is None or show.programme.day(n) is None:
        raise NotFound
    return n


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    place = "/{lang:lang}/widget"
    return [
        guarded(place, widget, Action.READ_PAGES),
        guarded(place + "/day/{n}", widget, Action.READ_PAGES),
    ]
