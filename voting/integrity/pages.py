"""The officers' pages of fair play, and the page where somebody objects."""

from typing import Final, TypedDict

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute

from expo.errors import BadRequest, Refusal
from expo.identity.people import Visit
from expo.rights import Action, Role, may
from expo.web import translations
from expo.web.forms import client_form
from expo.web.pages import NO_STORE, guarded, refusal_response, wants_json
from expo.web.templates import Renderer
from voting.ballots import tracker_in
from voting.holds import VoidReason
from voting.integrity.appealing.usecases import Appeals
from voting.integrity.appeals import MOST_WORDS, Ground, ReceiptUnknown, Verdict
from voting.integrity.review import Act
from voting.integrity.reviewing.usecases import Reviews

_ACTS: Final[dict[str, Act]] = {"release": "release", "void": "void"}
_FAIRNESS: Final = "/{lang}/staff/fairness"
_CONTEST: Final = _FAIRNESS + "/{contest}"


class FairState(TypedDict):
    """What these pages need of the request's state."""

    visit: Visit
    pages: Renderer
    reviews: Reviews
    appeals: Appeals


Asked = Request[FairState]


# --- officers ---


async def overview(request: Asked) -> Response:
    """Every contest that has been open, with what is held in it."""
    values = {"contests": await request.state["reviews"].overview()}
    return request.state["pages"].page(request, "fairness/overview.html", values, headers=NO_STORE)


async def contest_page(request: Asked) -> Response:
    """One contest: how ballots come, what is odd, what is held, what is proposed."""
    return await _contest_page(request)


async def _contest_page(request: Asked, problem: Refusal | None = None) -> Response:
    role = request.state["visit"].role
    view = await request.state["reviews"].view(
        request.path_params["contest"], for_organiser=role is Role.ORGANISER
    )
    values = {
        "view": view,
        "may_review": may(role, Action.REVIEW_HELD),
        "reasons": tuple(one.value for one in VoidReason),
        "verdicts": tuple(one.value for one in Verdict),
        "problem": problem,
        "done": request.query_params.get("done", ""),
        "most_words": MOST_WORDS,
    }
    status = problem.status if problem else 200
    return request.state["pages"].page(
        request, "fairness/contest.html", values, status=status, headers=NO_STORE
    )


async def propose(request: Asked) -> Response:
    """Propose to release held ballots, or to take them out."""
    fields = await client_form(request)
    act = _ACTS.get(fields.get("act", ""))
    if act is None:
        raise BadRequest(what="act")
    try:
        await request.state["reviews"].propose(
            request.state["visit"],
            request.path_params["contest"],
            act,
            fields.get("group", ""),
            fields.get("why", ""),
        )
    except Refusal as problem:
        return await _again(request, problem)
    return _back(request, "proposed")


async def decide(request: Asked) -> Response:
    """Confirm a proposal as its second person, or put it away."""
    fields = await client_form(request)
    reviews, visit = request.state["reviews"], request.state["visit"]
    contest, proposal = request.path_params["contest"], fields.get("proposal", "")
    outcome = fields.get("outcome")
    try:
        if outcome == "confirm":
            await reviews.confirm(visit, contest, proposal)
        elif outcome == "decline":
            await reviews.decline(visit, contest, proposal)
        else:
            raise BadRequest(what="outcome")
    except Refusal as problem:
        return await _again(request, problem)
    return _back(request, "confirmed" if outcome == "confirm" else "declined")


async def arm(request: Asked) -> Response:
    """Arm the contest's rule against bursts, or put it to rest."""
    fields = await client_form(request)
    armed = fields.get("armed") == "yes"
    await request.state["reviews"].arm(
        request.state["visit"], request.path_params["contest"], armed=armed
    )
    return _back(request, "armed" if armed else "disarmed")


async def answer(request: Asked) -> Response:
    """Answer an appeal."""
    fields = await client_form(request)
    try:
        verdict = Verdict(fields.get("verdict", ""))
    except ValueError as error:
        raise BadRequest(what="verdict") from error
    try:
        await request.state["appeals"].answer(
            request.state["visit"].somebody(),
            request.path_params["contest"],
            fields.get("appeal", ""),
            verdict,
            fields.get("words", ""),
        )
    except Refusal as problem:
        return await _again(request, problem)
    return _back(request, "answered")


async def _again(request: Asked, problem: Refusal) -> Response:
    """The page as it stands now, with what went wrong."""
    if wants_json(request) or isinstance(problem, BadRequest):
        return await refusal_response(request, problem)
    return await _contest_page(request, problem)


def _back(request: Asked, done: str) -> Response:
    address = f"/{translations.language.get()}/staff/fairness/{request.path_params['contest']}"
    return RedirectResponse(f"{address}?done={done}#top", status_code=303, headers=NO_STORE)


# --- everybody ---


async def appeal_page(request: Asked) -> Response:
    """Where a ballot stands that somebody objects to, found by its receipt number."""
    typed = request.query_params.get("tracker", "")
    if not typed:
        return _appeal(request, {})
    tracker = tracker_in(typed)
    try:
        if tracker is None:
            raise ReceiptUnknown
        view = await request.state["appeals"].of(request.state["visit"], tracker)
    except Refusal as problem:
        return _appeal(request, {"typed": typed[:40]}, problem)
    return _appeal(request, {"view": view})


async def make_appeal(request: Asked) -> Response:
    """Object to what became of a ballot."""
    fields = await client_form(request)
    tracker = tracker_in(fields.get("tracker", ""))
    try:
        ground = Ground(fields.get("ground", ""))
    except ValueError as error:
        raise BadRequest(what="ground") from error
    receipt, words = fields.get("receipt", "").strip().lower()[:64], fields.get("words", "")
    try:
        if tracker is None:
            raise ReceiptUnknown
        await request.state["appeals"].make(request.state["visit"], tracker, receipt, ground, words)
    except Refusal as problem:
        if wants_json(request):
            return await refusal_response(request, problem)
        kept = {"typed": fields.get("tracker", "")[:40], "receipt": receipt, "words": words}
        return _appeal(request, {**kept, "ground": ground.value}, problem)
    address = f"/{translations.language.get()}/appeal?tracker={tracker}"
    return RedirectResponse(address, status_code=303, headers=NO_STORE)


def _appeal(request: Asked, values: dict[str, object], problem: Refusal | None = None) -> Response:
    shown = {
        "view": None, "typed": "", "receipt": "", "words": "", "ground": "",
        "grounds": tuple(one.value for one in Ground), "most_words": MOST_WORDS, "problem": problem,
    }  # fmt: skip
    status = problem.status if problem else 200
    return request.state["pages"].page(
        request, "fairness/appeal.html", {**shown, **values}, status=status, headers=NO_STORE
    )


def routes() -> list[BaseRoute]:
    """The routes of this file."""
    return [
        guarded(_FAIRNESS, overview, Action.WATCH_FAIRNESS),
        guarded(_CONTEST, contest_page, Action.WATCH_FAIRNESS),
        guarded(f"{_CONTEST}/propose", propose, Action.REVIEW_HELD, methods=("POST",)),
        guarded(f"{_CONTEST}/decide", decide, Action.REVIEW_HELD, methods=("POST",)),
        guarded(f"{_CONTEST}/arm", arm, Action.REVIEW_HELD, methods=("POST",)),
        guarded(f"{_CONTEST}/answer", answer, Action.REVIEW_HELD, methods=("POST",)),
        guarded("/{lang}/appeal", appeal_page, Action.APPEAL),
        guarded("/{lang}/appeal", make_appeal, Action.APPEAL, methods=("POST",)),
    ]
