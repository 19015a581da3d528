"""The page that checks a published result in the reader's own browser; the server only gives the files."""

from collections.abc import Callable
from typing import Final, TypedDict

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute

from expo.identity.people import Visit, kind_of
from expo.rights import Action
from expo.web.guards import WORKER_HEADER
from expo.web.kept import StandsOn
from expo.web.pages import guarded
from expo.web.templates import Renderer
from voting import visibility
from voting.analysis.usecases import Analyses
from voting.contests import Contest, Phase
from voting.eligibility import UnknownContest
from voting.usecases import Voting

_HEADERS: Final = {WORKER_HEADER: "1"}


class CheckState(TypedDict):
    """What this page needs of the request's state."""

    voting: Voting
    analyses: Analyses
    visit: Visit
    pages: Renderer


Asked = Request[CheckState]


async def check_page(request: Asked) -> Response:
    """The check, once there is something to check; before that the page says that it is not yet."""
    contest = _contest(request)
    voting, analyses = request.state["voting"], request.state["analyses"]
    if visibility.is_shown(contest):
        await analyses.of(contest.id)

    def values() -> dict[str, object]:
        now = voting.contests.get(contest.id) or contest
        found = analyses.known(contest.id)
        is_shown = visibility.is_shown(now)
        return {"contest": now, "is_shown": is_shown, "audit": found.audit if found else None}

    def facts() -> tuple[object, ...]:
        return voting.contests.get(contest.id), analyses.known(contest.id)

    return request.state["pages"].kept(
        request,
        "voting/check.html",
        kind_of(request.state["visit"]),
        values,
        StandsOn(facts),
        headers=_headers,
    )


def routes() -> list[BaseRoute]:
    """The address of the check."""
    return [guarded("/{lang:lang}/results/{contest}/check", check_page, Action.READ_PAGES)]


_headers: Callable[[], dict[str, str]] = _HEADERS.copy


def _contest(request: Asked) -> Contest:
    contest = request.state["voting"].contests.get(request.path_params["contest"])
    if contest is None or contest.phase is Phase.DRAFT:
        raise UnknownContest
    return contest
