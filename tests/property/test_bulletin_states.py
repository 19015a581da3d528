"""However people press, a bulletin is public only by way of a review, and stays what it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sessions.bulletin.states import (
    FROZEN,
    PUBLIC,
    TABLE,
    WHY_NOT,
    State,
    Step,
    WrongStep,
    after,
    check_editable,
    steps_from,
)


@given(st.lists(st.sampled_from(Step)))
def test_nothing_is_public_without_a_review_and_nothing_public_comes_back(
    steps: list[Step],
) -> None:
    state, is_reviewed = State.DRAFT, False
    for step in steps:
        before = state
        if (state, step) not in TABLE:
            with pytest.raises(WrongStep) as refused:
                after(state, step)
            assert refused.value.facts["reason"] == WHY_NOT[state]
            continue
        state = after(state, step)
        if step is Step.REVIEW:
            is_reviewed = True
        elif step is Step.BACK:
            is_reviewed = False
        assert state not in PUBLIC or is_reviewed
        assert before not in PUBLIC or state in PUBLIC


@given(st.sampled_from(State))
def test_words_are_written_in_a_draft_alone(state: State) -> None:
    if state is State.DRAFT:
        check_editable(state)
        return
    with pytest.raises(WrongStep):
        check_editable(state)


def test_every_state_says_why_another_step_is_refused_and_can_be_reached() -> None:
    reached = {State.DRAFT} | set(TABLE.values())

    assert reached == set(State) == set(WHY_NOT)
    assert {step for state in State for step in steps_from(state)} == set(Step)
    assert not FROZEN & PUBLIC


def test_what_is_published_can_only_be_replaced() -> None:
    assert steps_from(State.PUBLISHED) == (Step.SUPERSEDE,)
    assert steps_from(State.AMENDED) == ()
