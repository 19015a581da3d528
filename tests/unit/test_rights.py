"""One table says who may do what; here it is in full, written a second time on purpose."""

import pytest

from expo.identity.people import Person, PersonId
from expo.rights import TABLE, Action, Grant, Role, may, may_with

EVERYBODY = {*Role}
VOTERS = {Role.CUSTOMER, Role.EMPLOYEE, Role.TEAM, Role.PRESENTER}
SHOW = {Role.ORGANISER, Role.MODERATOR}
ALLOWED = {
    Action.READ_PAGES: EVERYBODY,
    Action.FOLLOW_LIVE: EVERYBODY,
    Action.REDEEM_PASS: EVERYBODY,
    Action.SIGN_IN: EVERYBODY,
    Action.JOIN_AS_CUSTOMER: EVERYBODY,
    Action.LEAVE: EVERYBODY,
    Action.CAST_BALLOT: VOTERS,
    Action.READ_OWN_BALLOT: VOTERS,
    Action.APPEAL: EVERYBODY,
    Action.KEEP_OWN_DATA: EVERYBODY - {Role.PUBLIC, Role.SCREEN},
    Action.PROPOSE: {Role.TEAM, Role.PRESENTER},
    Action.READ_PROPOSALS: {Role.TEAM, Role.PRESENTER, Role.ORGANISER, Role.AUDITOR},
    Action.REVIEW_PROPOSALS: {Role.ORGANISER},
    Action.ASK_QUESTIONS: VOTERS,
    Action.SUPPORT_QUESTIONS: VOTERS,
    Action.REACT: VOTERS,
    Action.MODERATE_QUESTIONS: SHOW,
    Action.ANSWER_QUESTIONS: {Role.TEAM, Role.PRESENTER, Role.ORGANISER},
    Action.PRESENT: SHOW | {Role.TEAM, Role.PRESENTER},
    Action.RUN_SHOW: SHOW,
    Action.SEE_PRIVATE_TALLY: SHOW,
    Action.WATCH_FAIRNESS: {Role.OFFICER, Role.ORGANISER, Role.AUDITOR},
    Action.REVIEW_HELD: {Role.OFFICER, Role.ORGANISER},
    Action.AUDIT_SEALED: {Role.AUDITOR},
    Action.MANAGE_PASSES: {Role.ORGANISER},
    Action.MANAGE_PEOPLE: {Role.ORGANISER},
    Action.MANAGE_EXPO: {Role.ORGANISER},
    Action.PREPARE_BULLETIN: {Role.ORGANISER},
    Action.REVIEW_BULLETIN: {Role.ORGANISER, Role.OFFICER},
    Action.READ_OUTBOX: {Role.ORGANISER},
    Action.RELOAD_PROGRAMME: {Role.ORGANISER},
    Action.READ_STAFF_LOG: {Role.ORGANISER, Role.OFFICER, Role.AUDITOR},
    Action.READ_METRICS: {Role.ORGANISER},
    Action.SHOW_ON_SCREEN: {Role.SCREEN, Role.ORGANISER},
}
OWN_ENTITY_ALONE = {
    Action.ANSWER_QUESTIONS: {Role.TEAM, Role.PRESENTER},
    Action.PRESENT: {Role.TEAM, Role.PRESENTER},
    Action.PROPOSE: {Role.TEAM, Role.PRESENTER},
    Action.READ_PROPOSALS: {Role.TEAM, Role.PRESENTER},
}


@pytest.mark.parametrize("action", Action)
def test_action_is_open_to_exactly_these_roles(action: Action) -> None:
    assert {role for role in Role if may(role, action)} == ALLOWED[action]


def test_every_action_has_a_row_and_no_row_lacks_an_action() -> None:
    assert set(TABLE) == set(Action) == set(ALLOWED)


def test_staff_and_screens_never_vote_and_the_public_only_after_joining() -> None:
    for role in {*Role} - VOTERS:
        assert not may(role, Action.CAST_BALLOT)


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("role", set(Role) - {Role.PUBLIC})
def test_entity_decides_where_the_table_says_so(action: Action, role: Role) -> None:
    somebody = Person(PersonId("p"), role, entity="dewa")
    bound = role in OWN_ENTITY_ALONE.get(action, set())

    assert may_with(somebody, action, "dewa") == (role in ALLOWED[action])
    assert may_with(somebody, action, "rta") == (role in ALLOWED[action] and not bound)
    assert may_with(somebody, action, None) == (role in ALLOWED[action] and not bound)


def test_nobody_at_the_door_has_what_everybody_has() -> None:
    assert may_with(None, Action.READ_PAGES, "dewa")
    assert not may_with(None, Action.PROPOSE, "dewa")


def test_table_cannot_be_changed_at_run_time() -> None:
    with pytest.raises(TypeError):
        TABLE[Action.RUN_SHOW] = Grant(frozenset(Role))  # type: ignore[index]  # that is the point
