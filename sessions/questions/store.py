"""Questions in and out of the database: a transaction and values in, values out."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import RowMapping, delete, func, insert, select, update
from sqlmodel import col

from expo.db import Tx, add_new
from sessions.questions.tables import QuestionRow, RoomRow, SupportRow
from sessions.questions.values import Before, Counted, Question, Reason, Room, State

_ROOMS: Final[Any] = RoomRow.__table__  # type: ignore[attr-defined]  # made by SQLModel
_SUPPORTS: Final[Any] = SupportRow.__table__  # type: ignore[attr-defined]  # made by SQLModel
_NOT_KEPT_HERE: Final = frozenset({"answered_by"})


async def lock_room(tx: Tx, session: str) -> Room:
    """The room of a session, made if need be; nobody else changes anything in it until the end."""
    await add_new(tx, _ROOMS, {"session": session, "is_open": None, "screen": None, "version": 0})
    query = select(RoomRow).where(col(RoomRow.session) == session).with_for_update()
    return _room((await tx.execute(query)).mappings().one())


async def rooms(tx: Tx) -> dict[str, Room]:
    """Every room in which anything has happened, by session."""
    rows = (await tx.execute(select(RoomRow))).mappings()
    return {row["session"]: _room(row) for row in rows}


async def set_room(tx: Tx, room: Room) -> None:
    """Write a room one has locked, with a new version."""
    await tx.execute(
        update(RoomRow)
        .where(col(RoomRow.session) == room.session)
        .values(is_open=room.is_open, screen=room.screen, version=room.version + 1)
    )


async def find(tx: Tx, question: str) -> Question | None:
    """One question; None where there is none."""
    query = select(QuestionRow).where(col(QuestionRow.id) == question)
    row = (await tx.execute(query)).mappings().one_or_none()
    return _question(row) if row else None


async def of_session(tx: Tx, session: str) -> tuple[Question, ...]:
    """Every question of a session in the order of asking."""
    query = (
        select(QuestionRow)
        .where(col(QuestionRow.session) == session)
        .order_by(col(QuestionRow.asked_at), col(QuestionRow.id))
    )
    return tuple([_question(row) for row in (await tx.execute(query)).mappings()])


async def of_person(tx: Tx, session: str, person: str) -> tuple[Question, ...]:
    """What one person asked in a session, in order."""
    query = (
        select(QuestionRow)
        .where(col(QuestionRow.session) == session, col(QuestionRow.author) == person)
        .order_by(col(QuestionRow.asked_at), col(QuestionRow.id))
    )
    return tuple([_question(row) for row in (await tx.execute(query)).mappings()])


async def many(tx: Tx, states: Collection[State]) -> tuple[Question, ...]:
    """Every question of the edition in one of these states, in the order of asking."""
    query = (
        select(QuestionRow)
        .where(col(QuestionRow.state).in_([one.value for one in states]))
        .order_by(col(QuestionRow.asked_at), col(QuestionRow.id))
    )
    return tuple([_question(row) for row in (await tx.execute(query)).mappings()])


async def how_many(tx: Tx, session: str) -> int:
    """How many questions a session has had."""
    query = select(func.count()).where(col(QuestionRow.session) == session)
    return int((await tx.execute(query)).scalar_one())


async def add(tx: Tx, question: Question) -> None:
    """Write a new question."""
    await tx.execute(insert(QuestionRow), [{"id": question.id, **_columns(question)}])


async def put(tx: Tx, question: Question) -> None:
    """Write a question as it is now; the caller holds its room."""
    where = col(QuestionRow.id) == question.id
    await tx.execute(update(QuestionRow).where(where).values(_columns(question)))


async def set_answer(tx: Tx, question: str, answer: str, at: datetime | None, by: str) -> None:
    """Write what the entity answered; empty takes it back."""
    where = col(QuestionRow.id) == question
    values = {"answer": answer, "answered_at": at, "answered_by": by}
    await tx.execute(update(QuestionRow).where(where).values(values))


async def set_roots(tx: Tx, roots: Mapping[str, str]) -> None:
    """Write which question each shares its supporters with."""
    for question, root in roots.items():
        where = col(QuestionRow.id) == question
        await tx.execute(update(QuestionRow).where(where).values(root=root))


async def release(tx: Tx, session: str, person: str) -> None:
    """Let go of every card this moderator holds in a session."""
    await tx.execute(
        update(QuestionRow)
        .where(col(QuestionRow.session) == session, col(QuestionRow.claimed_by) == person)
        .values(claimed_by=None, claimed_until=None)
    )


async def support(tx: Tx, question: str, person: str) -> bool:
    """Note that somebody supports a question; whether it was new."""
    return await add_new(tx, _SUPPORTS, {"question": question, "person": person})


async def unsupport(tx: Tx, root: str, person: str) -> bool:
    """Take back a support of a question and of what was merged into it; whether there was one."""
    same = select(col(QuestionRow.id)).where(col(QuestionRow.root) == root)
    done = await tx.execute(
        delete(SupportRow).where(
            col(SupportRow.person) == person, col(SupportRow.question).in_(same)
        )
    )
    return done.rowcount > 0


async def supported(tx: Tx, session: str, person: str) -> frozenset[str]:
    """The questions of a session this person supports, duplicates counted as what they ask."""
    query = (
        select(col(QuestionRow.root))
        .join(SupportRow, col(SupportRow.question) == col(QuestionRow.id))
        .where(col(QuestionRow.session) == session, col(SupportRow.person) == person)
    )
    return frozenset((await tx.execute(query)).scalars())


async def counts(tx: Tx, session: str | None = None) -> dict[str, int]:
    """Question → how many people support it or a duplicate of it, each once."""
    people = func.count(func.distinct(col(SupportRow.person)))
    query = (
        select(col(QuestionRow.root), people)
        .join(SupportRow, col(SupportRow.question) == col(QuestionRow.id))
        .group_by(col(QuestionRow.root))
    )
    if session is not None:
        query = query.where(col(QuestionRow.session) == session)
    return {root: int(n) for root, n in (await tx.execute(query)).all()}


async def counted(tx: Tx, session: str) -> tuple[Counted, ...]:
    """Every question of a session with its supporters."""
    supports = await counts(tx, session)
    return tuple([Counted(one, supports.get(one.id, 0)) for one in await of_session(tx, session)])


def _columns(question: Question) -> dict[str, object]:
    before = question.before
    return {
        "session": question.session,
        "text": question.text,
        "author": question.author,
        "asked_at": question.asked_at,
        "state": question.state.value,
        "version": question.version,
        "root": question.root,
        "into": question.into,
        "reason": question.reason.value if question.reason else None,
        "place": question.place,
        "acted_at": question.acted_at,
        "acted_by": question.acted_by,
        "before": msgspec.json.encode(before).decode() if before else None,
        "claimed_by": question.claimed_by,
        "claimed_until": question.claimed_until,
        "answer": question.answer,
        "answered_at": question.answered_at,
    }


def _question(row: RowMapping) -> Question:
    values = {name: value for name, value in row.items() if name not in _NOT_KEPT_HERE}
    before = values.pop("before")
    return Question(
        **{
            **values,
            "state": State(values["state"]),
            "reason": Reason(values["reason"]) if values["reason"] else None,
            "before": _before.decode(before) if before else None,
        }
    )


def _room(row: RowMapping) -> Room:
    return Room(row["session"], row["is_open"], row["screen"], row["version"])


_before = msgspec.json.Decoder(Before)
