"""The page of one contest's result, and its figures as a file."""

from collections.abc import Callable
from typing import Final, TypedDict

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from expo.clock import Now
from expo.errors import NotFound
from expo.identity.people import Visit, kind_of
from expo.rights import Action
from expo.web import translations
from expo.web.kept import StandsOn
from expo.web.pages import guarded
from expo.web.templates import Renderer
from voting import visibility
from voting.analysis.usecases import Analyses, Found
from voting.analysis.views import dossier, top
from voting.contests import Contest, Phase
from voting.eligibility import UnknownContest
from voting.result_views import result_view
from voting.results import Result, canonical, public
from voting.usecases import Voting
from voting.views import PendingView, state_of

_TURNOUT_SECONDS: Final = 5  # that a figure of the turnout may be old; a crowd shares one page
_BY_PAIRS: Final = ("ranked_pairs", "schulze")  # whose order need not be that of average support
_TAKING: Final = frozenset({Phase.OPEN, Phase.PAUSED, Phase.CLOSING})


class ResultState(TypedDict):
    """What these pages need of the request's state."""

    voting: Voting
    analyses: Analyses
    visit: Visit
    pages: Renderer
    now: Now


Asked = Request[ResultState]


async def result_page(request: Asked) -> Response:
    """Everything that may be said of a contest's result, or how far it is."""
    contest = _contest(request)
    voting, analyses = request.state["voting"], request.state["analyses"]
    if visibility.is_shown(contest):
        await analyses.of(contest.id)

    def values() -> dict[str, object]:
        now = voting.contests.get(contest.id) or contest
        result = voting.frozen(now.id)
        if result is None or not visibility.is_shown(now):
            return {"contest": now, "one": None, **_waiting(voting, now)}
        return {"contest": now, **_shown(now, result, analyses.known(now.id))}

    def facts() -> tuple[object, ...]:
        known = analyses.known(contest.id)
        return voting.contests.get(contest.id), voting.frozen(contest.id), known

    return request.state["pages"].kept(
        request,
        "voting/result.html",
        kind_of(request.state["visit"]),
        values,
        StandsOn(facts, _tick(request, contest)),
    )


def _shown(contest: Contest, result: Result, found: Found | None) -> dict[str, object]:
    shown = public(result)
    one = result_view(contest, shown, translations.language.get(), translations.gettext)
    return {
        "one": one,
        "more": dossier(contest, shown, found.analysis if found else None),
        "top": top(one),
        "by_pairs": result.method in _BY_PAIRS,
        "audit": found.audit if found else None,
    }


def _waiting(voting: Voting, contest: Contest) -> dict[str, object]:
    """How far a contest is whose result is not public: the places revealed, and how many take part."""
    result = voting.frozen(contest.id)
    pending = PendingView(
        contest,
        state_of(contest),
        visibility.places(contest, result),
        visibility.total_places(contest, result),
    )
    return {"pending": pending, "turnout": voting.turnout(contest.id).ballots}


def _tick(request: Asked, contest: Contest) -> Callable[[], int] | None:
    """The clock of a page that shows how many take part."""
    if contest.phase not in _TAKING:
        return None
    now = request.state["now"]
    return lambda: int(now().timestamp()) // _TURNOUT_SECONDS


async def figures_json(request: Asked) -> Response:
    """The figures of a published result as canonical JSON."""
    contest = _contest(request)
    visibility.check_shown(contest)
    found = await request.state["analyses"].of(contest.id)
    if found is None or found.analysis is None:
        raise NotFound
    name = f'attachment; filename="sawt-{contest.id}-figures.json"'
    return Response(
        canonical(found.analysis),
        media_type="application/json",
        headers={"content-disposition": name},
    )


def routes() -> list[BaseRoute]:
    """All addresses of a single result."""
    return [
        guarded("/{lang:lang}/results/{contest}", result_page, Action.READ_PAGES),
        guarded("/results/{contest}/figures.json", figures_json, Action.READ_PAGES),
    ]


def _contest(request: Asked) -> Contest:
    contest = request.state["voting"].contests.get(request.path_params["contest"])
    if contest is None or contest.phase is Phase.DRAFT:
        raise UnknownContest
    return contest
