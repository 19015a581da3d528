"""What is stored, told to everybody; one's own data, to be read, taken away and erased."""

from datetime import datetime
from typing import Any, Final, TypedDict

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.db import Database
from expo.errors import NotFound, Refusal
from expo.identity import store as people
from expo.identity.people import Person, Visit
from expo.identity.privacy.inventory import TABLES, by_purpose
from expo.identity.privacy.usecases import Privacy
from expo.identity.privacy.values import Copy, Kind, NotConfirmed
from expo.rights import Action
from expo.settings import Settings
from expo.web import translations
from expo.web.forms import client_form
from expo.web.pages import NO_STORE, clear_visit_cookie, explained, guarded, wants_json
from expo.web.templates import Renderer

_LEGIBLE: Final = {Kind.PERSONAL, Kind.PLAIN}
_MOST_SHOWN: Final = 50  # rows of one kind on the page; the file has all


class PrivacyState(TypedDict):
    """What these pages need."""

    settings: Settings
    pages: Renderer
    database: Database
    privacy: Privacy
    visit: Visit


PrivacyRequest = Request[PrivacyState]


async def stored(request: PrivacyRequest) -> Response:
    """Every table and column, by what it is for."""
    values = {"purposes": by_purpose(), "erased": "erased" in request.query_params}
    return request.state["pages"].page(request, "identity/privacy.html", values)


async def own_data(request: PrivacyRequest) -> Response:
    """Everything stored about whoever asks, to be read, or as a file."""
    person = request.state["visit"].somebody()
    copy = await request.state["privacy"].copy(person)
    if wants_json(request) or request.url.path.endswith(".json"):
        headers = {"content-disposition": 'attachment; filename="sawt-my-data.json"', **NO_STORE}
        body = msgspec.json.format(msgspec.json.encode(copy), indent=1)
        return Response(body, media_type="application/json", headers=headers)
    pages = request.state["pages"]
    values = {"groups": _groups(copy), "copy": copy, "tz": pages.zone, "most": _MOST_SHOWN}
    return pages.page(request, "identity/own_data.html", values, headers=NO_STORE)


async def ask_erase(request: PrivacyRequest) -> Response:
    """What an erasure takes and what it leaves, with a button."""
    return await _ask(request, request.state["visit"].somebody())


async def erase(request: PrivacyRequest) -> Response:
    """Erase whoever asks, on every device."""
    person = request.state["visit"].somebody()
    if (again := await _erased(request, person, person)) is not None:
        return again
    response: Response
    if wants_json(request):
        response = Response(status_code=204)
    else:
        response = RedirectResponse(
            f"/{translations.language.get()}/privacy?erased", status_code=303
        )
    clear_visit_cookie(response, request.state["settings"])
    return response


async def ask_erase_person(request: PrivacyRequest) -> Response:
    """The same, about somebody an organiser looked up."""
    return await _ask(request, await _known(request))


async def erase_person(request: PrivacyRequest) -> Response:
    """Erase somebody who asked an organiser for it."""
    if (
        again := await _erased(request, request.state["visit"].somebody(), await _known(request))
    ) is not None:
        return again
    if wants_json(request):
        return Response(status_code=204)
    return RedirectResponse(
        f"/{translations.language.get()}/staff/people/known?erased", status_code=303
    )


async def _known(request: PrivacyRequest) -> Person:
    async with request.state["database"].read() as tx:
        person = await people.find_person(tx, request.path_params["id"])
    if person is None:
        raise NotFound
    return person


async def _erased(request: PrivacyRequest, actor: Person, person: Person) -> Response | None:
    """Erase somebody; where that is refused, the page that says why."""
    try:
        if not (await client_form(request)).get("sure"):
            raise NotConfirmed
        await request.state["privacy"].erase(actor, person.id)
    except NotFound:
        raise
    except Refusal as refusal:
        if wants_json(request):
            raise
        return await _ask(request, person, refusal)
    return None


async def _ask(request: PrivacyRequest, person: Person, refusal: Refusal | None = None) -> Response:
    pages = request.state["pages"]
    values = {
        "person": person,
        "error": explained(refusal, pages.zone),
        "may_erase": await request.state["privacy"].may_erase(person.id),
        "here": request.url.path,
    }
    own = "id" not in request.path_params
    template = "identity/erase.html" if own else "staff/erase.html"
    status = refusal.status if refusal else 200
    return pages.page(request, template, values, status=status, headers=NO_STORE)


def _groups(copy: Copy) -> list[tuple[str, list[dict[str, Any]]]]:
    """A person's rows as the page shows them: by purpose and table, each in words and values."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for name, rows in copy.rows.items():
        if rows:
            table = TABLES[name]
            shown = [_words(table.columns, row) for row in rows[:_MOST_SHOWN]]
            of_purpose = groups.setdefault(table.purpose.value, [])
            of_purpose.append({"why": table.why, "rows": shown, "count": len(rows)})
    return list(groups.items())


def _words(columns: Any, row: dict[str, object]) -> list[tuple[str, list[object]]]:
    told = []
    for one in columns:
        values = [row[name] for name in one.names if one.kind in _LEGIBLE]
        shown = [_legible(value) for value in values if value not in (None, "", {})]
        if shown:
            told.append((one.what, shown))
    return told


def _legible(value: object) -> object:
    if isinstance(value, datetime | str | int):
        return value
    return msgspec.json.encode(value).decode()


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    keep, manage, mine = Action.KEEP_OWN_DATA, Action.MANAGE_PEOPLE, "/{lang}/me/data"
    theirs = "/{lang}/staff/people/known/{id}/erase"
    return [
        guarded("/{lang}/privacy", stored, Action.READ_PAGES),
        guarded(mine, own_data, keep),
        guarded(f"{mine}.json", own_data, keep),
        guarded(f"{mine}/erase", ask_erase, keep),
        guarded(f"{mine}/erase", erase, keep, methods=("POST",)),
        guarded(theirs, ask_erase_person, manage),
        guarded(theirs, erase_person, manage, methods=("POST",)),
    ]
