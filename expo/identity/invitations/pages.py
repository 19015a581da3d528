"""Pages of invitations: the organisers' list of them, a list on its way in, and the door behind a link."""

import re
from datetime import datetime
from typing import Any, Final, TypedDict

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.clock import Now
from expo.errors import Refusal
from expo.identity.admission import PassTargets
from expo.identity.entering.pages import entered
from expo.identity.entering.usecases import Entering
from expo.identity.invitations.guests import COLUMNS, ROLES
from expo.identity.invitations.usecases import MOST_LISTED, Invitations
from expo.identity.invitations.values import Invitation, State
from expo.identity.people import Visit
from expo.lists.pages import csv_file
from expo.lists.reading import MOST_BYTES, MOST_ROWS, ListUnreadable
from expo.rights import Action
from expo.settings import Settings
from expo.web import translations
from expo.web.forms import client_upload
from expo.web.pages import PRIVATE, explained, guarded, wants_json
from expo.web.templates import Renderer

END: Final = "end"
"""The last field of the form with the file: without it the body was cut off."""
_LONGEST_WORDS: Final = 80
_ROOM: Final = 500_000  # bytes of the form round the file
_DRAFT: Final = re.compile("[0-9a-f]{32}")
_EXAMPLES: Final = (
    ("maha@example.ae", "مها", "team", "", "dewa", "ar"),
    ("omar@example.ae", "Omar", "employee", "", "", "en"),
)


class InvitationState(TypedDict):
    """What these pages need."""

    settings: Settings
    pages: Renderer
    now: Now
    invitations: Invitations
    entering: Entering
    pass_targets: Any
    visit: Visit


InvitationRequest = Request[InvitationState]


# --- organisers ---


async def people(request: InvitationRequest) -> Response:
    """Every invitation, and the form for a list of new ones."""
    return await _people(request)


async def check(request: InvitationRequest) -> Response:
    """Read a list that was sent, and show what it would do."""
    try:
        async with client_upload(request, last=END) as (fields, upload):
            raw = upload.file.read(MOST_BYTES + 1) if upload else fields.get("pasted", "").encode()
        draft = await request.state["invitations"].look_at(request.state["visit"].somebody(), raw)
    except ListUnreadable as refusal:
        if wants_json(request):
            raise
        return await _people(request, refusal=refusal)
    return RedirectResponse(f"{_here()}/check/{draft}", status_code=303)


async def checked(request: InvitationRequest) -> Response:
    """What a waiting list would do: whom it invites, and every row that is wrong."""
    draft = _draft(request)
    read = await request.state["invitations"].waiting(draft)
    targets: PassTargets = request.state["pass_targets"]()
    values = {
        "draft": draft,
        "read": read,
        "names": {one.id: one.name for one in (*targets.electorates, *targets.entities)},
    }
    if wants_json(request):
        rows = [(one.line, one.column, one.code, one.value) for one in read.errors]
        return JSONResponse({"guests": len(read.guests), "errors": rows})
    pages = request.state["pages"]
    return pages.page(request, "staff/people_check.html", values, headers=PRIVATE)


async def put_in_force(request: InvitationRequest) -> Response:
    """Invite everybody whose row is good."""
    count = await request.state["invitations"].put_in_force(
        request.state["visit"].somebody(), _draft(request)
    )
    if wants_json(request):
        return JSONResponse({"invited": count})
    return RedirectResponse(f"{_here()}?invited={count}", status_code=303)


async def send_again(request: InvitationRequest) -> Response:
    """A new letter with a new link."""
    await request.state["invitations"].send_again(
        request.state["visit"].somebody(), request.path_params["id"]
    )
    return _done(request, "sent")


async def revoke(request: InvitationRequest) -> Response:
    """Take an invitation back."""
    await request.state["invitations"].revoke(
        request.state["visit"].somebody(), request.path_params["id"]
    )
    return _done(request, "revoked")


async def as_list(request: InvitationRequest) -> Response:
    """Every invitation as a list that can be read in again."""
    now = request.state["now"]()
    found = await request.state["invitations"].listed(limit=MOST_ROWS)
    head = (*(column.name for column in COLUMNS), "state", "sent_at")
    lines = [(*_cells(one), one.state(now).value, _stamp(one.sent_at)) for one in found]
    return await csv_file(head, lines, "invitations.csv")


async def template(_request: InvitationRequest) -> Response:
    """An empty list to fill in, with two examples."""
    return await csv_file(tuple(column.name for column in COLUMNS), list(_EXAMPLES), "people.csv")


async def _people(request: InvitationRequest, *, refusal: Refusal | None = None) -> Response:
    pages, invitations = request.state["pages"], request.state["invitations"]
    targets: PassTargets = request.state["pass_targets"]()
    asked = request.query_params
    words = asked.get("q", "")[:_LONGEST_WORDS].replace("\0", "")
    state = next((one for one in State if one.value == asked.get("state")), None)
    invited = asked.get("invited", "")
    values = {
        "found": await invitations.listed(words, state),
        "counts": await invitations.counts(),
        "most": MOST_LISTED,
        "words": words,
        "state": state.value if state else "",
        "states": [one.value for one in State],
        "names": {one.id: one.name for one in (*targets.electorates, *targets.entities)},
        "columns": [column.name for column in COLUMNS],
        "roles": [role.value for role in ROLES],
        "electorates": targets.electorates,
        "entities": targets.entities,
        "now": request.state["now"](),
        "tz": pages.zone,
        "invited": int(invited) if re.fullmatch("[0-9]{1,6}", invited) else None,
        "done": asked.get("done", ""),
        "error": explained(refusal, pages.zone),
    }
    status = refusal.status if refusal else 200
    return pages.page(request, "staff/people.html", values, status=status, headers=PRIVATE)


# --- whoever follows a link ---


async def door(request: InvitationRequest) -> Response:
    """The page behind a link: a button, so that a mail scanner that looks uses nothing up."""
    try:
        found = await request.state["invitations"].look(
            request.path_params["token"], request.state["visit"]
        )
    except Refusal as refusal:
        if wants_json(request):
            raise
        return _door(request, None, refusal)
    return _door(request, found, None)


async def come_in(request: InvitationRequest) -> Response:
    """Let in whoever pressed the button."""
    try:
        arrival = await request.state["invitations"].accept(
            request.path_params["token"], request.state["visit"]
        )
    except Refusal as refusal:
        if wants_json(request):
            raise
        return _door(request, None, refusal)
    return entered(request, arrival)


def _door(
    request: InvitationRequest, found: Invitation | None, refusal: Refusal | None
) -> Response:
    pages = request.state["pages"]
    targets: PassTargets = request.state["pass_targets"]()
    entity = found.entity if found else None
    values = {
        "invitation": found,
        "entity": next((one.name for one in targets.entities if one.id == entity), None),
        "error": explained(refusal, pages.zone),
    }
    status = refusal.status if refusal else 200
    return pages.page(request, "identity/invitation.html", values, status=status, headers=PRIVATE)


# --- parts ---


def _draft(request: InvitationRequest) -> str:
    draft = str(request.path_params["draft"])
    return draft if _DRAFT.fullmatch(draft) else ""


def _here() -> str:
    return f"/{translations.language.get()}/staff/people"


def _done(request: InvitationRequest, what: str) -> Response:
    if wants_json(request):
        return Response(status_code=204)
    return RedirectResponse(f"{_here()}?done={what}", status_code=303)


def _cells(one: Invitation) -> tuple[str, ...]:
    scope = (one.electorate or "", one.entity or "")
    return (one.email, one.name, one.role.value, *scope, one.language)


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="seconds")


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    manage, post = Action.MANAGE_PEOPLE, ("POST",)
    staff = "/{lang}/staff/people"
    return [
        guarded(staff, people, manage),
        guarded(f"{staff}/check", check, manage, methods=post, most_bytes=MOST_BYTES + _ROOM),
        guarded(f"{staff}/check/{{draft}}", checked, manage),
        guarded(f"{staff}/check/{{draft}}", put_in_force, manage, methods=post),
        guarded(f"{staff}/invitations.csv", as_list, manage),
        guarded(f"{staff}/template.csv", template, manage),
        guarded(f"{staff}/{{id}}/send", send_again, manage, methods=post),
        guarded(f"{staff}/{{id}}/revoke", revoke, manage, methods=post),
        guarded("/{lang}/invitation/{token}", door, Action.SIGN_IN),
        guarded("/{lang}/invitation/{token}", come_in, Action.SIGN_IN, methods=post),
    ]
