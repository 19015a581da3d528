"""Pages of the desk for streams: which sessions can be watched where, and how far viewers are behind."""

from collections.abc import Mapping
from typing import Any, Final, TypedDict

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.clock import Now
from expo.db import Database
from expo.errors import NotFound, Refusal, StaleVersion
from expo.identity.people import Visit
from expo.rights import Action
from expo.seen import mark, unless_changed
from expo.web import translations
from expo.web.forms import client_form
from expo.web.pages import NO_STORE, explained, guarded, wants_json
from expo.web.templates import Renderer
from expo.words import latin_digits
from sessions.desk.editing import WrongEntry, with_streams
from sessions.programme import Programme, Session
from sessions.reload import REASONS
from sessions.reloading.usecases import ChangeRefused
from sessions.schedule_words import MESSAGES
from sessions.streams import store
from sessions.streams.grace import Delays, grace, percentile
from sessions.streams.sources import PROVIDERS, Stream, is_outside
from sessions.usecases import Show

ROWS: Final = 6  # as many as a schedule takes


class StreamsState(TypedDict):
    """What these pages need."""

    pages: Renderer
    database: Database
    now: Now
    show: Show
    visit: Visit


StreamsRequest = Request[StreamsState]


class Measured(msgspec.Struct, frozen=True):
    """How far the viewers of a session are behind now, and what would follow if its contest closed."""

    viewers: int
    unmeasured: int
    behind: int | None
    """Seconds that 95 of a hundred measured viewers are behind at most."""
    grace: int | None
    """Seconds; None where the session asks nothing."""


async def overview(request: StreamsRequest) -> Response:
    """All sessions with their sources."""
    show, pages = request.state["show"], request.state["pages"]
    values = {"days": show.programme.days, "done": request.query_params.get("done", "")}
    return pages.page(request, "staff/streams.html", values, headers=NO_STORE)


async def sources(request: StreamsRequest) -> Response:
    """The form of one session's sources."""
    return await _form(request, [_row(one) for one in _session(request).streams])


async def save(request: StreamsRequest) -> Response:
    """Put a session's sources in force as the form has them, unless others came in force meanwhile."""
    session, fields = _session(request), await client_form(request)
    rows, seen = _rows(fields), fields.get("seen")
    actor, streams = request.state["visit"].somebody(), [_stream(row) for row in rows]

    def change(now: Programme) -> Programme:
        held = now.session(session.id)
        if held is not None:
            unless_changed(seen, held.streams, session=session.id)
        return with_streams(now, session.id, streams)

    try:
        await request.state["show"].amend(
            actor,
            change,
            action="change-streams",
            subject=session.id,
        )
    except Refusal as refusal:
        if wants_json(request):
            raise
        return await _form(request, rows, refusal)
    language = translations.language.get()
    return RedirectResponse(f"/{language}/staff/streams?done={session.id}", status_code=303)


async def _form(
    request: StreamsRequest, rows: list[dict[str, str]], refusal: Refusal | None = None
) -> Response:
    pages, session = request.state["pages"], _session(request)
    empty = {"provider": "", "where": "", "delay": ""}
    values: dict[str, Any] = {
        "session": session,
        "rows": [*rows, *[empty] * (ROWS - len(rows))],
        "providers": PROVIDERS,
        "seen": mark(session.streams),
        "now": [_row(one) for one in session.streams]
        if isinstance(refusal, StaleVersion)
        else None,
        "wrong": dict(_problems(refusal)),
        "measured": await _measured(request, session),
        "error": explained(refusal, pages.zone),
    }
    status = refusal.status if refusal else 200
    return pages.page(request, "staff/stream.html", values, status=status, headers=NO_STORE)


async def _measured(request: StreamsRequest, session: Session) -> Measured:
    """What all nodes have heard of this session's viewers in the last minute."""
    async with request.state["database"].read() as tx:
        delays = await store.lately(tx, session.id, request.state["now"]())
    return Measured(
        delays.measured, delays.unmeasured, percentile(delays), _grace(request, session, delays)
    )


def _grace(request: StreamsRequest, session: Session, delays: Delays) -> int | None:
    contest = request.state["show"].contest(session.id)
    if contest is None:
        return None
    least = contest.rules.grace_seconds
    if contest.grace is not None or not session.streams:
        return contest.grace_seconds
    return grace(delays, least=least, outside=any(map(is_outside, session.streams)))


def _rows(fields: Mapping[str, str]) -> list[dict[str, str]]:
    """The rows of the form that say anything, in order."""
    names = ("provider", "where", "delay")
    rows = [{name: fields.get(f"{name}-{n}", "").strip() for name in names} for n in range(ROWS)]
    return [row for row in rows if any(row.values())]


def _row(stream: Stream) -> dict[str, str]:
    delay = "" if stream.delay is None else str(stream.delay)
    return {"provider": stream.provider, "where": stream.id or stream.url, "delay": delay}


def _stream(row: Mapping[str, str]) -> dict[str, str]:
    """A row of the form as a schedule has it: what looks like an address is one."""
    where = row["where"]
    key = "url" if ":" in where or "/" in where else "id"
    found = {"provider": row["provider"]} | ({key: where} if where else {})
    return found | ({"delay": latin_digits(row["delay"])} if row["delay"] else {})


def _problems(refusal: Refusal | None) -> list[tuple[str, str]]:
    """Row and sentence of everything the form has wrong; the first of a row is kept."""
    if isinstance(refusal, WrongEntry):
        told = [(one.path, MESSAGES.get(one.code, one.code), one.facts) for one in refusal.problems]
        return [(row, translations.sentence(said, facts)) for row, said, facts in reversed(told)]
    if isinstance(refusal, ChangeRefused):
        reason = REASONS.get(str(refusal.facts["reason"]), "")
        return [("", translations.sentence(reason, {}))] if reason else []
    return []


def _session(request: StreamsRequest) -> Session:
    found = request.state["show"].programme.session(request.path_params["id"])
    if found is None:
        raise NotFound
    return found


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    manage, desk = Action.MANAGE_EXPO, "/{lang}/staff/streams"
    return [
        guarded(desk, overview, manage),
        guarded(f"{desk}/{{id}}", sources, manage),
        guarded(f"{desk}/{{id}}", save, manage, methods=("POST",)),
    ]
