"""The pages of voting: the ballot without scripts, the day's results, and the receipt."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, tzinfo
from typing import Final, Literal, TypedDict

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.clock import Now
from expo.errors import BadRequest, Fact, Fault, NotFound, Refusal
from expo.identity.people import Visit, kind_of
from expo.rights import Action
from expo.web import translations
from expo.web.forms import content_type
from expo.web.kept import StandsOn
from expo.web.pages import (
    NO_STORE,
    client_form,
    guarded,
    refusal_response,
    safe_next,
    wants_json,
)
from expo.web.templates import Renderer
from expo.words import exact_time
from voting import visibility
from voting.ballots import places_in, ranking_in, tracker_in
from voting.contests import Contest, Phase
from voting.downloads import Published, day_csv, day_json
from voting.eligibility import UnknownContest
from voting.frames import worded
from voting.holds import Origin, origin_of
from voting.protocol import Cast
from voting.reading import Unreadable, cast_in
from voting.result_views import result_view
from voting.results import public
from voting.usecases import Voting
from voting.views import PendingView, ReceiptView, state_of, with_error

_JSON: Final = "application/json"
_WITHDRAW: Final = "withdraw"
"""Name of the button that takes the ballot back."""
_LONGEST_TYPED: Final = 64
"""Signs of a mistyped receipt number that are shown again."""


class VotingState(TypedDict):
    """What these pages need of the request's state."""

    voting: Voting
    visit: Visit
    pages: Renderer
    now: Now
    days: Callable[[], tuple[int, ...]]
    """Numbers of the expo's days, also of those that ask nothing yet."""
    subjects: Callable[[], tuple[str, ...]]
    """What contests are about, in the order in which it comes."""


Asked = Request[VotingState]


# --- casting without a socket ---


async def cast(request: Asked) -> Response:
    """Cast a ballot: JSON in, receipt out; or a form, answered with the page it came from."""
    if content_type(request) == _JSON:
        return await _cast_json(request)
    return await _cast_form(request)


async def _cast_json(request: Asked) -> Response:
    if "content-encoding" in request.headers:
        raise BadRequest(what="content-type")
    try:
        ballot = cast_in(await request.body())
    except Unreadable as error:
        raise BadRequest(what="json") from error
    if ballot.contest != request.path_params["contest"]:
        raise BadRequest(what="contest")
    receipt = await _voting(request).cast(
        request.state["visit"].person, ballot, request.state["now"](), _origin(request)
    )
    return _json(receipt)


async def _cast_form(request: Asked) -> Response:
    fields = await client_form(request)
    contest = _contest(request)
    arrived_at = request.state["now"]()
    ranking: tuple[str, ...] = ()
    try:
        if _WITHDRAW not in fields:
            ranking = ranking_in(fields)
        ballot = _cast_in(fields, contest, ranking)
        person = request.state["visit"].person
        receipt = await _voting(request).cast(person, ballot, arrived_at, _origin(request))
    except (Refusal, Fault) as problem:
        return await _ballot_again(request, contest, places_in(fields), problem)
    if wants_json(request):
        return _json(receipt)
    default = f"/{translations.language.get()}{contest.href}"
    address = safe_next(fields.get("next"), default)
    return RedirectResponse(f"{address}#ballot", status_code=303, headers=NO_STORE)


def _cast_in(fields: Mapping[str, str], contest: Contest, ranking: tuple[str, ...]) -> Cast:
    """The form as the same value a socket would have sent.

    Raises:
        BadRequest: The id is no UUID, or an option's name is absurd.
    """
    value = {"id": fields.get("id", ""), "contest": contest.id, "ranking": ranking}
    try:
        return msgspec.convert(value, Cast)
    except msgspec.ValidationError as error:
        raise BadRequest(what="field") from error


async def _ballot_again(
    request: Asked, contest: Contest, places: Mapping[str, int], problem: Refusal | Fault
) -> Response:
    """The ballot as it was filled in, with what went wrong."""
    if wants_json(request):
        return await refusal_response(request, problem)
    view = await _voting(request).ballot_view(request.state["visit"], contest.id)
    pages = request.state["pages"]
    shown = with_error(view, places, problem.code, _printable(problem.facts, pages.zone))
    return pages.page(
        request, "voting/ballot.html", {"ballot": shown}, status=problem.status, headers=NO_STORE
    )


async def mine(request: Asked) -> Response:
    """What counts for this person now, as JSON."""
    contest = _contest(request)
    found = await _voting(request).mine(request.state["visit"].person, contest.id)
    return _json(worded(found, translations.language.get()))


# --- results ---


async def results_day(request: Asked) -> Response:
    """Everything published about a day."""
    voting, day = _voting(request), _day(request)
    days, subjects = request.state["days"], request.state["subjects"]
    code = translations.language.get()

    def values() -> dict[str, object]:
        return {
            "day": day,
            "results": [
                result_view(contest, result, code, translations.gettext)
                for contest, result in _published(voting, day)
            ],
            "pending": _pending(voting, day, subjects()),
            "days": days(),
        }

    def facts() -> tuple[object, ...]:
        contests = tuple(voting.contests.on_day(day))
        return contests, tuple(voting.frozen(one.id) for one in contests), days(), subjects()

    kind = kind_of(request.state["visit"])
    return request.state["pages"].kept(
        request, "voting/results_day.html", kind, values, StandsOn(facts)
    )


def _pending(voting: Voting, day: int, subjects: Iterable[str]) -> list[PendingView]:
    """Contests of the day whose result is still to come."""
    return [
        PendingView(
            contest,
            state_of(contest),
            visibility.places(contest, voting.frozen(contest.id)),
            visibility.total_places(contest, voting.frozen(contest.id)),
        )
        for contest in _as_programmed(subjects, voting.contests.on_day(day))
        if not visibility.is_shown(contest)
    ]


async def results_json(request: Asked) -> Response:
    """The day's published results as canonical JSON."""
    day = _day(request)
    body = day_json(day, _published(_voting(request), day))
    return Response(body, media_type=_JSON, headers=_attached(day, "json"))


async def results_csv(request: Asked) -> Response:
    """The day's published rankings for a spreadsheet."""
    day = _day(request)
    body = day_csv(_published(_voting(request), day))
    return Response(body, media_type="text/csv", headers=_attached(day, "csv"))


# --- the receipt ---


async def receipt(request: Asked) -> Response:
    """What is known about a tracker; the ranking on the device of the person who cast it only."""
    tracker = tracker_in(request.path_params["tracker"])
    found = await _voting(request).receipt(request.state["visit"], tracker) if tracker else None
    if found is None:
        return _no_receipt(request, request.path_params["tracker"])
    contest, kept, is_own = found
    known = _voting(request).receipt_of(kept)
    options = tuple(option for one in kept.ranking if (option := contest.option(one)))
    view = ReceiptView(
        tracker=kept.tracker,
        status=_status(kept.status, is_empty=not kept.ranking),
        accepted_at=kept.accepted_at,
        revision=kept.revision,
        ranking=options if is_own else None,
        contest=contest,
        leaf=known.leaf,
        own=known if is_own else None,
        has_ledger=contest.id not in _voting(request).unsealed,
    )
    values = {"receipt": view, "now": request.state["now"]()}
    return request.state["pages"].page(request, "voting/receipt.html", values, headers=NO_STORE)


async def typed_receipt(request: Asked) -> Response:
    """Lead a receipt number that somebody typed to its page, however it was grouped."""
    typed = request.query_params.get("tracker", "")
    tracker = tracker_in(typed)
    if tracker is None:
        return _no_receipt(request, typed)
    address = f"/{translations.language.get()}/receipt/{tracker}"
    return RedirectResponse(address, status_code=303, headers=NO_STORE)


def _no_receipt(request: Asked, typed: str) -> Response:
    values = {"receipt": None, "typed": typed[:_LONGEST_TYPED]}
    pages = request.state["pages"]
    return pages.page(request, "voting/receipt.html", values, status=404, headers=NO_STORE)


async def receipts(request: Asked) -> Response:
    """The receipts the device keeps: the page is the same for all, the device fills it in."""
    values = {"now": request.state["now"]()}
    return request.state["pages"].page(request, "voting/receipts.html", values)


def routes() -> list[BaseRoute]:
    """All addresses of voting. Casting is open to everybody so that the refusal can say "join first"."""
    ballots, day = "/{lang:lang}/ballots/{contest}", "/results/day/{n:int}"
    return [
        guarded(ballots, cast, Action.FOLLOW_LIVE, methods=("POST",)),
        guarded(f"{ballots}/mine", mine, Action.FOLLOW_LIVE),
        guarded(f"{day}.json", results_json, Action.READ_PAGES),
        guarded(f"{day}.csv", results_csv, Action.READ_PAGES),
        guarded(f"/{{lang:lang}}{day}.json", results_json, Action.READ_PAGES),
        guarded(f"/{{lang:lang}}{day}.csv", results_csv, Action.READ_PAGES),
        guarded(f"/{{lang:lang}}{day}", results_day, Action.READ_PAGES),
        guarded("/{lang:lang}/receipt", typed_receipt, Action.READ_PAGES),
        guarded("/{lang:lang}/receipt/{tracker}", receipt, Action.READ_PAGES),
        guarded("/{lang:lang}/receipts", receipts, Action.READ_PAGES),
    ]


def _voting(request: Asked) -> Voting:
    return request.state["voting"]


def _origin(request: Asked) -> Origin:
    """Where a ballot by form or request comes from; when its page was there is not known."""
    return origin_of(request.state["visit"], request.client.host if request.client else "")


def _contest(request: Asked) -> Contest:
    contest = _voting(request).contests.get(request.path_params["contest"])
    if contest is None or contest.phase is Phase.DRAFT:
        raise UnknownContest
    return contest


def _day(request: Asked) -> int:
    day: int = request.path_params["n"]
    if day not in request.state["days"]():
        raise NotFound
    return day


def _as_programmed(subjects: Iterable[str], contests: Iterable[Contest]) -> list[Contest]:
    """Contests in the order in which their subjects come; what is in no programme comes last."""
    places = {subject: n for n, subject in enumerate(subjects)}
    return sorted(contests, key=lambda one: places.get(one.subject, len(places)))


def _published(voting: Voting, day: int) -> list[Published]:
    """Contests of the day whose whole result is public, in order of opening."""
    found = [
        (contest, public(result))
        for contest in voting.contests.on_day(day)
        if visibility.is_shown(contest) and (result := voting.frozen(contest.id))
    ]
    return sorted(found, key=lambda one: (one[0].opened_at or one[1].frozen_at, one[0].id))


def _status(
    status: str, *, is_empty: bool
) -> Literal["counted", "withdrawn", "quarantined", "void"]:
    """What became of a ballot, as the receipt page names it."""
    if status == "quarantined":
        return "quarantined"
    if status == "void":
        return "void"
    return "withdrawn" if is_empty else "counted"


def _printable(facts: Mapping[str, Fact], zone: tzinfo) -> dict[str, Fact]:
    """Facts as a template puts them into a sentence: instants as times of day of the event."""
    return {
        name: exact_time(datetime.fromisoformat(str(fact)).astimezone(zone))
        if name.endswith("_at")
        else fact
        for name, fact in facts.items()
    }


def _attached(day: int, kind: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="sawt-results-day-{day}.{kind}"'}


def _json(value: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(value), media_type=_JSON, headers=NO_STORE)
