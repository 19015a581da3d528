"""What the team's pages show, as values: where a proposal stands, what is next, its checklist. Pure."""

from datetime import date
from typing import Final

import msgspec

from expo.catalogue.proposals.checks import (
    Problem,
    Step,
    Untranslated,
    problems,
    untranslated,
)
from expo.catalogue.proposals.states import EDITABLE, FINAL, REVISED, State
from expo.catalogue.proposals.values import Comment, Event, Proposal

STEPS: Final = tuple(Step)
HARD: Final = frozenset(
    {"text-too-long", "stage-no-date", "stage-in-future", "stage-before-earlier", "name-missing"}
)
"""Problems that are told at once, when a step is saved; the rest may wait for the check."""


class Item(msgspec.Struct, frozen=True):
    """One line of the checklist; ``step`` is where it is done, None where the organisers do it."""

    name: str
    is_done: bool
    step: Step | None = None


class ProposalView(msgspec.Struct, frozen=True):
    """One proposal for its team.

    ``problems`` are what keeps it from being handed in; ``comments`` are those of the latest return
    while it is back at the team; ``reason`` goes with the state.
    """

    proposal: Proposal
    problems: tuple[Problem, ...]
    untranslated: tuple[Untranslated, ...]
    checklist: tuple[Item, ...]
    comments: tuple[Comment, ...]
    reason: str

    @property
    def may_edit(self) -> bool:
        """Whether the team may write now."""
        return self.proposal.state in EDITABLE

    @property
    def is_revised(self) -> bool:
        """Whether what it writes is a revision everybody can see."""
        return self.proposal.state in REVISED

    @property
    def may_submit(self) -> bool:
        """Whether it can be handed in now."""
        return self.proposal.state in {State.DRAFT, State.RETURNED} and not self.problems

    @property
    def may_withdraw(self) -> bool:
        """Whether it can still be withdrawn."""
        return self.proposal.state not in FINAL

    @property
    def next_step(self) -> Step | None:
        """The first step with something to mend, while the team may write."""
        found = (one.step for one in self.problems)
        return next(found, None) if self.may_edit else None

    def left_in(self, step: str) -> int:
        """How much is to be mended in a step."""
        return sum(one.step == step for one in self.problems)

    def comments_on(self, about: str) -> tuple[str, ...]:
        """What the organisers say about a field of the content; about the whole for an empty name."""
        return tuple(one.text for one in self.comments if one.field == about)


def proposal_view(proposal: Proposal, today: date, events: tuple[Event, ...] = ()) -> ProposalView:
    """A proposal as its team sees it.

    Args:
        proposal: As it stands.
        today: In the event's zone.
        events: Its history, oldest first; without it nothing is said about reasons and comments.
    """
    latest = next(
        (one for one in reversed(events) if one.state is proposal.state and one.reason), None
    )
    returned = next((one for one in reversed(events) if one.comments), None)
    is_back = proposal.state is State.RETURNED
    found = problems(proposal.content, today)
    return ProposalView(
        proposal=proposal,
        problems=found,
        untranslated=untranslated(proposal.content),
        checklist=_checklist(proposal, found),
        comments=returned.comments if returned and is_back else (),
        reason=latest.reason if latest else "",
    )


def _checklist(proposal: Proposal, found: tuple[Problem, ...]) -> tuple[Item, ...]:
    content = proposal.content
    codes = {one.code for one in found}
    texts = {one.about for one in found}
    return (
        Item("title", not texts & {"title", "summary", "life_stage"}, Step.IDEA),
        Item(
            "short", bool(content.short.ar and content.short.en) and "short" not in texts, Step.IDEA
        ),
        Item(
            "story",
            not texts & {"problem", "proposal", "benefit", "evidence", "needed"},
            Step.IMPACT,
        ),
        Item("model_stages", "model_stages" not in texts, Step.IMPACT),
        Item("speakers", bool(content.speakers), Step.PEOPLE),
        Item("consent", bool(content.speakers) and "consent-missing" not in codes, Step.PEOPLE),
        Item("images", bool(content.images) and "images" not in texts, Step.PEOPLE),
        Item("languages", not untranslated(content)),
        Item("slot", proposal.session is not None),
    )


def problems_of(step: Step, found: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """Those of one step."""
    return tuple(one for one in found if one.step is step)


def step_after(step: Step) -> Step | None:
    """The next step; None after the last."""
    place = STEPS.index(step) + 1
    return STEPS[place] if place < len(STEPS) else None
