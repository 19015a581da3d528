"""The fixed addresses of the schedule's files, for programs that follow it."""

from datetime import UTC
from email.utils import format_datetime
from typing import Final, TypedDict

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from expo.errors import N_, NotFound
from expo.rights import Action
from expo.web import translations
from expo.web.pages import guarded
from expo.words import LANGUAGES, Text, whole_number
from sessions.exchange.listing import Phrases
from sessions.exchange.usecases import WRITERS, ScheduleFiles

_MEDIA: Final = {
    "json": "application/json",
    "xml": "application/xml; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
}
_MOST_DIGITS: Final = 3  # of a day's number in an address


class FilesState(TypedDict):
    """What these addresses need."""

    schedule_files: ScheduleFiles


FilesRequest = Request[FilesState]


def phrases() -> Phrases:
    """The words in a file that are not the programme's, in both languages."""
    return Phrases(_both(N_("Main stage")), _both(N_("Cancelled")), _both(N_("Postponed")))


def _both(message: str) -> Text:
    return Text(**{one: translations.catalogue(one).gettext(message) for one in LANGUAGES})


async def as_json(request: FilesRequest) -> Response:
    """The schedule as c3voc JSON."""
    return _file(request, "json")


async def as_xml(request: FilesRequest) -> Response:
    """The schedule as frab XML."""
    return _file(request, "xml")


async def as_csv(request: FilesRequest) -> Response:
    """The schedule as a table."""
    return _file(request, "csv")


def _file(request: FilesRequest, ending: str) -> Response:
    """The file, or only that it is the one the asker has; anybody's page may read it.

    ``?lang=`` chooses the language, as everywhere; ``?day=`` one day.
    """
    found = request.state["schedule_files"].file(ending, translations.language.get(), _day(request))
    mark = f'"{found.mark}"'
    headers = {
        "etag": mark,
        "last-modified": format_datetime(found.modified_at.astimezone(UTC), usegmt=True),
        "cache-control": "no-cache",
        "vary": "accept-language",
        "access-control-allow-origin": "*",
        "content-disposition": f'inline; filename="schedule.{ending}"',
    }
    if mark in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=_MEDIA[ending], headers=headers)


def _day(request: FilesRequest) -> int:
    """The number of the day asked for; 0 for all.

    Raises:
        NotFound: It is no number.
    """
    asked = whole_number(request.query_params.get("day", "0"), _MOST_DIGITS)
    if asked is None:
        raise NotFound
    return asked


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    asks = {"json": as_json, "xml": as_xml, "csv": as_csv}
    return [guarded(f"/schedule.{one}", asks[one], Action.READ_PAGES) for one in WRITERS]
