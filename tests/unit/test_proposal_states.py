"""The table of a proposal's states: what it allows, what it refuses and why."""

import itertools

import pytest

from expo.catalogue.proposals.states import (
    EDITABLE,
    FINAL,
    PUBLIC,
    REVISED,
    TABLE,
    WHY_NOT,
    ReasonMissing,
    State,
    WrongMove,
    move,
    moves_from,
)
from expo.rights import Action

ROAD = (
    State.DRAFT,
    State.SUBMITTED,
    State.ACCEPTED,
    State.SCHEDULED,
    State.PRESENTED,
    State.SELECTED,
    State.IN_DELIVERY,
    State.DELIVERED,
)


def test_the_whole_road_can_be_gone() -> None:
    for here, there in itertools.pairwise(ROAD):
        assert move(here, there).to is there


def test_returned_goes_back_to_submitted() -> None:
    assert move(State.SUBMITTED, State.RETURNED, "More evidence.").needs_reason
    assert move(State.RETURNED, State.SUBMITTED).by is Action.PROPOSE


@pytest.mark.parametrize(
    ("here", "there"),
    [(State.SUBMITTED, State.RETURNED), (State.PRESENTED, State.NOT_SELECTED)],
)
def test_a_refusing_move_needs_its_reason(here: State, there: State) -> None:
    assert move(here, there, "Because.").to is there

    with pytest.raises(ReasonMissing):
        move(here, there)


def test_every_open_state_can_be_withdrawn_and_no_final_one_left() -> None:
    assert {FINAL} == {frozenset({State.DELIVERED, State.NOT_SELECTED, State.WITHDRAWN})}
    for state in State:
        assert (State.WITHDRAWN in moves_from(state)) is (state not in FINAL)


def test_an_illegal_move_is_refused_with_the_reason_of_the_table() -> None:
    with pytest.raises(WrongMove) as refused:
        move(State.SUBMITTED, State.SCHEDULED)

    assert refused.value.facts == {
        "state": "submitted",
        "to": "scheduled",
        "reason": "in-review",
    }


def test_teams_make_three_moves_and_organisers_the_rest() -> None:
    by_team = {
        (state, step.to)
        for state, steps in TABLE.items()
        for step in steps
        if step.by is Action.PROPOSE
    }

    assert {to for _, to in by_team} == {State.SUBMITTED, State.WITHDRAWN}
    assert set(TABLE) == set(State) == set(WHY_NOT)


def test_what_is_revised_is_public_and_editable() -> None:
    assert EDITABLE & PUBLIC == REVISED
    assert not PUBLIC & {State.DRAFT, State.SUBMITTED, State.RETURNED, State.WITHDRAWN}
