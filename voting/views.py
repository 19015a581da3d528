"""What the pages about a contest show, as values: the ballot, the receipt, what is pending. Pure.

The result itself is in `voting.result_views`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal

import msgspec

from expo.identity.people import Visit
from expo.words import Text
from voting.ballot_orders import arranged, order_of
from voting.contests import Contest, Electorate, Option, Phase
from voting.eligibility import blocked
from voting.protocol import Place, Receipt, TallyState

State = Literal["draft", "before", "open", "paused", "closing", "closed", "revealing", "published"]
_STATES: Final[Mapping[Phase, State]] = {
    Phase.DRAFT: "draft",
    Phase.READY: "before",
    Phase.OPEN: "open",
    Phase.PAUSED: "paused",
    Phase.CLOSING: "closing",
    Phase.CLOSED: "closed",
    Phase.REVIEWED: "closed",
    Phase.REVEALING: "revealing",
    Phase.PUBLISHED: "published",
    Phase.AMENDED: "published",
}


# --- the ballot ---


class OptionView(msgspec.Struct, frozen=True):
    """One option on the ballot; ``place`` is where this person's ranking has it, from 1."""

    id: str
    title: Text
    short: Text
    summary: Text
    entity: str
    entity_name: Text
    href: str
    sample: bool
    place: int | None
    own: bool
    """This person's own entity presents it: it is taken off the ballot before counting."""


class ErrorView(msgspec.Struct, frozen=True):
    """What went wrong with the cast just made."""

    code: str
    facts: dict[str, str | int]


class BallotView(msgspec.Struct, frozen=True):
    """A contest as one person's ballot, before, during and after.

    ``blocked`` says why this person could not cast even if the contest were open; ``options`` are
    in this voter's own order; ``places`` are those revealed, the last first; ``live`` is the
    running order if this person may see it now. ``level`` is how surely this person is known.
    """

    contest: Contest
    state: State
    phase: str
    options: tuple[OptionView, ...]
    ranking: tuple[str, ...]
    receipt: Receipt | None
    blocked: str | None
    blocked_facts: dict[str, str | int]
    closes_at: datetime | None
    hard_close_at: datetime | None
    max_ranked: int
    electorate: Electorate | None
    turnout: int
    turnout_by: tuple[tuple[Electorate, int], ...]
    places: tuple[Place, ...]
    total_places: int
    cast_id: str
    level: str | None
    visibility: str
    live: TallyState | None
    result_href: str
    error: ErrorView | None = None


class Known(msgspec.Struct, frozen=True):
    """What the record and the follower say about a contest and this person."""

    receipt: Receipt | None
    turnout: dict[str, int]
    places: tuple[Place, ...]
    total_places: int
    live: TallyState | None
    seed: str | None
    """Decides the order of the options: the voter's tag, or the device's own token; None: as programmed."""


def ballot_view(contest: Contest, visit: Visit, known: Known, cast_id: str) -> BallotView:
    """The ballot of whoever is looking.

    Args:
        contest: As it stands.
        visit: Who is looking.
        known: What is known about both.
        cast_id: Fresh UUID for a form without scripts.
    """
    person = visit.person
    ranking = known.receipt.ranking if known.receipt else ()
    refusal = blocked(person, contest)
    return BallotView(
        contest=contest,
        state=_STATES[contest.phase],
        phase=contest.phase.value,
        options=_options(contest, visit, ranking, known.seed),
        ranking=ranking,
        receipt=known.receipt,
        blocked=refusal.code if refusal else None,
        blocked_facts=refusal.facts if refusal else {},
        closes_at=contest.closes_at,
        hard_close_at=contest.hard_close_at,
        max_ranked=contest.rules.max_ranked,
        electorate=contest.electorate(person.electorate) if person else None,
        turnout=sum(known.turnout.values()),
        turnout_by=tuple((g, known.turnout.get(g.id, 0)) for g in contest.electorates),
        places=known.places,
        total_places=known.total_places,
        cast_id=cast_id,
        level=person.assurance.value if person else None,
        visibility=contest.rules.visibility,
        live=known.live,
        result_href=f"/results/{contest.id}",
    )


def with_error(
    view: BallotView, places: Mapping[str, int], code: str, facts: dict[str, str | int]
) -> BallotView:
    """The same ballot with what was filled in and why it was refused: nothing has to be redone."""
    options = tuple(
        msgspec.structs.replace(option, place=places.get(option.id)) for option in view.options
    )
    filled = [(option.place, option.id) for option in options if option.place is not None]
    ranking = tuple(option for _, option in sorted(filled))
    return msgspec.structs.replace(
        view, options=options, ranking=ranking, error=ErrorView(code, facts)
    )


def _options(
    contest: Contest, visit: Visit, ranking: tuple[str, ...], seed: str | None
) -> tuple[OptionView, ...]:
    place = {option: index + 1 for index, option in enumerate(ranking)}
    by_id = {option.id: option for option in contest.options}
    shown = tuple(by_id)
    if seed is not None:
        shown = arranged(shown, order_of(seed, len(shown)))
    return tuple(
        OptionView(
            option.id,
            option.title,
            option.short,
            option.summary,
            option.entity,
            option.entity_name,
            option.href,
            option.sample,
            place.get(option.id),
            own=is_own(option, contest, visit),
        )
        for option in (by_id[one] for one in shown)
    )


def is_own(option: Option, contest: Contest, visit: Visit) -> bool:
    """Whether this visit's own entity presents the option, in a contest that takes such off its ballot."""
    entity = visit.person.entity if visit.person else None
    return contest.rules.own == "abstain" and entity is not None and option.entity == entity


# --- receipt and result to come ---


class ReceiptView(msgspec.Struct, frozen=True):
    """What anybody with a tracker may know: that it counts, and its leaf in the public ledger.

    The ranking only on one's own device.

    ``leaf`` is in hexadecimal; None where nobody can tell it any more. ``own`` is the whole receipt,
    for one's own device to keep and check; its id is what an appeal wants beside the tracker.
    """

    tracker: str
    status: Literal["counted", "withdrawn", "quarantined", "void"]
    accepted_at: datetime
    revision: int
    ranking: tuple[Option, ...] | None
    contest: Contest
    leaf: str | None = None
    own: Receipt | None = None
    has_ledger: bool = True
    """False of a contest that opened before there were ledgers: nothing is promised."""


class PendingView(msgspec.Struct, frozen=True):
    """A contest of the day whose result is not published; the places already revealed, if any."""

    contest: Contest
    state: State
    places: tuple[Place, ...]
    total_places: int


def state_of(contest: Contest) -> State:
    """The word a page uses for the contest's phase."""
    return _STATES[contest.phase]
