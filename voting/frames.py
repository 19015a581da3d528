"""What a live connection asks of voting and what it is told; no knowledge of the transport.

A frame is admitted synchronously; the writer answers after the commit. A frame that cannot be read
is answered and counted, never fatal.
"""

import asyncio
import logging
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import Final, Protocol

import msgspec

from expo.errors import N_, Fact, Fault, Refusal
from expo.identity.people import Person, Visit
from expo.rights import Role
from expo.web import translations
from expo.web.sentences import sentence_for
from expo.wire.hub import Hub
from expo.wire.viewer import Viewer
from expo.words import Language
from voting import visibility
from voting.holds import Origin
from voting.protocol import AskMine, Cast, Mine, Receipt, Refused
from voting.reading import Unreadable, frame_in, kind_of
from voting.usecases import Voting
from voting.writer import Told

logger = logging.getLogger(__name__)

_KEPT_FRAMES: Final = 256  # of those without a ballot, which a whole audience shares
_KINDS: Final = frozenset({"cast", "ask-mine"})


class MalformedFrame(Refusal):
    """The frame cannot be read."""

    code = N_("malformed-frame")
    status = 400


class Who(Protocol):
    """What a connection has to know of the person at its end; kept as ``viewer.who``."""

    @property
    def visit(self) -> Visit:
        """Who it is."""

    @property
    def language(self) -> Language:
        """In which language sentences are worded."""

    @property
    def origin(self) -> Origin:
        """Where ballots over this connection come from."""


class VotingFrames:
    """What sockets ask of voting.

    Args:
        voting: Answers.
        hub: Has the rooms a viewer joins after casting.
        zone: In which sentences tell times.
    """

    def __init__(self, voting: Voting, hub: Hub, zone: tzinfo = UTC) -> None:
        self._voting = voting
        self._zone = zone
        self._hub = hub
        self._asking: set[asyncio.Task[None]] = set()

    async def greeting(self, visit: Visit, contest_id: str, language: Language) -> list[bytes]:
        """The frames a new connection is told first about a contest: one's own ballot.

        Raises:
            UnknownContest: There is no such contest.
            Fault: The record cannot be read now.
        """
        return [await self._mine(visit.person, contest_id, language)]

    async def rooms(self, visit: Visit, contest_id: str) -> tuple[str, ...]:
        """The rooms of a contest this visit may join.

        Raises:
            Fault: The record cannot be read now.
        """
        contest = self._voting.contests.get(contest_id)
        if contest is None:
            return ()
        has_ballot = False
        if contest.rules.visibility == "after_vote" and visit.person is not None:
            mine = await self._voting.mine(visit.person, contest_id)
            has_ballot = bool(mine.receipt and mine.receipt.ranking)
        return visibility.rooms(visit.role, contest, has_ballot=has_ballot)

    def of_nobody(self, contest_id: str, language: Language) -> tuple[tuple[str, ...], bytes]:
        """As `rooms` and `greeting` of somebody nobody knows, without waiting.

        Raises:
            UnknownContest: There is no such contest.
        """
        mine = self._voting.mine_of_nobody(contest_id)
        contest = self._voting.contests.get(contest_id)
        rooms = visibility.rooms(Role.PUBLIC, contest, has_ballot=False) if contest else ()
        return rooms, _encoded(mine, language)

    def on_text(self, viewer: Viewer, raw: bytes) -> bool:
        """Take a frame about ballots; False when it is about something else.

        The stamp that decides whether it was in time is taken here.
        """
        arrived_at = self._voting.now()
        who: Who = viewer.who  # type: ignore[assignment]  # opaque to the wire, put there by the endpoint
        try:
            frame = frame_in(raw)  # first: nearly every text is a cast, and need be read only once
        except Unreadable:
            kind = kind_of(raw)
            if kind is not None and kind not in _KINDS:
                return False
            viewer.reply(refused(MalformedFrame(), who.language))
            viewer.strike()
            return True
        if isinstance(frame, Cast):
            self._cast(viewer, who, frame, arrived_at)
        else:
            self._ask(viewer, who, frame)
        return True

    def _cast(self, viewer: Viewer, who: Who, cast: Cast, arrived_at: datetime) -> None:
        def deliver(told: Told) -> None:
            if isinstance(told, Receipt):
                viewer.reply(msgspec.json.encode(told))
                self._admit(viewer, told)
            else:
                viewer.reply(refused(told, who.language, cast=cast, zone=self._zone))

        self._voting.submit(who.visit.person, cast, arrived_at, deliver, who.origin)

    def _admit(self, viewer: Viewer, receipt: Receipt) -> None:
        """Let who has voted see the running order, where the contest says so; else not any more."""
        contest = self._voting.contests.get(receipt.contest)
        if contest is None or contest.rules.visibility != "after_vote":
            return
        room = visibility.voted_room(contest.id)
        if receipt.ranking:
            self._hub.join(viewer, room)
        else:
            self._hub.leave(viewer, room)

    def _ask(self, viewer: Viewer, who: Who, ask: AskMine) -> None:
        task = asyncio.create_task(self._answer(viewer, who, ask))
        self._asking.add(task)  # the loop itself keeps no hold on a task
        task.add_done_callback(self._asking.discard)

    async def _answer(self, viewer: Viewer, who: Who, ask: AskMine) -> None:
        try:
            answer = await self._mine(who.visit.person, ask.contest, who.language)
        except (Refusal, Fault) as problem:
            answer = refused(problem, who.language, contest=ask.contest)
        except Exception:
            logger.exception("A question about a ballot could not be answered")
            answer = refused(Fault(), who.language, contest=ask.contest)
        viewer.reply(answer)

    async def _mine(self, person: Person | None, contest_id: str, language: Language) -> bytes:
        return msgspec.json.encode(worded(await self._voting.mine(person, contest_id), language))


@lru_cache(_KEPT_FRAMES)
def _encoded(mine: Mine, language: Language) -> bytes:
    return msgspec.json.encode(worded(mine, language))


def worded(mine: Mine, language: Language) -> Mine:
    """The frame with the sentence for why casting is impossible."""
    if mine.blocked is None:
        return mine
    token = translations.language.set(language)
    try:
        return msgspec.structs.replace(mine, message=translations.gettext(mine.blocked))
    finally:
        translations.language.reset(token)


def refused(
    problem: Refusal | Fault,
    language: Language,
    *,
    cast: Cast | None = None,
    contest: str | None = None,
    zone: tzinfo = UTC,
) -> bytes:
    """A refused frame, about a cast or a contest or neither, in the person's language."""
    token = translations.language.set(language)
    try:
        message = sentence_for(problem, zone)
    finally:
        translations.language.reset(token)
    facts: dict[str, Fact] = problem.facts
    return msgspec.json.encode(
        Refused(
            code=problem.code,
            facts=facts,
            message=message,
            id=cast.id if cast else None,
            contest=cast.contest if cast else contest,
        )
    )
