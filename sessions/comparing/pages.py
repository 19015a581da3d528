"""The programme page: an edited schedule, pasted or as a file, is compared and put in force.

It works without scripts. A file waits on our side between the look at the difference and the word,
so it is sent once, and what is put in force is what was compared.
"""

import asyncio
from typing import Final, TypedDict

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from expo.clock import Now
from expo.db import Database
from expo.errors import BadRequest, Refusal
from expo.identity.people import Visit
from expo.lists import usecases as waiting
from expo.rights import Action
from expo.web import translations
from expo.web.forms import client_form, client_upload
from expo.web.pages import NO_STORE, explained, guarded, wants_json
from expo.web.templates import Renderer
from sessions.exchange.importing import as_schedule
from sessions.reload import REASONS
from sessions.reloading.usecases import ReloadPreview
from sessions.schedule_nodes import SIZE_BYTES, ScheduleProblems
from sessions.schedule_words import MESSAGES
from sessions.usecases import Show

_ROOM: Final = 10_000  # bytes of the form round a file
_END: Final = "end"


class ProgrammeState(TypedDict):
    """What this page needs."""

    pages: Renderer
    database: Database
    now: Now
    visit: Visit
    show: Show


ProgrammeRequest = Request[ProgrammeState]


class Mistake(msgspec.Struct, frozen=True):
    """A mistake of a schedule, in words; ``line`` 0 where it stands in no one line."""

    line: int
    path: str
    message: str


class _Shown(msgspec.Struct, frozen=True):
    """What the page shows besides the programme in force."""

    preview: ReloadPreview | None = None
    refusal: Refusal | None = None
    text: str = ""
    """What was pasted."""
    draft: str = ""
    """Id of a file that waits."""
    is_applied: bool = False


async def programme(request: ProgrammeRequest) -> Response:
    """The programme in force, and the forms that compare an edited schedule with it."""
    return _page(request, _Shown())


async def reload(request: ProgrammeRequest) -> Response:
    """Show what an edited schedule would change, or put exactly that in force."""
    fields = await client_form(request)
    text, show = fields.get("text", ""), request.state["show"]
    try:
        raw = await _asked(request, text, fields.get("draft", ""))
        if fields.get("do") == "apply":
            somebody = request.state["visit"].somebody()
            await show.apply_reload(somebody, raw, fields.get("digest", ""))
            return _page(request, _Shown(is_applied=True))
        return _page(request, _Shown(await show.preview_reload(raw), text=text))
    except ScheduleProblems as found:
        return _page(request, _Shown(_unread(found), text=text))
    except Refusal as refusal:
        if wants_json(request):
            raise
        return _page(request, _Shown(refusal=refusal, text=text))


async def compare_file(request: ProgrammeRequest) -> Response:
    """Show what a file would change; it waits for the word."""
    show = request.state["show"]
    try:
        async with client_upload(request, last=_END) as (_, upload):
            content = upload.file.read(SIZE_BYTES + 1) if upload else b""
        if not content:
            raise BadRequest(what="file")
        raw = await asyncio.to_thread(as_schedule, content, show.programme)
        preview = await show.preview_reload(raw)
        draft = await _kept(request, raw) if preview.can_apply else ""
    except ScheduleProblems as found:
        return _page(request, _Shown(_unread(found)))
    except Refusal as refusal:
        if wants_json(request):
            raise
        return _page(request, _Shown(refusal=refusal))
    return _page(request, _Shown(preview, draft=draft))


async def _asked(request: ProgrammeRequest, text: str, draft: str) -> bytes | None:
    """The schedule that was sent as our own; None where the file on disk is meant.

    One of other software is laid over the programme in force.

    Raises:
        ListOutdated: The file does not wait any more.
        ScheduleProblems: It cannot be read.
    """
    if draft:
        kept = await waiting.taken(request.state["database"], draft, request.state["now"]())
        return kept.encode()
    if not text.strip():
        return None
    return await asyncio.to_thread(as_schedule, text.encode(), request.state["show"].programme)


async def _kept(request: ProgrammeRequest, raw: bytes) -> str:
    somebody = request.state["visit"].somebody()
    text = raw.decode()  # what can be put in force has been read as UTF-8
    return await waiting.kept(request.state["database"], text, somebody.id, request.state["now"]())


def _unread(found: ScheduleProblems) -> ReloadPreview:
    return ReloadPreview((), found.problems, "", can_apply=False)


def _page(request: ProgrammeRequest, shown: _Shown) -> Response:
    pages = request.state["pages"]
    values = {
        "programme": request.state["show"].programme,
        "preview": shown.preview,
        "problems": _mistakes(shown.preview) if shown.preview else (),
        "reasons": REASONS,
        "text": shown.text,
        "draft": shown.draft,
        "applied": shown.is_applied,
        "error": explained(shown.refusal, pages.zone),
    }
    status = shown.refusal.status if shown.refusal else 200
    return pages.page(request, "staff/programme.html", values, status=status, headers=NO_STORE)


def _mistakes(preview: ReloadPreview) -> tuple[Mistake, ...]:
    return tuple(
        Mistake(
            one.line, one.path, translations.sentence(MESSAGES.get(one.code, one.code), one.facts)
        )
        for one in preview.problems
    )


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    place, right = "/{lang:lang}/staff/programme", Action.RELOAD_PROGRAMME
    return [
        guarded(place, programme, right),
        guarded(place, reload, right, methods=("POST",)),
        guarded(
            f"{place}/file", compare_file, right, methods=("POST",), most_bytes=SIZE_BYTES + _ROOM
        ),
    ]
