"""The control room of a rehearsal that runs inside the server's own process."""

from typing import Final

import msgspec

from expo.errors import StaleVersion
from expo.identity.people import Person, PersonId
from expo.rights import Role
from expo.wire.notifier import heard
from sessions.orders import Kind, Order
from sessions.rehearsal.director import LABEL
from sessions.usecases import Show
from voting.contests import Contest, ContestId, Phase
from voting.results import Result
from voting.usecases import Voting

_LOOK_SECONDS: Final = 0.2  # at the latest: what is told may also just have happened
_TRIES: Final = 5  # of one order
DIRECTOR: Final = Person(PersonId("rehearsal-director"), Role.ORGANISER, label=LABEL)
"""In whose name a rehearsal's orders are given."""


def reveals(result: Result) -> int:
    """How often "reveal" is pressed; once even where too few voted for anything to be counted."""
    return max(1, len(result.ranks))


class Desk:
    """Gives orders with the versions they need, and waits for what the clock does.

    Args:
        show: Takes the orders.
        voting: Knows the contests.
    """

    def __init__(self, show: Show, voting: Voting) -> None:
        self._show = show
        self._voting = voting

    async def start(self, session: str) -> Contest | None:
        """Put a session on the stage; its contest, made ready, if it asks something."""
        await self._order(Kind.START, session=session)
        return await self._ready(session)

    async def _ready(self, session: str) -> Contest | None:
        contest = self._show.contest(session)
        if contest is not None and contest.phase is Phase.DRAFT:
            await self.order(Kind.READY, contest)
        return contest

    async def next(self, ends: str, session: str) -> Contest | None:
        """As `start`, in one step with the end of the session that is live."""
        await self._order(Kind.NEXT, session=session, ends=ends)
        return await self._ready(session)

    async def end(self, session: str) -> None:
        """Take a session off the stage."""
        await self._order(Kind.END, session=session)

    async def show(self, kind: Kind) -> None:
        """Let the show's clock stand, or go on."""
        await self._order(kind)

    async def order(self, kind: Kind, contest: Contest) -> None:
        """Do something to a contest."""
        await self._order(kind, contest=contest.id)

    async def until(self, contest: Contest, phase: Phase) -> None:
        """Wait until the contest is in this phase."""
        async with self._voting.notifier.listen(f"contest.{contest.id}") as news:
            while self.now(contest).phase is not phase:
                await heard(news, _LOOK_SECONDS)
                news.clear()

    async def counted(self, contest: Contest) -> Result:
        """The result, once the contest is closed and recounted."""
        async with self._voting.notifier.listen(f"contest.{contest.id}") as news:
            while (result := await self._voting.result(contest.id)) is None:
                await heard(news, _LOOK_SECONDS)
                news.clear()
        return result

    async def publish(self, contest: Contest) -> None:
        """Reveal a counted contest place by place, and publish it."""
        result = await self.counted(contest)
        await self.order(Kind.REVIEW, contest)
        for _ in range(reveals(result)):
            await self.order(Kind.REVEAL, contest)
        await self.order(Kind.PUBLISH, contest)

    def now(self, contest: Contest) -> Contest:
        """The contest as it is now."""
        return self._voting.contests.get(contest.id) or contest

    async def _order(self, kind: Kind, **about: str) -> None:
        """Give an order; where somebody else was faster, look again and give it once more."""
        for left in reversed(range(_TRIES)):
            asked = {
                "kind": kind,
                "version": self._version(about.get("session"), about.get("contest")),
                "confirmed": True,
                "may_stay_held": True,
                **about,
            }
            try:
                await self._show.act(DIRECTOR, msgspec.convert(asked, Order))
            except StaleVersion:
                if not left:
                    raise
                await self._show.catch_up()
            else:
                return

    def _version(self, session: str | None, contest: str | None) -> int:
        """The version of what an order is about: a contest, a session, or the stage."""
        found = self._voting.contests.get(ContestId(contest)) if contest else None
        if found:
            return found.version
        if session:
            return self._show.progress(session).version
        return self._show.rundown.stage.version
