"""A bulletin to be printed and shared: documents and pictures, made when somebody first asks for them."""

from collections.abc import Mapping
from typing import Final, get_args

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from expo.errors import NotFound
from expo.rights import Action
from expo.web.pages import guarded
from expo.words import Language
from sessions.bulletin.edition import Edition
from sessions.bulletin.pages import FOR_GOOD, NEWEST, BulletinState, answer, kept, named
from sessions.bulletin.printing.usecases import Print, Prints
from sessions.bulletin.type.cards import Shape

_SHAPES: Final = frozenset(get_args(Shape))


class PrintState(BulletinState):
    """What these pages need of the request's state."""

    prints: Prints


Asked = Request[PrintState]


async def as_pdf(request: Asked) -> Response:
    """A version as a document in one language."""
    language: Language = request.path_params["lang"]
    edition = kept(request, request.path_params["n"], request.path_params["k"]).edition
    found = await request.state["prints"].pdf(edition, language)
    return _print(request, found, "application/pdf", f"{language}.pdf", FOR_GOOD)


async def expo_pdf(request: Asked) -> Response:
    """All days together as a document in one language."""
    language: Language = request.path_params["lang"]
    edition = request.state["bulletins"].whole()
    if edition is None:
        raise NotFound
    found = await request.state["prints"].pdf(edition, language)
    return _print(request, found, "application/pdf", f"{language}.pdf", NEWEST)


async def day_card(request: Asked) -> Response:
    """A picture of a day's newest bulletin, to be shared."""
    return await _card(request, kept(request, request.path_params["n"], None).edition, None)


async def contest_card(request: Asked) -> Response:
    """A picture of one contest's result, to be shared; as soon as the result is public."""
    contest = request.path_params["contest"]
    edition = request.state["bulletins"].alone(contest)
    if edition is None:
        raise NotFound
    return await _card(request, edition, contest)


async def _card(request: Asked, edition: Edition, contest: str | None) -> Response:
    shape, language = request.path_params["shape"], request.path_params["lang"]
    if shape not in _SHAPES:
        raise NotFound
    found = await request.state["prints"].card(edition, contest, shape, language)
    return _print(request, found, "image/png", f"{shape}.{language}.png", NEWEST)


def _print(
    request: Asked, found: Print, media: str, ending: str, headers: Mapping[str, str]
) -> Response:
    return answer(request, found.data, media, {**headers, **named(request, ending)}, found.mark)


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    read, day, card = Action.READ_PAGES, "/bulletin/day/{n:int}", "card-{shape}.{lang}.png"
    return [
        guarded("/bulletin/expo.{lang}.pdf", expo_pdf, read),
        guarded(f"{day}/v{{k:int}}.{{lang}}.pdf", as_pdf, read),
        guarded(f"{day}/{card}", day_card, read),
        guarded(f"/bulletin/{{contest}}/{card}", contest_card, read),
    ]
