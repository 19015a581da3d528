"""Questions of the audience: asked and supported by whoever joined, moderated, answered, kept.

`Questions` keeps what everybody may read of every session, so that frames, kept pages, the screens and
the presenter's console read it without waiting; a follower looks again when told.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from expo.budgets import Budget
from expo.clock import Now
from expo.db import Database, Tx
from expo.errors import N_, NotAllowed, NotFound
from expo.identity.people import Person, Visit
from expo.looking import Looks
from expo.record import store as record
from expo.record.lines import Facts
from expo.rights import Action, may_with
from expo.wire.notifier import Notifier
from sessions.protocol import ShownQuestion
from sessions.questions import moves, rules, store
from sessions.questions.orders import DeskOrder
from sessions.questions.protocol import QuestionsState, public_state
from sessions.questions.values import (
    MOST_ASKED,
    MOST_IN_SESSION,
    MOST_WAITING,
    PUBLIC,
    AnswerChanged,
    AskedAlready,
    AskedEnough,
    Counted,
    Desk,
    Own,
    Question,
    QuestionGone,
    QuestionsClosed,
    Queued,
    Room,
    State,
)
from sessions.usecases import TOPIC as SHOW
from sessions.usecases import Show

TOPIC: Final = "questions"
ANSWERED: Final = N_("answer-question")
OPENED: Final = N_("open-questions")
CLOSED: Final = N_("close-questions")
_ASKS, _ASK_SECONDS = 3, 30.0  # of one person or device at once, and until one is given back
_TAPS, _TAP_SECONDS = 20, 1.0


class Questions:
    """One per process.

    Args:
        database: Where they are kept.
        notifier: Tells the followers of every process.
        show: Knows the sessions and where they stand.
        now: The clock.
        new_id: A fresh id.
    """

    def __init__(
        self,
        database: Database,
        notifier: Notifier,
        show: Show,
        now: Now,
        new_id: Callable[[datetime], str],
    ) -> None:
        self._database = database
        self._notifier = notifier
        self._show = show
        self.now = now
        self._new_id = new_id
        self._asks = Budget(burst=_ASKS, seconds=_ASK_SECONDS)
        self._taps = Budget(burst=_TAPS, seconds=_TAP_SECONDS)
        self._rooms: dict[str, tuple[Room, tuple[Counted, ...]]] = {}
        self._looks = Looks(database)
        show.question = self.on_screen

    # --- what is read without waiting ---

    async def refresh(self) -> bool:
        """Look at the database again; whether anything had changed."""
        is_news = False
        async with self._looks.look() as tx:
            if tx is None:
                return False
            for session, room in (await store.rooms(tx)).items():
                known = self._rooms.get(session)
                if known is None or known[0].version != room.version:
                    self._rooms[session] = room, await store.counted(tx, session)
                    is_news = True
        return is_news

    def is_open(self, session: str) -> bool:
        """Whether a session takes questions now."""
        return self._is_open(self._room(session)[0])

    def public(self, session: str) -> QuestionsState:
        """What everybody may read of a session's questions."""
        room, counted = self._room(session)
        return public_state(session, room.version, counted, is_open=self._is_open(room))

    def waiting(self, session: str) -> int:
        """How many questions of a session wait for a moderator."""
        return sum(one.question.state is State.WAITING for one in self._room(session)[1])

    def version(self, session: str) -> int:
        """Grows with every change of anything about a session's questions."""
        return self._room(session)[0].version

    def for_presenter(self, session: str) -> tuple[Queued, ...]:
        """What the presenter of a session has before them, in the desk's order."""
        sent = [one for one in self._room(session)[1] if one.question.state is State.SENT]
        sent.sort(key=lambda one: one.question.place)
        return tuple(Queued(one.question.id, one.question.text, one.supports) for one in sent)

    def on_screen(self, session: str) -> ShownQuestion | None:
        """The question the desk has put on the projectors of a session."""
        room, counted = self._room(session)
        found = next((one for one in counted if one.question.id == room.screen), None)
        if found is None or not found.question.is_public:
            return None
        return ShownQuestion(found.question.text, found.supports)

    # --- the audience ---

    async def ask(self, visit: Visit, session: str, typed: str) -> Question:
        """Ask; it waits for a moderator, and whoever asks supports it.

        Raises:
            NotAllowed: Nobody has joined on this device.
            QuestionsClosed: The session takes none now.
            QuestionTooShort, QuestionTooLong: The text is no question.
            AskedAlready: This person has asked the same here.
            AskedEnough: They have enough questions here.
            TooFast: They ask faster than one thinks.
        """
        person = self._voter(visit)
        text = rules.wording(typed)
        now = self.now()
        # What is refused takes the lock too, and must not be free.
        self._spend(self._taps, visit, person, now)
        async with self._database.write() as tx:
            room = await store.lock_room(tx, session)
            if not self._is_open(room):
                raise QuestionsClosed
            await self._check_asked(tx, session, person, text)
            self._spend(self._asks, visit, person, now)
            one = self._new_id(now)
            question = Question(one, session, text, person.id, now, root=one)
            await store.add(tx, question)
            await store.support(tx, one, person.id)
            await store.set_room(tx, room)
        await self._announce()
        return question

    async def support(self, visit: Visit, question: str, *, is_on: bool) -> str:
        """Support a published question, or take that back; the session it belongs to.

        Raises:
            NotAllowed: Nobody has joined on this device.
            QuestionGone: There is no such question to be read.
            TooFast: More taps than fingers make.
        """
        person = self._voter(visit)
        self._spend(self._taps, visit, person, self.now())
        async with self._database.write() as tx:
            found = await store.find(tx, question)
            if found is None or not found.is_public:
                raise QuestionGone
            room = await store.lock_room(tx, found.session)
            if is_on:
                is_known = question in await store.supported(tx, found.session, person.id)
                is_news = not is_known and await store.support(tx, question, person.id)
            else:
                is_news = await store.unsupport(tx, question, person.id)
            if is_news:
                await store.set_room(tx, room)
        if is_news:
            await self._announce()
        return found.session

    async def own(self, visit: Visit, session: str) -> tuple[tuple[Own, ...], frozenset[str]]:
        """What somebody asked in a session, and which questions they support."""
        if visit.person is None:
            return (), frozenset()
        async with self._database.read() as tx:
            asked = await store.of_person(tx, session, visit.person.id)
            supported = await store.supported(tx, session, visit.person.id)
        return tuple(Own(q.id, q.text, q.state, q.reason, q.root) for q in asked), supported

    # --- the desk ---

    async def desk(self, session: str) -> Desk:
        """A session's questions as moderators see them."""
        async with self._database.read() as tx:
            room = (await store.rooms(tx)).get(session, Room(session))
            counted = await store.counted(tx, session)
            held = {q.claimed_by for q in (one.question for one in counted)} - {None}
            names = await record.names(tx, (one for one in held if one))
        return _desk(room, counted, names, self.now(), is_open=self._is_open(room))

    async def act(self, actor: Person, order: DeskOrder) -> str:
        """Carry out what a moderator ordered; the session it was about.

        Raises:
            Refusal: As `moves.carry_out`.
        """
        async with self._database.write() as tx:
            session = await moves.carry_out(tx, actor, order, self.now())
        await self._announce()
        return session

    async def set_open(self, actor: Person, session: str, *, is_open: bool) -> None:
        """Take questions in a session, or take no more.

        Raises:
            NotFound: The programme has no such session.
        """
        self._must_exist(session)
        async with self._database.write() as tx:
            room = await store.lock_room(tx, session)
            await store.set_room(tx, msgspec.structs.replace(room, is_open=is_open))
            await record.append(
                tx,
                at=self.now(),
                actor=actor,
                action=OPENED if is_open else CLOSED,
                subject=session,
                facts={},
            )
        await self._announce()

    # --- afterwards ---

    async def answer(self, actor: Person, question: str, typed: str, seen: str = "") -> str:
        """Write what the entity answers to a published question; everybody reads it at once.

        Args:
            actor: Whoever writes.
            question: Its id.
            typed: The answer.
            seen: `Question.answer_mark` of the answer that is written anew.

        Raises:
            AnswerChanged: Another answer stands there than the one that was seen.
            QuestionGone: There is no such question to be read.
            NotAllowed: It was asked in another entity's session.
            AnswerEmpty: No words, or more than fit.
        """
        text = rules.answer_wording(typed)
        async with self._database.write() as tx:
            found = await store.find(tx, question)
            if found is None or not found.is_public:
                raise QuestionGone
            if not may_with(actor, Action.ANSWER_QUESTIONS, self._entity_of(found.session)):
                raise NotAllowed(action=Action.ANSWER_QUESTIONS.value)
            room = await store.lock_room(tx, found.session)
            now = await store.find(tx, question)
            if now is None or now.answer_mark != seen:
                raise AnswerChanged
            await store.set_answer(tx, question, text, self.now(), actor.id)
            await store.set_room(tx, room)
            facts: Facts = {"session": found.session}
            await record.append(
                tx, at=self.now(), actor=actor, action=ANSWERED, subject=question, facts=facts
            )
        await self._announce()
        return found.session

    def kept(self) -> dict[str, tuple[Counted, ...]]:
        """The edition's published questions by session, those with the most supporters first."""
        found: dict[str, tuple[Counted, ...]] = {}
        for one in self._show.programme.sessions:
            public = [c for c in self._room(one.id)[1] if c.question.state in PUBLIC]
            if public:
                found[one.id] = tuple(sorted(public, key=lambda c: -c.supports))
        return found

    # --- inside ---

    def _room(self, session: str) -> tuple[Room, tuple[Counted, ...]]:
        return self._rooms.get(session) or (Room(session), ())

    def _is_open(self, room: Room) -> bool:
        if self._show.programme.session(room.session) is None:
            return False
        return rules.is_open(room.is_open, self._show.status(room.session))

    def _voter(self, visit: Visit) -> Person:
        person = visit.somebody()
        if not may_with(person, Action.ASK_QUESTIONS, None):
            raise NotAllowed(action=Action.ASK_QUESTIONS.value)
        return person

    def _spend(self, budget: Budget, visit: Visit, person: Person, now: datetime) -> None:
        """A person with many devices is one; so is a device that joins again and again."""
        budget.spend(f"p{person.id}", now)
        if visit.device:
            budget.spend(f"d{visit.device}", now)

    async def _check_asked(self, tx: Tx, session: str, person: Person, text: str) -> None:
        asked = await store.of_person(tx, session, person.id)
        gist = rules.gist(text)
        if any(rules.gist(one.text) == gist for one in asked):
            raise AskedAlready
        waiting = sum(one.state is State.WAITING for one in asked)
        if waiting >= MOST_WAITING or len(asked) >= MOST_ASKED:
            raise AskedEnough(most=MOST_WAITING)
        if await store.how_many(tx, session) >= MOST_IN_SESSION:
            raise QuestionsClosed

    def _must_exist(self, session: str) -> None:
        if self._show.programme.session(session) is None:
            raise NotFound

    def _entity_of(self, session: str) -> str | None:
        found = self._show.programme.session(session)
        return found.entity if found else None

    async def _announce(self) -> None:
        """After the commit: look again, then tell everybody to; a question may be on the screens."""
        await self.refresh()
        self._notifier.notify(TOPIC)
        self._notifier.notify(SHOW)


def _desk(
    room: Room, counted: tuple[Counted, ...], names: dict[str, str], now: datetime, *, is_open: bool
) -> Desk:
    def those(state: State) -> tuple[Counted, ...]:
        return tuple(one for one in counted if one.question.state is state)

    done = [one for one in counted if one.question.state in _DONE]
    done.sort(key=lambda one: one.question.acted_at or one.question.asked_at, reverse=True)
    return Desk(
        room=room,
        is_open=is_open,
        waiting=those(State.WAITING),
        shown=tuple(sorted(those(State.SHOWN), key=lambda one: -one.supports)),
        sent=tuple(sorted(those(State.SENT), key=lambda one: one.question.place)),
        done=tuple(done),
        names=names,
        now=now,
    )


_DONE: Final = frozenset({State.ANSWERED, State.DECLINED, State.MERGED})
