"""What the desk does to a question, inside one transaction that holds the session's room."""

from datetime import datetime
from typing import Final

import msgspec

from expo.db import Tx
from expo.errors import N_
from expo.identity.people import Person
from expo.record import store as record
from expo.record.lines import Facts
from sessions.questions import rules, store
from sessions.questions.orders import DeskOrder
from sessions.questions.values import (
    CLAIM,
    PUBLIC,
    Act,
    CannotMerge,
    Question,
    QuestionClaimed,
    QuestionGone,
    QuestionMoved,
    Room,
    State,
)

LOGGED: Final = {
    Act.PUBLISH: N_("publish-question"),
    Act.DECLINE: N_("decline-question"),
    Act.MERGE: N_("merge-question"),
    Act.SEND: N_("send-question"),
    Act.RECALL: N_("recall-question"),
    Act.ANSWER: N_("mark-question-answered"),
    Act.UNDO: N_("undo-question"),
    Act.SCREEN: N_("screen-question"),
    Act.UNSCREEN: N_("unscreen-question"),
}
"""What the staff log calls each act; claims and the presenter's order are not logged."""


async def carry_out(tx: Tx, actor: Person, order: DeskOrder, at: datetime) -> str:
    """Do what was ordered, and log it.

    Args:
        tx: The caller's transaction.
        actor: A moderator or organiser.
        order: What is ordered.
        at: When.

    Returns:
        The session it was about.

    Raises:
        QuestionGone: There is no such question.
        QuestionClaimed: Another moderator holds the card.
        QuestionMoved: It is not where it was seen.
        Refusal: As the rules say.
    """
    seen = await store.find(tx, order.question)
    if seen is None:
        raise QuestionGone
    room = await store.lock_room(tx, seen.session)
    question = await store.find(tx, order.question)
    if question is None:
        raise QuestionGone
    await _check_holder(tx, question, actor, at)
    match order.act:
        case Act.CLAIM:
            await _claim(tx, question, actor, at)
        case Act.RELEASE:
            await store.release(tx, room.session, actor.id)
        case Act.EARLIER:
            await _earlier(tx, question)
        case Act.SCREEN | Act.UNSCREEN:
            room = _screened(room, question, order.act)
        case _:
            room = await _move(tx, room, question, actor, order, at)
    await store.set_room(tx, room)
    await _log(tx, actor, question, order, at)
    return room.session


async def _check_holder(tx: Tx, question: Question, actor: Person, at: datetime) -> None:
    holder = question.holder(at)
    if holder is not None and holder != actor.id:
        names = await record.names(tx, (holder,))
        raise QuestionClaimed(holder=names.get(holder, ""))


async def _claim(tx: Tx, question: Question, actor: Person, at: datetime) -> None:
    """A moderator holds one card at a time; claiming again holds it longer."""
    if question.state is not State.WAITING:
        raise QuestionMoved(state=question.state.value)
    await store.release(tx, question.session, actor.id)
    await record.remember(tx, actor)
    held = msgspec.structs.replace(question, claimed_by=actor.id, claimed_until=at + CLAIM)
    await store.put(tx, held)


async def _move(
    tx: Tx, room: Room, question: Question, actor: Person, order: DeskOrder, at: datetime
) -> Room:
    if question.version != order.version:
        raise QuestionMoved(state=question.state.value)
    if order.act is Act.UNDO:
        after = await _back(tx, rules.undone(question, by=actor.id, at=at))
    else:
        if order.act is Act.MERGE:
            rules.check_merge(question, await _target(tx, order))
        after = rules.moved(
            question,
            order.act,
            by=actor.id,
            at=at,
            reason=order.reason,
            into=order.into,
            place=await _next_place(tx, room.session),
        )
    await store.put(tx, after)
    if question.into != after.into:
        await _join(tx, room.session)
    is_off = after.state not in PUBLIC or after.state is State.ANSWERED
    return (
        msgspec.structs.replace(room, screen=None) if is_off and room.screen == after.id else room
    )


async def _target(tx: Tx, order: DeskOrder) -> Question | None:
    if order.into is None:
        raise CannotMerge
    return await store.find(tx, order.into)


async def _back(tx: Tx, question: Question) -> Question:
    """The question as it comes back: at the end where its place before the presenter was given away."""
    taken = {
        one.place for one in await store.of_session(tx, question.session) if one.id != question.id
    }
    if question.state is not State.SENT or question.place not in taken:
        return question
    return msgspec.structs.replace(question, place=await _next_place(tx, question.session))


async def _next_place(tx: Tx, session: str) -> int:
    return 1 + max((one.place for one in await store.of_session(tx, session)), default=0)


async def _join(tx: Tx, session: str) -> None:
    """Write anew which questions share their supporters."""
    questions = await store.of_session(tx, session)
    roots = rules.roots({one.id: one.into for one in questions})
    changed = {one.id: roots[one.id] for one in questions if one.root != roots[one.id]}
    await store.set_roots(tx, changed)


async def _earlier(tx: Tx, question: Question) -> None:
    """Change places with the one before it in the presenter's order, if there is one."""
    if question.state is not State.SENT:
        raise QuestionMoved(state=question.state.value)
    sent = [one for one in await store.of_session(tx, question.session) if one.state is State.SENT]
    ahead = [one for one in sent if one.place < question.place]
    if not ahead:
        return
    other = max(ahead, key=lambda one: one.place)
    await store.put(tx, msgspec.structs.replace(question, place=other.place))
    await store.put(tx, msgspec.structs.replace(other, place=question.place))


def _screened(room: Room, question: Question, act: Act) -> Room:
    if act is Act.UNSCREEN:
        return msgspec.structs.replace(room, screen=None)
    if question.state not in PUBLIC:
        raise QuestionMoved(state=question.state.value)
    return msgspec.structs.replace(room, screen=question.id)


async def _log(tx: Tx, actor: Person, question: Question, order: DeskOrder, at: datetime) -> None:
    action = LOGGED.get(order.act)
    if action is None:
        return
    facts: Facts = {"session": question.session}
    if order.act is Act.DECLINE and order.reason is not None:
        facts["reason"] = order.reason.value
    if order.into is not None:
        facts["into"] = order.into
    await record.append(tx, at=at, actor=actor, action=action, subject=question.id, facts=facts)
