"""What can happen to a proposal inside somebody else's transaction: it is moved, or written.

Every step is written to its history with who did it; what organisers do also to the staff log.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

import msgspec

from expo.catalogue.proposals import checks, store
from expo.catalogue.proposals.revisions import changes
from expo.catalogue.proposals.states import (
    EDITABLE,
    REVISED,
    WHY_NOT,
    State,
    WrongMove,
    move,
)
from expo.catalogue.proposals.values import REASON_LENGTH, Comment, Content, Proposal
from expo.db import Tx
from expo.errors import N_, BadRequest, NotAllowed, NotFound, Refusal, StaleVersion
from expo.record import store as staff_log
from expo.record.lines import Facts
from expo.rights import Action, Role, may_with
from expo.words import clean

SAVED: Final = N_("save-proposal")
CREATED: Final = N_("create-proposal")
_DONE: Final = {
    State.SUBMITTED: N_("submit-proposal"),
    State.RETURNED: N_("return-proposal"),
    State.ACCEPTED: N_("accept-proposal"),
    State.SCHEDULED: N_("schedule-proposal"),
    State.PRESENTED: N_("present-proposal"),
    State.SELECTED: N_("select-proposal"),
    State.NOT_SELECTED: N_("decline-proposal"),
    State.IN_DELIVERY: N_("deliver-proposal"),
    State.DELIVERED: N_("finish-proposal"),
    State.WITHDRAWN: N_("withdraw-proposal"),
}
"""What the history and the staff log call each move."""


class Mover(Protocol):
    """Whoever acts; identity's ``Person`` is one."""

    @property
    def id(self) -> str:
        """Stable id."""

    @property
    def role(self) -> Role:
        """What they are allowed to be."""

    @property
    def entity(self) -> str | None:
        """Id of their entity, if they have one."""

    @property
    def label(self) -> str:
        """What the history calls them."""


class ProposalIncomplete(Refusal):
    """Something is missing or wrong; ``count`` says how much. The page of the check lists it."""

    code = N_("proposal-incomplete")
    status = 422


class Word(msgspec.Struct, frozen=True):
    """What is said with a move: a reason, comments beside single fields, and the session it gets."""

    reason: str = ""
    comments: tuple[Comment, ...] = ()
    session: str | None = None


async def held(tx: Tx, proposal_id: str, actor: Mover, action: Action) -> Proposal:
    """The proposal, kept from other writers until the transaction ends.

    Raises:
        NotFound: There is none with this id.
        NotAllowed: Its entity is not one this person may act for.
    """
    found = await store.find(tx, proposal_id, hold=True)
    if found is None:
        raise NotFound
    if not may_with(actor, action, found.entity):
        raise NotAllowed(action=action.value)
    return found


async def move_to(
    tx: Tx,
    actor: Mover,
    proposal_id: str,
    to: State,
    *,
    version: int,
    now: datetime,
    word: Word | None = None,
) -> Proposal:
    """The proposal after one move of the table; a second press of the same button changes nothing.

    Args:
        tx: The caller's transaction; never committed here.
        actor: Who moves it; the table says which right that takes.
        proposal_id: Which one.
        to: Where it shall go.
        version: The version the actor looked at.
        now: Aware.
        word: What is said with it.

    Raises:
        NotFound, NotAllowed: As `held`.
        WrongMove, ReasonMissing: The table says no.
        StaleVersion: Somebody wrote in between.
        ProposalIncomplete: It cannot be handed in as it is.
        BadRequest: A reason or comment is too long.
    """
    word = _cleaned(word or Word())
    found = await held(tx, proposal_id, actor, Action.READ_PROPOSALS)
    if found.state is to and found.version == version + 1:
        return found
    step = move(found.state, to, word.reason or " ".join(one.text for one in word.comments))
    if not may_with(actor, step.by, found.entity):
        raise NotAllowed(action=step.by.value)
    _current(found, version)
    if to is State.SUBMITTED:
        complete(found.content, now)
    moved = msgspec.structs.replace(
        found,
        state=to,
        version=found.version + 1,
        saved_at=now,
        saved_by=actor.id,
        submitted_at=now if to is State.SUBMITTED else found.submitted_at,
        published_at=now if to is State.ACCEPTED else found.published_at,
        session=word.session if to is State.SCHEDULED else found.session,
    )
    await _keep_move(tx, actor, found.state, moved, word)
    return moved


async def write(
    tx: Tx,
    actor: Mover,
    proposal_id: str,
    edit: Callable[[Content], Content],
    *,
    version: int,
    now: datetime,
) -> Proposal:
    """The proposal with a new content; after publication the difference is a revision for everybody.

    Args:
        tx: The caller's transaction; never committed here.
        actor: Who writes.
        proposal_id: Which one.
        edit: The new content, from the one that is there.
        version: The version the actor looked at.
        now: Aware.

    Raises:
        NotFound, NotAllowed: As `held`.
        WrongMove: The team may not write in this state.
        StaleVersion: Somebody wrote in between; nothing of theirs is lost.
        ProposalIncomplete: It is published and would not be whole any more.
    """
    found = await held(tx, proposal_id, actor, Action.PROPOSE)
    if found.state not in EDITABLE:
        raise WrongMove(state=found.state.value, to=found.state.value, reason=WHY_NOT[found.state])
    _current(found, version)
    content = edit(found.content)
    if content == found.content:
        return found
    written = msgspec.structs.replace(
        found,
        content=content,
        version=found.version + 1,
        saved_at=now,
        saved_by=actor.id,
    )
    if found.state in REVISED:
        complete(content, now)
        told = changes(found.content, content)
        if told:
            await store.append_revision(tx, found.id, now, told)
    await store.put(tx, written)
    await store.append_event(tx, written, actor, SAVED)
    return written


def complete(content: Content, now: datetime) -> None:
    """Nothing, if this may be handed in.

    Args:
        content: What it says.
        now: Aware, in the event's zone: it decides which day is today.

    Raises:
        ProposalIncomplete: It may not.
    """
    if found := checks.problems(content, now.date()):
        raise ProposalIncomplete(count=len(found))


def _current(found: Proposal, version: int) -> None:
    if found.version != version:
        raise StaleVersion(version=found.version)


def _cleaned(word: Word) -> Word:
    comments = tuple(Comment(one.field, text) for one in word.comments if (text := clean(one.text)))
    reason = clean(word.reason)
    if any(len(text) > REASON_LENGTH for text in (reason, *(one.text for one in comments))):
        raise BadRequest(what="reason")
    if any(one.field and one.field not in checks.STEP_OF for one in comments):
        raise BadRequest(what="comments")
    return msgspec.structs.replace(word, reason=reason, comments=comments)


async def _keep_move(tx: Tx, actor: Mover, before: State, moved: Proposal, word: Word) -> None:
    action = _DONE[moved.state]
    await store.put(tx, moved)
    await store.append_event(tx, moved, actor, action, reason=word.reason, comments=word.comments)
    facts: Facts = {"before": before.value, "after": moved.state.value, "entity": moved.entity}
    facts |= {"reason": word.reason} if word.reason else {}
    facts |= {"session": moved.session} if moved.session else {}
    await staff_log.append(
        tx, at=moved.saved_at, actor=actor, action=action, subject=moved.id, facts=facts
    )
