"""Bulletins before the public: pages, permanent files and feeds."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final, TypedDict

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from expo.errors import N_, NotFound
from expo.identity.people import Visit, kind_of
from expo.rights import Action
from expo.web import translations
from expo.web.kept import StandsOn
from expo.web.pages import NO_STORE, guarded
from expo.web.templates import Renderer
from expo.words import LANGUAGES, Language, Text
from sessions.bulletin import feeds, files
from sessions.bulletin.changes import WORDS as CHANGES
from sessions.bulletin.shown import Kept
from sessions.bulletin.usecases import Bulletins
from sessions.usecases import Show

FOR_GOOD: Final = {"cache-control": "public, max-age=31536000, immutable"}
"""Of a permanent address: its bytes never change."""
NEWEST: Final = {"cache-control": "public, max-age=60"}
"""Of an address that shows the newest version."""
_TITLE: Final = N_("Daily bulletin")
_CORRECTION: Final = N_("Correction")


class BulletinState(TypedDict):
    """What these pages need of the request's state."""

    pages: Renderer
    bulletins: Bulletins
    show: Show
    visit: Visit


Asked = Request[BulletinState]


# --- pages ---


async def day_page(request: Asked) -> Response:
    """The newest version of a day's bulletin; before the first one, that it is still to come."""
    day = request.path_params["n"]
    planned = request.state["show"].programme.day(day)
    if planned is not None and request.state["bulletins"].shown.newest(day) is None:
        pages, values = request.state["pages"], {"day": planned}
        return pages.page(request, "bulletin/to_come.html", values, status=404, headers=NO_STORE)
    return await _version_page(request, None)


async def version_page(request: Asked) -> Response:
    """One version of a day's bulletin; an old one says which is the newest."""
    return await _version_page(request, request.path_params["k"])


async def _version_page(request: Asked, version: int | None) -> Response:
    bulletins, day = request.state["bulletins"], request.path_params["n"]
    kept(request, day, version)

    def values() -> dict[str, object]:
        shown = bulletins.shown
        found = kept(request, day, version)
        newest = shown.newest(day)
        return {
            "edition": found.edition,
            "newest": newest.edition if newest else found.edition,
            "versions": [one.edition for one in shown.versions(day)],
            "changes": shown.changes(found.edition),
            "words": CHANGES,
            "days": shown.days,
            "files": files.permanent(day, found.edition.version),
            "is_preview": False,
            "tz": request.state["pages"].zone,
        }

    return _page(request, "bulletin/day.html", values)


async def expo_page(request: Asked) -> Response:
    """All days together, and how to be told of them."""
    bulletins, programme = request.state["bulletins"], request.state["show"].programme

    def values() -> dict[str, object]:
        shown = bulletins.shown
        return {
            "edition": bulletins.whole(),
            "editions": [one for day in shown.days if (one := shown.edition(day)) is not None],
            "tz": request.state["pages"].zone,
            "to_come": [day for day in programme.days if day.n not in shown.days],
        }

    return _page(request, "bulletin/expo.html", values)


def _page(request: Asked, template: str, values: Callable[[], Mapping[str, Any]]) -> Response:
    bulletins, show = request.state["bulletins"], request.state["show"]

    def facts() -> tuple[object, ...]:
        return bulletins.shown, show.programme.days, show.programme.title

    kind = kind_of(request.state["visit"])
    return request.state["pages"].kept(request, template, kind, values, StandsOn(facts))


# --- permanent files ---


async def as_json(request: Asked) -> Response:
    """The canonical JSON of a version, exactly as it was signed."""
    return _file(request, _asked(request).body.encode(), "application/json", "json")


async def as_note(request: Asked) -> Response:
    """The signed note about the JSON."""
    return _file(request, _asked(request).note.encode(), "text/plain; charset=utf-8", "note")


async def as_csv(request: Asked) -> Response:
    """The rankings of a version for a spreadsheet."""
    return _file(request, files.as_csv(_asked(request).edition), "text/csv; charset=utf-8", "csv")


# --- feeds ---


async def feed(request: Asked) -> Response:
    """Every bulletin, newest first, in both languages."""
    return _feed(request, None)


async def language_feed(request: Asked) -> Response:
    """Every bulletin, newest first, in one language."""
    return _feed(request, request.path_params["lang"])


def _feed(request: Asked, language: Language | None) -> Response:
    bulletins = request.state["bulletins"]
    about = feeds.Feed(
        site=bulletins.public_url,
        expo=request.state["show"].programme.title,
        title=_both(_TITLE),
        corrected=_both(_CORRECTION),
        language=language,
    )
    body = feeds.atom(about, bulletins.shown.entries())
    media = f"{feeds.MEDIA_TYPE}; charset=utf-8"
    return answer(request, body, media, {**NEWEST}, _hash(body))


# --- parts ---


def kept(request: Request[Any], day: int, version: int | None) -> Kept:
    """A published version; the newest where none is named.

    Raises:
        NotFound: It is not public.
    """
    shown = request.state["bulletins"].shown
    found: Kept | None = shown.newest(day) if version is None else shown.version(day, version)
    if found is None:
        raise NotFound
    return found


def _asked(request: Asked) -> Kept:
    return kept(request, request.path_params["n"], request.path_params["k"])


def _file(request: Asked, body: bytes, media: str, ending: str) -> Response:
    return answer(request, body, media, {**FOR_GOOD, **named(request, ending)}, _hash(body))


def answer(
    request: Request[Any], body: bytes, media: str, headers: Mapping[str, str], mark: str
) -> Response:
    """The bytes, or only that they are those the asker has."""
    told = {**headers, "etag": f'"{mark}"'}
    if f'"{mark}"' in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=told)
    return Response(body, media_type=media, headers=told)


def named(request: Request[Any], ending: str) -> dict[str, str]:
    """What a browser calls the file when somebody keeps it."""
    path = request.path_params
    day = f"-day-{path['n']}" if "n" in path else ""
    version = f"-v{path['k']}" if "k" in path else ""
    name = f"sawt-{path.get('contest', 'bulletin')}{day}{version}.{ending}"
    return {"content-disposition": f'inline; filename="{name}"'}


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:32]


def _both(message: str) -> Text:
    return Text(*(translations.catalogue(one).gettext(message) for one in LANGUAGES))


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    read, day = Action.READ_PAGES, "/bulletin/day/{n:int}"
    version = f"{day}/v{{k:int}}"
    return [
        guarded("/{lang}/bulletin", expo_page, read),
        guarded("/{lang}/bulletin/feed.atom", language_feed, read),
        guarded("/bulletin/feed.atom", feed, read),
        guarded(f"/{{lang}}{day}", day_page, read),
        guarded(f"/{{lang}}{version}", version_page, read),
        guarded(f"{version}.json", as_json, read),
        guarded(f"{version}.note", as_note, read),
        guarded(f"{version}.csv", as_csv, read),
    ]
