"""Presenters' consoles: what is on them, what the desk tells them, and that they have seen it."""

from typing import Final

from expo.clock import Now
from expo.db import Database
from expo.errors import NotAllowed, NotFound
from expo.identity.people import Person
from expo.looking import Looks
from expo.record import store as record
from expo.rights import Action, may_with
from expo.wire.notifier import Notifier
from sessions.presenting import store
from sessions.presenting.console import console
from sessions.presenting.protocol import ConsoleState
from sessions.presenting.values import SEND, Cue, Kind, wording
from sessions.programme import Session
from sessions.questions.usecases import Questions
from sessions.reactions.usecases import Reactions
from sessions.usecases import Show

TOPIC: Final = "presenting"


class Presenting:
    """One per process.

    Args:
        database: Where cues are kept.
        notifier: Tells the followers of every process.
        show: Knows the programme and where it stands.
        questions: Knows what is before a presenter.
        reactions: Knows what an audience feels.
        now: The clock.
    """

    def __init__(
        self,
        database: Database,
        notifier: Notifier,
        show: Show,
        questions: Questions,
        reactions: Reactions,
        now: Now,
    ) -> None:
        self._database = database
        self._notifier = notifier
        self._show = show
        self._questions = questions
        self._reactions = reactions
        self.now = now
        self._cues: dict[str, Cue] = {}
        self._looks = Looks(database)

    def session_for(self, person: Person | None, session_id: str) -> Session:
        """The session, if this person may see its console.

        Raises:
            NotFound: The programme has no such session.
            NotAllowed: It is another entity's.
        """
        found = self._show.programme.session(session_id)
        if found is None:
            raise NotFound
        if not may_with(person, Action.PRESENT, found.entity):
            raise NotAllowed(action=Action.PRESENT.value)
        return found

    def sessions_of(self, person: Person | None) -> tuple[Session, ...]:
        """The sessions whose consoles this person may see, with the times that are to be expected."""
        running = self._show.running().sessions
        return tuple(one for one in running if may_with(person, Action.PRESENT, one.entity))

    async def refresh(self) -> None:
        """Look at the cues again, if anything was written since."""
        async with self._looks.look() as tx:
            if tx is not None:
                self._cues = await store.cues(tx)

    def console(self, session: Session) -> ConsoleState:
        """The console of a session now, as of what was last looked at."""
        now = self.now()
        return console(
            self._show.rundown,
            self._show.board(now),
            session,
            at=now,
            cue=self._cues.get(session.id),
            questions=self._questions.for_presenter(session.id),
            questions_version=self._questions.version(session.id),
            felt=self._reactions.felt(session.id),
        )

    async def send(self, actor: Person, session_id: str, kind: Kind, typed: str) -> None:
        """Tell the presenter of a session something; it takes the place of what was told before.

        Raises:
            NotFound: The programme has no such session.
            CueEmpty: A message without words, or with more than fit.
        """
        if self._show.programme.session(session_id) is None:
            raise NotFound
        text, now = wording(kind, typed), self.now()
        async with self._database.write() as tx:
            await store.send(tx, session_id, kind, text, now)
            await record.append(
                tx,
                at=now,
                actor=actor,
                action=SEND,
                subject=session_id,
                facts={"cue": kind.value},
            )
        await self._announce()

    async def see(self, session: Session, n: int) -> None:
        """The presenter has seen a cue; of one that another has replaced nothing is noted."""
        async with self._database.write() as tx:
            is_news = await store.see(tx, session.id, n, self.now())
        if is_news:
            await self._announce()

    async def _announce(self) -> None:
        await self.refresh()
        self._notifier.notify(TOPIC)
