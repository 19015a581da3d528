"""Pages of the bulletin's desk: what the days need, and one day from its draft to its correction."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypedDict
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.errors import BadRequest, NotAllowed, Refusal
from expo.identity.people import Visit
from expo.rights import Action, may
from expo.web import translations
from expo.web.forms import client_form
from expo.web.pages import NO_STORE, explained, guarded, wants_json
from expo.web.templates import Renderer
from expo.words import LANGUAGES, Text, latin_digits
from sessions.bulletin import files
from sessions.bulletin.changes import WORDS as CHANGES
from sessions.bulletin.checks import BulletinBlocked, Reason, told
from sessions.bulletin.states import State, WrongStep
from sessions.bulletin.subscribing.usecases import Subscriptions
from sessions.bulletin.usecases import Bulletins, Preparation
from sessions.bulletin.values import (
    CORRECTION_LENGTH,
    HEADING_LENGTH,
    INTRODUCTION_LENGTH,
    Bulletin,
    Words,
)
from voting.wording import METHOD_NAMES

_REVISION: Final = re.compile("[0-9]{1,9}")
_LOCAL: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?")
_DO: Final = frozenset({"begin", "save", "send", "back", "publish"})
"""What preparing a bulletin takes; reviewing is another right."""
_REVIEW: Final = "review"
_WORDS: Final = ("heading", "introduction", "correction")
_TYPED: Final = frozenset(f"{name}-{code}" for name in _WORDS for code in LANGUAGES)
"""Fields of the form of words."""


class DeskState(TypedDict):
    """What these pages need."""

    pages: Renderer
    bulletins: Bulletins
    subscriptions: Subscriptions
    visit: Visit


Asked = Request[DeskState]


async def overview(request: Asked) -> Response:
    """Every day with its newest version and what keeps it back."""
    values = {
        "days": await request.state["bulletins"].overview(),
        "subscribers": await request.state["subscriptions"].count(),
        "tz": request.state["pages"].zone,
    }
    pages = request.state["pages"]
    return pages.page(request, "staff/bulletins.html", values, headers=NO_STORE)


async def day(request: Asked) -> Response:
    """One day: check list, words, review, publication."""
    return await _day(request)


async def act(request: Asked) -> Response:
    """Carry out one step; the page says what it led to."""
    fields = await client_form(request)
    try:
        done = await _act(request, fields)
    except NotAllowed:
        raise
    except Refusal as refusal:
        if wants_json(request):
            raise
        return await _day(request, refusal, fields)
    return RedirectResponse(f"{_here(request)}?done={done}", status_code=303, headers=NO_STORE)


async def preview(request: Asked) -> Response:
    """The bulletin as it would be published, in the language of the address."""
    number = request.path_params["n"]
    edition = await request.state["bulletins"].preview(number)
    shown = request.state["bulletins"].shown
    values = {
        "edition": edition,
        "newest": edition,
        "versions": [one.edition for one in shown.versions(number)],
        "changes": shown.changes(edition),
        "words": CHANGES,
        "days": (number,),
        "files": files.permanent(number, edition.version),
        "is_preview": True,
        "tz": request.state["pages"].zone,
    }
    pages = request.state["pages"]
    return pages.page(request, "bulletin/day.html", values, headers=NO_STORE)


async def _act(request: Asked, fields: Mapping[str, str]) -> str:
    bulletins, visit = request.state["bulletins"], request.state["visit"]
    number, what = request.path_params["n"], fields.get("do", "")
    if what == _REVIEW:
        await bulletins.review(visit, number, _revision(fields))
        return _REVIEW
    if what not in _DO:
        raise BadRequest(what="do")
    if not may(visit.role, Action.PREPARE_BULLETIN):
        raise NotAllowed(action=Action.PREPARE_BULLETIN.value)
    match what:
        case "begin":
            await bulletins.begin(visit, number)
        case "save":
            await _save(request, fields)
        case "send":
            await bulletins.send(visit, number, await _seen(request, fields))
        case "back":
            await bulletins.back(visit, number, _revision(fields))
        case _:
            out = await bulletins.release(visit, number, _revision(fields))
            return "schedule" if out.state is State.SCHEDULED else "publish"
    return what


async def _seen(request: Asked, fields: Mapping[str, str]) -> int:
    """The revision to send: words typed beside the button are saved first, so that none are lost."""
    if _TYPED.isdisjoint(fields):
        return _revision(fields)
    return (await _save(request, fields)).revision


async def _save(request: Asked, fields: Mapping[str, str]) -> Bulletin:
    return await request.state["bulletins"].write(
        request.state["visit"],
        request.path_params["n"],
        _revision(fields),
        Words(*(_text(fields, name) for name in _WORDS)),
        _embargo(fields.get("embargo", ""), request.state["pages"].zone),
    )


def _text(fields: Mapping[str, str], name: str) -> Text:
    return Text(fields.get(f"{name}-ar", ""), fields.get(f"{name}-en", ""))


def _revision(fields: Mapping[str, str]) -> int:
    if not _REVISION.fullmatch(fields.get("revision", "")):
        raise BadRequest(what="revision")
    return int(fields["revision"])


def _embargo(typed: str, zone: ZoneInfo) -> datetime | None:
    """The instant of a local time as browsers write it; None where nothing was typed.

    Raises:
        BadRequest: It is no time.
    """
    plain = latin_digits(typed).strip()
    if not plain:
        return None
    if not _LOCAL.fullmatch(plain):
        raise BadRequest(what="embargo")
    try:
        return datetime.fromisoformat(plain).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:  # a thirteenth month; before the year 1
        raise BadRequest(what="embargo") from error


async def _day(
    request: Asked, refusal: Refusal | None = None, fields: Mapping[str, str] | None = None
) -> Response:
    bulletins, pages = request.state["bulletins"], request.state["pages"]
    number = request.path_params["n"]
    found = await bulletins.preparation(number)
    values: dict[str, Any] = {
        "found": found,
        "bulletin": found.bulletin,
        "checks": _told(found.reasons),
        "kept_back": _why_not(refusal),
        "fields": _typed(found, fields, pages.zone),
        "versions": [one.edition for one in bulletins.shown.versions(number)],
        "methods": METHOD_NAMES,
        "longest": {
            "heading": HEADING_LENGTH,
            "introduction": INTRODUCTION_LENGTH,
            "correction": CORRECTION_LENGTH,
        },
        "done": request.query_params.get("done", ""),
        "error": explained(refusal, pages.zone),
        "now": bulletins.now(),
        "tz": pages.zone,
    }
    status = refusal.status if refusal else 200
    return pages.page(request, "staff/bulletin.html", values, status=status, headers=NO_STORE)


def _typed(found: Preparation, fields: Mapping[str, str] | None, zone: ZoneInfo) -> dict[str, str]:
    """What stands in the form: what was typed, or else what is kept."""
    known: dict[str, str] = {}
    if found.bulletin is not None:
        words, embargo = found.bulletin.words, found.bulletin.embargo_at
        for name in _WORDS:
            text: Text = getattr(words, name)
            known |= {f"{name}-ar": text.ar, f"{name}-en": text.en}
        local = embargo.astimezone(zone) if embargo else None
        known["embargo"] = local.strftime("%Y-%m-%dT%H:%M") if local else ""
    return {**known, **(fields or {})}


def _told(reasons: tuple[Reason, ...]) -> list[str]:
    """Each reason as a sentence in the language in force."""
    return [told(one, translations.language.get(), translations.sentence) for one in reasons]


def _why_not(refusal: Refusal | None) -> list[str]:
    """What a refusal says beyond its sentence."""
    if isinstance(refusal, BulletinBlocked):
        return _told(refusal.reasons)
    if isinstance(refusal, WrongStep):
        return [translations.gettext(str(refusal.facts["reason"]))]
    return []


def _here(request: Asked) -> str:
    return f"/{translations.language.get()}/staff/bulletins/{request.path_params['n']}"


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    review, desk = Action.REVIEW_BULLETIN, "/{lang}/staff/bulletins"
    return [
        guarded(desk, overview, review),
        guarded(f"{desk}/{{n:int}}", day, review),
        guarded(f"{desk}/{{n:int}}", act, review, methods=("POST",)),
        guarded(f"{desk}/{{n:int}}/preview", preview, review),
    ]
