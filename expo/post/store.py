"""Letters in and out of the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import delete, func, insert, update
from sqlmodel import col, select

from expo.db import Tx
from expo.post.letters import KEPT, Letter, Next, Posted, State
from expo.post.tables import LetterRow

LONGEST_ANSWER: Final = 200
_AT_ONCE: Final = 500  # letters in one statement; about 10 ms


async def add(tx: Tx, posted: Sequence[Posted]) -> None:
    """Keep new letters, a few hundred in one statement: the loop breathes in between."""
    for first in range(0, len(posted), _AT_ONCE):
        rows = [_row(one) for one in posted[first : first + _AT_ONCE]]
        await tx.execute(insert(LetterRow), rows)


def _row(posted: Posted) -> dict[str, object]:
    letter = posted.letter
    return {
        "id": posted.id,
        "recipient": letter.to,
        "language": letter.language,
        "subject": letter.subject,
        "text": letter.text,
        "purpose": letter.purpose,
        "use_until": letter.use_until,
        "unsubscribe": letter.unsubscribe,
        "state": posted.state.value,
        "written_at": posted.written_at,
        "next_at": posted.written_at,
        "attempts": posted.attempts,
        "doubts": posted.doubts,
        "answer": posted.answer,
    }


async def take(tx: Tx, now: datetime, limit: int) -> tuple[Posted, ...]:
    """Letters whose turn it is, each counted as tried and on record as leaving."""
    due = (
        select(LetterRow)
        .where(
            col(LetterRow.state) == State.WAITING.value,
            col(LetterRow.next_at) <= now,
            col(LetterRow.use_until) > now,
        )
        .order_by(col(LetterRow.next_at), col(LetterRow.id))
        .limit(limit)
        .with_for_update()
    )
    found = tuple(_posted(row) for row in (await tx.execute(due)).mappings())
    leaving = update(LetterRow).where(col(LetterRow.id).in_([one.id for one in found]))
    leaving = leaving.values(attempts=col(LetterRow.attempts) + 1, state=State.LEAVING.value)
    if found:
        await tx.execute(leaving)
    return tuple(msgspec.structs.replace(one, attempts=one.attempts + 1) for one in found)


async def leaving(tx: Tx) -> tuple[Posted, ...]:
    """Letters that were handed over, of which no answer is on record."""
    query = select(LetterRow).where(col(LetterRow.state) == State.LEAVING.value)
    return tuple(_posted(row) for row in (await tx.execute(query)).mappings())


async def settle(tx: Tx, letter_id: str, then: Next, now: datetime) -> None:
    """Keep what follows for a letter; where it has come to its end its text is forgotten."""
    values: dict[str, Any] = {
        "state": then.state.value,
        "answer": then.answer[:LONGEST_ANSWER],
        "doubts": then.doubts,
        "next_at": then.at,
    }
    if then.state is not State.WAITING:
        values |= {"text": "", "unsubscribe": "", "done_at": now}
    await tx.execute(update(LetterRow).where(col(LetterRow.id) == letter_id).values(values))


async def end_stale(tx: Tx, now: datetime) -> int:
    """Forget the text of letters that are of no use any more; how many."""
    stale = (
        update(LetterRow)
        .where(col(LetterRow.state) == State.WAITING.value, col(LetterRow.use_until) <= now)
        .values(state=State.OVER.value, text="", unsubscribe="", done_at=now)
        .returning(col(LetterRow.id))
    )
    return len((await tx.execute(stale)).all())


async def forget(tx: Tx, now: datetime) -> None:
    """Forget letters that came to their end some time ago."""
    await tx.execute(delete(LetterRow).where(col(LetterRow.done_at) <= now - KEPT))


async def waits(tx: Tx, now: datetime) -> bool:
    """Whether a letter is due, to be forgotten, of no use any more, or was left behind half-way."""
    query = (
        select(LetterRow.id)
        .where(
            (col(LetterRow.state) == State.LEAVING.value)
            | (col(LetterRow.done_at) <= now - KEPT)
            | (
                (col(LetterRow.state) == State.WAITING.value)
                & ((col(LetterRow.next_at) <= now) | (col(LetterRow.use_until) <= now))
            )
        )
        .limit(1)
    )
    return (await tx.execute(query)).first() is not None


async def listed(tx: Tx, limit: int) -> tuple[Posted, ...]:
    """The latest letters, newest first."""
    query = select(LetterRow).order_by(col(LetterRow.written_at).desc(), col(LetterRow.id).desc())
    return tuple(_posted(row) for row in (await tx.execute(query.limit(limit))).mappings())


async def one(tx: Tx, letter_id: str) -> Posted | None:
    """The letter with this id."""
    query = select(LetterRow).where(col(LetterRow.id) == letter_id)
    row = (await tx.execute(query)).mappings().one_or_none()
    return _posted(row) if row else None


async def counts(tx: Tx) -> dict[State, int]:
    """How many letters stand in each state."""
    counted = select(LetterRow.state, func.count()).group_by(col(LetterRow.state))
    return {State(state): int(count) for state, count in (await tx.execute(counted)).all()}


def _posted(row: Mapping[Any, Any]) -> Posted:
    letter = Letter(
        to=row["recipient"],
        language=row["language"],
        subject=row["subject"],
        text=row["text"],
        purpose=row["purpose"],
        use_until=row["use_until"],
        unsubscribe=row["unsubscribe"],
    )
    return Posted(
        id=row["id"],
        letter=letter,
        state=State(row["state"]),
        written_at=row["written_at"],
        attempts=row["attempts"],
        doubts=row["doubts"],
        answer=row["answer"],
        done_at=row["done_at"],
    )
