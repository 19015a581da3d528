"""Pages of the desk: entities, electorates and contests to be edited, and lists in and out."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Final, TypedDict

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.clock import Now
from expo.db import Database
from expo.errors import BadRequest, NotFound, Refusal, StaleVersion
from expo.identity.people import Visit
from expo.lists import usecases as waiting
from expo.lists.pages import csv_file
from expo.lists.reading import MOST_BYTES, Row, rows_of
from expo.lists.workbooks import cells_in
from expo.rights import Action
from expo.seen import mark, unless_changed
from expo.web import translations
from expo.web.forms import client_form, client_upload
from expo.web.pages import NO_STORE, explained, guarded, wants_json
from expo.web.templates import Renderer
from sessions.desk import sheets
from sessions.desk.editing import (
    WrongEntry,
    fields_of,
    rules_of,
    with_contest,
    with_thing,
    without,
)
from sessions.desk.sheets import SHEETS, Sheet
from sessions.programme import METHODS, OWN_RULES, VISIBILITIES, Programme
from sessions.reload import REASONS
from sessions.reloading.usecases import ChangeRefused
from sessions.schedule_dump import plain
from sessions.schedule_file import parse
from sessions.schedule_nodes import Problem, ScheduleProblems
from sessions.schedule_words import MESSAGES
from sessions.usecases import Show
from voting.contests import Phase

_ROOM: Final = 200_000  # bytes of the form round a list
_END: Final = "end"
_EDITED: Final = frozenset({"entities", "electorates"})
_NEW: Final = "new"
_LONGEST_ID: Final = 64


class DeskState(TypedDict):
    """What these pages need."""

    pages: Renderer
    database: Database
    now: Now
    show: Show
    visit: Visit


DeskRequest = Request[DeskState]


async def overview(request: DeskRequest) -> Response:
    """Everything the expo is made of, and lists of it."""
    return await _overview(request)


# --- entities and electorates ---


async def thing(request: DeskRequest) -> Response:
    """The form of one entity or electorate."""
    section, name = _asked(request)
    return _thing_page(request, section, name, None)


async def save_thing(request: DeskRequest) -> Response:
    """Put an entity or electorate in force as the form has it, unless another form came first."""
    section, name = _asked(request)
    fields = await client_form(request)
    called = fields.get("id", "")[:_LONGEST_ID] if name == _NEW else name
    typed = {key: value for key, value in fields.items() if key != "id"}

    def change(now: Programme) -> Programme:
        if name != _NEW:
            unless_changed(fields.get("seen"), _thing(now, section, called))
        return with_thing(now, section, called, typed)

    try:
        if name == _NEW and _has(request.state["show"].programme, section, called):
            raise WrongEntry((Problem(0, "id", "repeated-id", {"id": called}),))
        await _amend(request, change, f"change-{section}", called)
    except Refusal as refusal:
        if wants_json(request):
            raise
        return _thing_page(request, section, name, fields, refusal)
    return _done(f"{section}")


async def remove(request: DeskRequest) -> Response:
    """Take an entity out of the programme."""
    name = request.path_params["id"]
    try:
        await _amend(request, lambda now: without(now, "entities", name), "remove-entity", name)
    except Refusal as refusal:
        if wants_json(request):
            raise
        return _thing_page(request, "entities", name, None, refusal)
    return _done("entities")


# --- contests ---


async def contest(request: DeskRequest) -> Response:
    """The form of what a session asks."""
    return _contest_page(request, None)


async def save_contest(request: DeskRequest) -> Response:
    """Put a contest in force as the form has it, unless another form came first."""
    fields = await client_form(request)
    session = _session(request)
    chosen = [key.removeprefix("place-") for key in fields if key.startswith("place-")]
    places = {name: fields[f"place-{name}"].strip() for name in chosen}
    wanted = sorted((place, name) for name, place in places.items() if place)
    rules = {key: value for key, value in fields.items() if not key.startswith("place-")}

    def change(now: Programme) -> Programme:
        unless_changed(fields.get("seen"), _contest(now, session))
        return with_contest(now, session, asked, rules)

    try:
        if any(not place.isdecimal() or len(place) > 2 for place, _ in wanted):
            raise BadRequest(what="place")
        asked = tuple(name for _, name in sorted((int(place), name) for place, name in wanted))
        await _amend(request, change, "change-contest", session)
    except Refusal as refusal:
        if wants_json(request):
            raise
        return _contest_page(request, fields, refusal)
    return _done("contests")


# --- lists ---


async def as_list(request: DeskRequest) -> Response:
    """A section of the programme as CSV."""
    sheet = _sheet(request)
    rows = sheets.rows_of(request.state["show"].programme, sheet)
    return await csv_file(sheet.columns, rows, f"{sheet.section}.csv")


async def check_list(request: DeskRequest) -> Response:
    """What a list would change: the difference as of any edited schedule, or every row that is wrong."""
    sheet, show = _sheet(request), request.state["show"]
    try:
        async with client_upload(request, last=_END) as (_, upload):
            raw = upload.file.read(MOST_BYTES + 1) if upload else b""
        rows = await asyncio.to_thread(lambda: rows_of(cells_in(raw), sheet.heads))
        text = sheets.schedule_with(show.programme, sheet, rows)
        try:
            await asyncio.to_thread(parse, text.encode())
        except ScheduleProblems as found:
            return await _overview(request, wrong=_by_row(found.problems, sheet, rows))
        preview = await show.preview_reload(text.encode())
        somebody = request.state["visit"].somebody()
        database, now = request.state["database"], request.state["now"]
        draft = await waiting.kept(database, text, somebody.id, now())
    except Refusal as refusal:
        if wants_json(request):
            raise
        return await _overview(request, refusal)
    values = {"section": sheet.section, "draft": draft, "preview": preview, "reasons": REASONS}
    pages = request.state["pages"]
    return pages.page(request, "staff/list_check.html", values, headers=NO_STORE)


async def apply_list(request: DeskRequest) -> Response:
    """Put in force exactly what was shown."""
    sheet, fields = _sheet(request), await client_form(request)
    try:
        database, now = request.state["database"], request.state["now"]
        text = await waiting.taken(database, fields.get("draft", ""), now())
        show = request.state["show"]
        await show.apply_reload(
            request.state["visit"].somebody(), text.encode(), fields.get("digest", "")
        )
    except Refusal as refusal:
        if wants_json(request):
            raise
        return await _overview(request, refusal)
    return _done(sheet.section)


def _by_row(
    problems: tuple[Problem, ...], sheet: Sheet, rows: tuple[Row, ...]
) -> list[tuple[int, str, str]]:
    """Line, column and sentence of everything that is wrong with a list."""
    told = []
    for one in problems:
        line, column = sheets.place_in(one.path, sheet, rows) or (0, one.path)
        told.append((line, column, _sentence(one)))
    return told


# --- parts ---


async def _amend(
    request: DeskRequest, change: Callable[[Programme], Programme], action: str, subject: str
) -> None:
    actor = request.state["visit"].somebody()
    await request.state["show"].amend(actor, change, action=action, subject=subject)


def _asked(request: DeskRequest) -> tuple[str, str]:
    section, name = request.path_params["section"], request.path_params["id"]
    is_new = name == _NEW and section == "entities"
    if section not in _EDITED or not (
        is_new or _has(request.state["show"].programme, section, name)
    ):
        raise NotFound
    return section, name


def _has(programme: Programme, section: str, name: str) -> bool:
    return any(one["id"] == name for one in plain(programme)[section])


def _sheet(request: DeskRequest) -> Sheet:
    sheet = SHEETS.get(request.path_params["section"])
    if sheet is None:
        raise NotFound
    return sheet


def _session(request: DeskRequest) -> str:
    name = str(request.path_params["id"])
    if request.state["show"].programme.session(name) is None:
        raise NotFound
    return name


def _thing(programme: Programme, section: str, name: str) -> dict[str, str]:
    """The fields of an entity's or electorate's form; none for what is not there."""
    things = plain(programme)[section]
    return next((fields_of(one) for one in things if one["id"] == name), {})


def _contest(programme: Programme, name: str) -> dict[str, str]:
    """The fields of the form of what a session asks."""
    session = programme.session(name)
    if session is None:
        raise NotFound
    rules = "own" if session.voting is not None else "expo"
    places = {f"place-{one}": str(n) for n, one in enumerate(session.initiatives, 1)}
    return {"rules": rules, **fields_of(rules_of(programme, name)), **places}


def _overtaken(refusal: Refusal | None, held: Mapping[str, str]) -> Mapping[str, str] | None:
    """What came in force before this form, for whoever has to decide between the two."""
    return held if isinstance(refusal, StaleVersion) else None


async def _overview(
    request: DeskRequest,
    refusal: Refusal | None = None,
    wrong: list[tuple[int, str, str]] | None = None,
) -> Response:
    pages, show = request.state["pages"], request.state["show"]
    contests = [
        (day, session, show.contest(session.id))
        for day in show.programme.days
        for session in day.sessions
    ]
    values = {
        "programme": show.programme,
        "contests": contests,
        "sections": tuple(SHEETS),
        "wrong": wrong or [],
        "done": request.query_params.get("done", ""),
        "error": explained(refusal, pages.zone),
        "tz": pages.zone,
    }
    status = refusal.status if refusal else 422 if wrong else 200
    return pages.page(request, "staff/expo.html", values, status=status, headers=NO_STORE)


def _thing_page(
    request: DeskRequest,
    section: str,
    name: str,
    typed: Mapping[str, str] | None,
    refusal: Refusal | None = None,
) -> Response:
    pages = request.state["pages"]
    held = _thing(request.state["show"].programme, section, name)
    values = {
        "section": section,
        "name": name,
        "fields": held if typed is None else typed,
        "seen": mark(held),
        "now": _overtaken(refusal, held),
        "problems": _problems(refusal),
        "is_wrong": {field for field, _ in _problems(refusal)}.__contains__,
        "error": explained(refusal, pages.zone),
    }
    status = refusal.status if refusal else 200
    return pages.page(request, "staff/thing.html", values, status=status, headers=NO_STORE)


def _contest_page(
    request: DeskRequest, typed: Mapping[str, str] | None, refusal: Refusal | None = None
) -> Response:
    pages, show = request.state["pages"], request.state["show"]
    programme, name = show.programme, _session(request)
    session, asked = programme.session(name), show.contest(name)
    if session is None:
        raise NotFound
    held = _contest(programme, name)
    entity = session.entity
    choices = [one for one in programme.initiatives if entity in {None, one.entity}]
    values: dict[str, Any] = {
        "session": session,
        "contest": asked,
        "is_locked": asked is not None and asked.phase is not Phase.DRAFT,
        "initiatives": choices,
        "fields": {**held, **(typed or {})},
        "seen": mark(held),
        "now": _overtaken(refusal, held),
        "methods": METHODS,
        "visibilities": VISIBILITIES,
        "owns": OWN_RULES,
        "electorates": programme.electorates,
        "problems": _problems(refusal),
        "is_wrong": {field for field, _ in _problems(refusal)}.__contains__,
        "error": explained(refusal, pages.zone),
        "tz": pages.zone,
    }
    status = refusal.status if refusal else 200
    return pages.page(request, "staff/contest.html", values, status=status, headers=NO_STORE)


def _problems(refusal: Refusal | None) -> list[tuple[str, str]]:
    """Field and sentence of everything a form has wrong."""
    if isinstance(refusal, WrongEntry):
        return [(one.path, _sentence(one)) for one in refusal.problems]
    if isinstance(refusal, ChangeRefused):
        reason = REASONS.get(str(refusal.facts["reason"]), "")
        return [("", translations.sentence(reason, {}))] if reason else []
    return []


def _sentence(problem: Problem) -> str:
    return translations.sentence(MESSAGES.get(problem.code, problem.code), problem.facts)


def _done(what: str) -> Response:
    language = translations.language.get()
    return RedirectResponse(f"/{language}/staff/expo?done={what}#{what}", status_code=303)


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    manage, post, desk = Action.MANAGE_EXPO, ("POST",), "/{lang}/staff/expo"
    return [
        guarded(desk, overview, manage),
        guarded(f"{desk}/contests/{{id}}", contest, manage),
        guarded(f"{desk}/contests/{{id}}", save_contest, manage, methods=post),
        guarded(f"{desk}/entities/{{id}}/remove", remove, manage, methods=post),
        guarded(f"{desk}/list/{{section}}", as_list, manage),
        guarded(
            f"{desk}/list/{{section}}", check_list, manage, methods=post,
            most_bytes=MOST_BYTES + _ROOM,
        ),
        guarded(f"{desk}/list/{{section}}/apply", apply_list, manage, methods=post),
        guarded(f"{desk}/{{section}}/{{id}}", thing, manage),
        guarded(f"{desk}/{{section}}/{{id}}", save_thing, manage, methods=post),
    ]  # fmt: skip
