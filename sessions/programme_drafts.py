"""A programme as far as it could be read: what the rules look at.

The same things as in ``programme``, each with the path where it was written, and with None for
what was missing or wrong and has been reported already. Pure.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TypeVar

import msgspec

from expo.catalogue.values import Entity, Initiative, ModelStage
from sessions.programme import Day, Electorate, Programme, Session, Slot

A = TypeVar("A")
B = TypeVar("B")


class FinalDraft(msgspec.Struct, frozen=True):
    """Whose winners a final is among, as far as it could be read; None for what was unreadable."""

    path: str
    days: tuple[int | None, ...]
    sessions: tuple[str | None, ...]


class SessionDraft(msgspec.Struct, frozen=True):
    """A session as far as it could be read.

    ``initiatives`` is None when the list could not be read, and holds None for an unreadable id.
    ``method`` is None where the session is counted as the expo says.
    """

    path: str
    id: str | None
    starts_at: datetime | None
    ends_at: datetime | None
    entity: str | None
    slots: tuple[Slot, ...] | None
    initiatives: tuple[str | None, ...] | None
    final: FinalDraft | None = None
    method: str | None = None


class DayDraft(msgspec.Struct, frozen=True):
    """A day as far as it could be read."""

    path: str
    date: date | None
    opens_at: datetime | None
    closes_at: datetime | None
    announced_only: bool
    sessions: tuple[SessionDraft, ...]
    has_unread_sessions: bool = False


class InitiativeDraft(msgspec.Struct, frozen=True):
    """An initiative as far as it could be read; ``stages`` None when they were unreadable."""

    path: str
    id: str | None
    entity: str | None
    stages: tuple[ModelStage, ...] | None


class ElectorateDraft(msgspec.Struct, frozen=True):
    """An electorate as far as it could be read."""

    path: str
    id: str | None
    weight: int | None
    full_weight_at: int | None
    min: int | None
    expected: int | None
    audit: str = "open"


class EntityDraft(msgspec.Struct, frozen=True):
    """An entity's id, if it could be read."""

    path: str
    id: str | None


class ProgrammeDraft(msgspec.Struct, frozen=True):
    """Everything the rules look at.

    ``has_entities`` and ``has_initiatives`` are false when that list itself could not be read:
    then nothing can be said about ids that refer to it. ``method`` counts what says nothing else.
    """

    entities: tuple[EntityDraft, ...]
    initiatives: tuple[InitiativeDraft, ...]
    electorates: tuple[ElectorateDraft, ...]
    days: tuple[DayDraft, ...]
    has_entities: bool = True
    has_initiatives: bool = True
    method: str = ""

    @property
    def sessions(self) -> tuple[SessionDraft, ...]:
        """The sessions of all days."""
        return tuple(session for day in self.days for session in day.sessions)


def drafted(programme: Programme) -> ProgrammeDraft:
    """The programme as the rules look at it."""
    return ProgrammeDraft(
        entities=_each("entities", programme.entities, _entity_draft),
        initiatives=_each("initiatives", programme.initiatives, _initiative_draft),
        electorates=_each("electorates", programme.electorates, _electorate_draft),
        days=_each("days", programme.days, _day_draft),
        method=programme.voting.method,
    )


def _entity_draft(path: str, one: Entity) -> EntityDraft:
    return EntityDraft(path, one.id)


def _initiative_draft(path: str, one: Initiative) -> InitiativeDraft:
    return InitiativeDraft(path, one.id, one.entity, one.model_stages)


def _electorate_draft(path: str, one: Electorate) -> ElectorateDraft:
    say = (one.weight, one.full_weight_at, one.min, one.expected)
    return ElectorateDraft(path, one.id, *say, one.audit)


def _day_draft(path: str, day: Day) -> DayDraft:
    sessions = _each(f"{path}.sessions", day.sessions, _session_draft)
    return DayDraft(path, day.date, day.opens_at, day.closes_at, day.announced_only, sessions)


def _session_draft(path: str, one: Session) -> SessionDraft:
    of = one.final
    final = None if of is None else FinalDraft(f"{path}.final", of.days, of.sessions)
    return SessionDraft(
        path,
        one.id,
        one.starts_at,
        one.ends_at,
        one.entity,
        one.slots,
        one.initiatives,
        final,
        None if one.voting is None else one.voting.method,
    )


def _each(path: str, things: Sequence[A], draft: Callable[[str, A], B]) -> tuple[B, ...]:
    return tuple(draft(f"{path}[{n}]", thing) for n, thing in enumerate(things))
