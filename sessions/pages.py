"""The public pages of the stage: home, schedule, days, sessions, initiatives, codes and calendars."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, Final, TypedDict

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.clock import Now
from expo.errors import N_, NotFound
from expo.identity.people import Visit, kind_of
from expo.rights import Action
from expo.settings import Settings
from expo.web import translations
from expo.web.guards import FRAME_HEADER, MEDIA_HEADER
from expo.web.kept import StandsOn
from expo.web.pages import NO_STORE, explained, guarded
from expo.web.templates import Parts, Renderer
from expo.words import Language, whole_number
from sessions import ical
from sessions.board import DayRow
from sessions.comparing import pages as programme_pages
from sessions.control import pages as control_pages
from sessions.exchange.usecases import running_of
from sessions.programme import Day, Programme, Session
from sessions.projector import pages as projector_pages
from sessions.usecases import Show
from sessions.views import SessionView, session_view
from voting import visibility
from voting.ballot_orders import arranged, order_of
from voting.contests import Contest
from voting.usecases import Voting
from voting.views import BallotView, is_own

_TICKS: Final = 2
"""A second, in which pages with a clock or a turnout are made anew: as often as sockets are told."""
_CALENDAR = "text/calendar; charset=utf-8"
_MOST_CHOSEN: Final = 500
"""Sessions in a calendar of one's own."""
_MOST_DIGITS = 3  # of a day's number in an address


class UnknownCode(NotFound):
    """No session has this join code."""

    code = N_("unknown-code")


class StageState(TypedDict):
    """What these pages need."""

    settings: Settings
    pages: Renderer
    now: Now
    visit: Visit
    voting: Voting
    show: Show


StageRequest = Request[StageState]


async def home(request: StageRequest) -> Response:
    """Today: what is on, what follows, what one counts down to."""
    show = request.state["show"]

    def now() -> tuple[SessionView, ...]:
        return tuple(_view(show, row.session) for row in show.board().now)

    def values() -> dict[str, Any]:
        board, channels = show.board(), show.programme.channels
        return {
            "board": board,
            "day": board.day,
            "now": now(),
            "channels": channels,
            "results": _results(show, board.day),
        }

    return _kept(request, "sessions/home.html", values, _by_clock(show), lambda: _embedding(*now()))


def _results(show: Show, of: DayRow) -> tuple[Contest, ...]:
    """The contests of a day whose result is out."""
    asked = (show.contest(row.session.id) for row in of.rows)
    return tuple(one for one in asked if one and visibility.is_shown(one))


async def schedule(request: StageRequest) -> Response:
    """All days with all sessions."""
    show = request.state["show"]

    def values() -> dict[str, Any]:
        board = show.board()
        return {"board": board, "day": board.day}

    return _kept(request, "sessions/schedule.html", values, _by_clock(show))


async def day(request: StageRequest) -> Response:
    """One day's sessions."""
    show, number = request.state["show"], _day(request).n

    def values() -> dict[str, Any]:
        board = show.board()
        return {"board": board, "day": next(one for one in board.days if one.day.n == number)}

    return _kept(request, "sessions/day.html", values, _by_clock(show))


async def session(request: StageRequest) -> Response:
    """One session with its initiatives and its ballot."""
    return await _session_page(request, _session(request))


async def code_page(request: StageRequest) -> Response:
    """The page a join code leads to, itself: one step from the QR code to the ballot."""
    show = request.state["show"]
    target = show.code_target(request.path_params["code"])
    found = show.programme.session(target) if target else None
    if found is None:
        return _join_page(request, error=UnknownCode())
    return await _session_page(request, found)


async def code_entry(request: StageRequest) -> Response:
    """Where a code is typed; a typed code leads on to its page."""
    typed = request.query_params.get("code")
    if typed is None:
        return _join_page(request)
    target = request.state["show"].code_target(typed)
    if target is None:
        return _join_page(request, error=UnknownCode())
    address = f"/{translations.language.get()}/session/{target}"
    return RedirectResponse(address, status_code=303, headers=NO_STORE)


async def initiative(request: StageRequest) -> Response:
    """One initiative."""
    show = request.state["show"]
    programme = show.programme
    found = programme.initiative(request.path_params["id"])
    if found is None:
        raise NotFound
    shown = programme.sessions_of(found.id)

    def values() -> dict[str, Any]:
        return {
            "initiative": found,
            "entity": programme.entity(found.entity),
            "session": _view(show, shown[0]) if shown else None,
        }

    return _kept(request, "sessions/initiative.html", values, StandsOn(lambda: (show.rundown,)))


async def about(request: StageRequest) -> Response:
    """How ranking and counting work, what is known about whom, and how to use the site."""
    show = request.state["show"]
    values = partial(dict[str, Any], programme=show.programme)
    return _kept(request, "pages/about.html", values, StandsOn(lambda: (show.rundown,)))


# --- calendars ---


class _Telling(TypedDict):
    """What every calendar is told besides its sessions."""

    language: Language
    stamped_at: datetime
    site: str
    statuses: Mapping[str, str]


def _telling(request: StageRequest) -> _Telling:
    rundown = request.state["show"].rundown
    return {
        "language": translations.language.get(),
        "stamped_at": rundown.imported_at,
        "site": request.state["settings"].public_url,
        "statuses": rundown.statuses,
    }


async def calendar(request: StageRequest) -> Response:
    """All sessions of all days as iCalendar, or ``?only=`` those of these ids, a comma between two."""
    running = running_of(request.state["show"])
    only = request.query_params.get("only")
    if only is not None:
        running = _with_only(running, frozenset(only.split(",", _MOST_CHOSEN)))
    return _calendar(ical.of_programme(running, **_telling(request)), "expo")


async def day_calendar(request: StageRequest) -> Response:
    """One day as iCalendar."""
    number, running = _day(request).n, running_of(request.state["show"])
    found = next(one for one in running.days if one.n == number)
    content = ical.of_day(running, found, **_telling(request))
    return _calendar(content, f"day-{found.n}")


async def session_calendar(request: StageRequest) -> Response:
    """One session as iCalendar."""
    asked, running = _session(request).id, running_of(request.state["show"])
    found = next(one for one in running.sessions if one.id == asked)
    content = ical.of_session(running, found, **_telling(request))
    return _calendar(content, found.id)


# --- inside ---


async def _session_page(request: StageRequest, found: Session) -> Response:
    show, voting, visit = request.state["show"], request.state["voting"], request.state["visit"]
    if show.contest(found.id) is None:
        return _kept_session(request, found, kind_of(visit), None)
    own = await voting.own_ballot(visit, found.id)
    kind = kind_of(visit, votes=True)
    if kind is not None and own.kept is None:
        cast_id = voting.new_cast_id() if visit.person else ""
        contest = show.contest(found.id) or own.contest  # after waiting: as the page is made
        return _kept_session(request, found, kind, _parts(contest, kind, own.seed, cast_id))
    view = _view(show, found)
    values = _session_values(show, view, voting.own_view(visit, own))
    headers = {**NO_STORE, **_embedding(view)}
    return request.state["pages"].page(request, "sessions/session.html", values, headers=headers)


def _kept_session(
    request: StageRequest, found: Session, kind: Visit | None, parts: Parts | None
) -> Response:
    """The page of a session for everybody of this kind who has cast nothing in it."""
    show, voting = request.state["show"], request.state["voting"]

    def values() -> dict[str, Any]:
        ballot = voting.blank_ballot(kind, found.id) if parts and kind else None
        return _session_values(show, _view(show, found), ballot)

    def facts() -> tuple[object, ...]:
        contest, result = show.contest(found.id), voting.frozen(found.id)
        return show.rundown, contest, result, show.final(found.id)

    return request.state["pages"].kept(
        request,
        "sessions/session.html",
        kind,
        values,
        StandsOn(facts, lambda: _tick(show)),
        headers=lambda: {**NO_STORE, **_embedding(_view(show, found))},
        parts=parts,
    )


def _session_values(show: Show, view: SessionView, ballot: BallotView | None) -> dict[str, Any]:
    return {
        "session": view,
        "ballot": ballot,
        "board": show.board(),
        "code": view.code,
        "short_url": f"{show.site}/v/{view.code}",
        "final": show.final(view.id),
    }


def _parts(contest: Contest, kind: Visit, seed: str, cast_id: str) -> Parts:
    """The options of a ballot as this seed is shown them, and the id of its form."""
    options = tuple(option.id for option in contest.options)
    shown = [option.id for option in contest.options if not is_own(option, contest, kind)]
    places = {option: place for place, option in enumerate(shown)}
    return Parts(
        seed,
        lambda one: order_of(one, len(options)),
        lambda order: [places[one] for one in arranged(options, order) if one in places],
        cast_id,
    )


def _kept(
    request: StageRequest,
    template: str,
    values: Callable[[], Mapping[str, Any]],
    stands_on: StandsOn,
    headers: Callable[[], Mapping[str, str]] = dict,
    parts: Parts | None = None,
) -> Response:
    """The page, kept for whoever may be shown the same."""
    kind = kind_of(request.state["visit"])
    return request.state["pages"].kept(
        request, template, kind, values, stands_on, headers=headers, parts=parts
    )


def _by_clock(show: Show) -> StandsOn:
    """For pages that show the programme, its progress and the time."""
    return StandsOn(lambda: (show.rundown,), lambda: _tick(show))


def _tick(show: Show) -> int:
    return int(show.now().timestamp() * _TICKS)


def _join_page(request: StageRequest, error: NotFound | None = None) -> Response:
    template = "sessions/join.html"
    if error is None:
        return _kept(request, template, lambda: {"error": None}, StandsOn(lambda: ()))
    pages = request.state["pages"]
    told = explained(error, pages.zone)
    return pages.page(request, template, {"error": told}, status=error.status)


def _view(show: Show, found: Session) -> SessionView:
    expected = show.running().session(found.id) or found
    return session_view(show.rundown, expected, origin=show.site)


def _embedding(*views: SessionView) -> dict[str, str]:
    """The headers that let a page show the streams of these sessions after consent, and no others."""
    players = dict.fromkeys(one for view in views for one in view.players)
    media = dict.fromkeys(one for view in views for one in view.media)
    named = {FRAME_HEADER: " ".join(players), MEDIA_HEADER: " ".join(media)}
    return {name: value for name, value in named.items() if value}


def _session(request: StageRequest) -> Session:
    found = request.state["show"].programme.session(request.path_params["id"])
    if found is None:
        raise NotFound
    return found


def _day(request: StageRequest) -> Day:
    n = whole_number(request.path_params["n"], _MOST_DIGITS)
    found = None if n is None else request.state["show"].programme.day(n)
    if found is None:
        raise NotFound
    return found


def _with_only(programme: Programme, chosen: frozenset[str]) -> Programme:
    """The programme with the chosen sessions alone; ids that are none are passed over."""
    days = tuple(
        replace(one, sessions=tuple(each for each in one.sessions if each.id in chosen))
        for one in programme.days
    )
    return replace(programme, days=days)


def _calendar(content: bytes, name: str) -> Response:
    headers = {
        "content-disposition": f'inline; filename="{name}.ics"',
        "cache-control": "no-cache",
        "vary": "accept-language",
    }
    return Response(content, media_type=_CALENDAR, headers=headers)


def routes() -> list[BaseRoute]:
    """The routes of the stage: public pages, control room, projectors."""
    lang, read = "/{lang:lang}", Action.READ_PAGES
    return [
        guarded(f"{lang}/", home, read),
        guarded(f"{lang}/schedule", schedule, read),
        guarded(f"{lang}/day/{{n}}.ics", day_calendar, read),
        guarded(f"{lang}/day/{{n}}", day, read),
        guarded(f"{lang}/session/{{id}}.ics", session_calendar, read),
        guarded(f"{lang}/session/{{id}}", session, read),
        guarded(f"{lang}/initiative/{{id}}", initiative, read),
        guarded(f"{lang}/join", code_entry, read),
        guarded(f"{lang}/about", about, read),
        guarded("/schedule.ics", calendar, read),
        guarded("/v", code_entry, read),
        guarded("/V", code_entry, read),
        guarded("/v/{code}", code_page, read),
        guarded("/V/{code}", code_page, read),
        *control_pages.routes(),
        *programme_pages.routes(),
        *projector_pages.routes(),
    ]
