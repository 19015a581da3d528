"""Fair play in and out of the database; everything takes the caller's transaction.

What held ballots say never passes here: their marks, what is proposed about them, and appeals do.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from sqlalchemy import delete, func, insert, select, update

from expo.db import Tx, add_new, upsert
from expo.record import store as record
from voting.integrity.appeals import Appeal, Ground, Verdict
from voting.integrity.review import Proposal, Reviewer
from voting.integrity.tables import (
    AppealRow,
    ArmedRow,
    HeldMarkRow,
    ProposalRow,
    SourceKeyRow,
    WindowRow,
)
from voting.integrity.windows import Window

_KEYS: Final[Any] = SourceKeyRow.__table__  # type: ignore[attr-defined]  # made by SQLModel
_MARKS: Final[Any] = HeldMarkRow.__table__  # type: ignore[attr-defined]  # made by SQLModel
_WINDOWS: Final[Any] = WindowRow.__table__  # type: ignore[attr-defined]  # made by SQLModel
_PROPOSALS: Final[Any] = ProposalRow.__table__  # type: ignore[attr-defined]  # made by SQLModel
_ARMED: Final[Any] = ArmedRow.__table__  # type: ignore[attr-defined]  # made by SQLModel
_APPEALS: Final[Any] = AppealRow.__table__  # type: ignore[attr-defined]  # made by SQLModel

_window = msgspec.json.Decoder(Window)
_positions = msgspec.json.Decoder(tuple[int, ...])
_texts = msgspec.json.Decoder(frozenset[str])


class Marks(msgspec.Struct, frozen=True):
    """Where one held ballot came from."""

    contest: str
    ballot_id: str
    device: str
    network: str
    batch: str
    level: str
    waited_ms: int | None


# --- keys and marks ---


async def key(tx: Tx, contest: str, fresh: bytes) -> bytes | None:
    """What makes a contest's marks: kept already, or this fresh one; None once it was destroyed."""
    await add_new(tx, _KEYS, {"contest": contest, "secret": fresh.hex()})
    found = await tx.execute(select(_KEYS.c.secret).where(_KEYS.c.contest == contest))
    secret = found.scalar_one()
    return None if secret is None else bytes.fromhex(secret)


async def kept_keys(tx: Tx) -> frozenset[str]:
    """The contests whose key is still there."""
    found = await tx.execute(select(_KEYS.c.contest).where(_KEYS.c.secret.is_not(None)))
    return frozenset(found.scalars())


async def destroy_keys(tx: Tx, contests: Collection[str], at: datetime) -> None:
    """Make sure that nobody can tell any more what these contests' marks stood for."""
    gone = update(_KEYS).where(_KEYS.c.contest.in_(contests))
    await tx.execute(gone.values(secret=None, destroyed_at=at))
    await tx.execute(delete(_WINDOWS).where(_WINDOWS.c.contest.in_(contests)))


async def add_marks(tx: Tx, marks: Sequence[Marks]) -> None:
    """Keep where held ballots came from; harmless when repeated."""
    await upsert(tx, _MARKS, [msgspec.structs.asdict(one) for one in marks])


async def marks(tx: Tx, contest: str) -> dict[str, Marks]:
    """Where the ballots that were held came from, by ballot id."""
    found = await tx.execute(select(_MARKS).where(_MARKS.c.contest == contest))
    return {row.ballot_id: Marks(*row) for row in found}


# --- windows ---


async def keep_window(tx: Tx, contest: str, node: str, begins_at: datetime, window: Window) -> None:
    """Keep what one node saw; later sums of the same window replace earlier ones."""
    value = msgspec.json.encode(window).decode()
    row = {"contest": contest, "begins_at": begins_at, "node": node, "value": value}
    await upsert(tx, _WINDOWS, [row])


async def windows(tx: Tx, contest: str, since: datetime) -> tuple[Window, ...]:
    """What all nodes saw from an instant on, in order of time."""
    row = _WINDOWS.c
    query = select(row.value).where(row.contest == contest, row.begins_at >= since)
    found = await tx.execute(query.order_by(row.begins_at, row.node))
    return tuple(_window.decode(value) for value in found.scalars())


# --- bursts ---


async def arm(tx: Tx, contest: str, at: datetime, *, armed: bool) -> None:
    """Arm a contest's burst rule, or put it to rest."""
    await upsert(tx, _ARMED, [{"contest": contest, "armed": armed, "at": at}])


async def armed(tx: Tx) -> frozenset[str]:
    """The contests whose burst rule is armed."""
    return frozenset((await tx.execute(select(_ARMED.c.contest).where(_ARMED.c.armed))).scalars())


# --- proposals ---


async def propose(tx: Tx, proposal: Proposal) -> None:
    """Keep a new proposal."""
    proposer = proposal.proposer
    await tx.execute(
        insert(_PROPOSALS).values(
            id=proposal.id,
            contest=proposal.contest,
            act=proposal.act,
            why=proposal.why,
            positions=msgspec.json.encode(proposal.positions).decode(),
            person=proposer.person,
            device=proposer.device,
            marks=msgspec.json.encode(sorted(proposer.marks)).decode(),
            proposed_at=proposal.proposed_at,
            done=0,
        )
    )


async def proposals(tx: Tx, contest: str) -> tuple[Proposal, ...]:
    """Everything proposed about a contest, the latest first."""
    query = select(_PROPOSALS).where(_PROPOSALS.c.contest == contest)
    found = await tx.execute(
        query.order_by(_PROPOSALS.c.proposed_at.desc(), _PROPOSALS.c.id.desc())
    )
    rows = found.all()
    people = {one for row in rows for one in (row.person, row.decided_by) if one}
    called = await record.names(tx, people)
    return tuple(_proposal(row, called) for row in rows)


async def find_proposal(tx: Tx, contest: str, proposal_id: str) -> Proposal | None:
    """One proposal, held until the transaction ends."""
    row = _PROPOSALS.c
    query = select(_PROPOSALS).where(row.id == proposal_id, row.contest == contest)
    found = (await tx.execute(query.with_for_update())).one_or_none()
    return None if found is None else _proposal(found, {})


async def decide(tx: Tx, proposal_id: str, outcome: str, by: str, at: datetime, done: int) -> None:
    """Write down what became of a proposal."""
    mine = update(_PROPOSALS).where(_PROPOSALS.c.id == proposal_id)
    await tx.execute(mine.values(outcome=outcome, decided_by=by, decided_at=at, done=done))


def _proposal(row: Any, called: Mapping[str, str]) -> Proposal:
    """A proposal with its people by name, or by id where nobody has named them."""
    label = called.get(row.person, row.person)
    return Proposal(
        id=row.id,
        contest=row.contest,
        act=row.act,
        why=row.why,
        positions=_positions.decode(row.positions),
        proposer=Reviewer(row.person, label, row.device, _texts.decode(row.marks)),
        proposed_at=row.proposed_at,
        outcome=row.outcome,
        decided_by=called.get(row.decided_by, row.decided_by),
        decided_at=row.decided_at,
        done=row.done,
    )


# --- appeals ---


async def appeal(tx: Tx, one: Appeal) -> None:
    """Keep a new appeal."""
    row = msgspec.structs.asdict(one)
    row |= {"ground": one.ground.value, "answer": None}
    await tx.execute(insert(_APPEALS).values(row))


async def appeals_of(tx: Tx, tracker: str) -> tuple[Appeal, ...]:
    """The appeals about one ballot, the latest first."""
    return await _appeals(tx, _APPEALS.c.tracker == tracker)


async def appeals_in(tx: Tx, contest: str) -> tuple[Appeal, ...]:
    """The appeals about a contest's ballots, the latest first."""
    return await _appeals(tx, _APPEALS.c.contest == contest)


async def open_appeals(tx: Tx) -> dict[str, int]:
    """How many appeals wait for an answer, by contest."""
    row = _APPEALS.c
    query = (
        select(row.contest, func.count().label("waiting"))
        .where(row.answer.is_(None))
        .group_by(row.contest)
    )
    return {found.contest: found.waiting for found in await tx.execute(query)}


async def answer(
    tx: Tx, appeal_id: str, contest: str, verdict: Verdict, words: str, at: datetime, by: str
) -> bool:
    """Answer an appeal; whether it was there and had no answer."""
    row = _APPEALS.c
    mine = update(_APPEALS).where(row.id == appeal_id, row.contest == contest, row.answer.is_(None))
    said = await tx.execute(
        mine.values(answer=verdict.value, answer_words=words, answered_at=at, answered_by=by)
    )
    return bool(said.rowcount == 1)


async def _appeals(tx: Tx, condition: Any) -> tuple[Appeal, ...]:
    query = select(_APPEALS).where(condition).order_by(_APPEALS.c.made_at.desc(), _APPEALS.c.id)
    return tuple(
        Appeal(
            row.id,
            row.contest,
            row.tracker,
            Ground(row.ground),
            row.words,
            row.made_at,
            Verdict(row.answer) if row.answer else None,
            row.answer_words,
            row.answered_at,
        )
        for row in await tx.execute(query)
    )
