"""One table says who may do what; here it is in full, written a second time on purpose."""

import pytest

from expo.rights import TABLE, Action, Role, may

EVERYBODY = {*Role}
VOTERS = {Role.CUSTOMER, Role.EMPLOYEE, Role.TEAM}
ALLOWED = {
    Action.READ_PAGES: EVERYBODY,
    Action.FOLLOW_LIVE: EVERYBODY,
    Action.REDEEM_PASS: EVERYBODY,
    Action.JOIN_AS_CUSTOMER: EVERYBODY,
    Action.LEAVE: EVERYBODY,
    Action.CAST_BALLOT: VOTERS,
    Action.READ_OWN_BALLOT: VOTERS,
    Action.RUN_SHOW: {Role.ORGANISER},
    Action.SEE_PRIVATE_TALLY: {Role.ORGANISER},
    Action.MANAGE_PASSES: {Role.ORGANISER},
    Action.RELOAD_PROGRAMME: {Role.ORGANISER},
    Action.READ_STAFF_LOG: {Role.ORGANISER},
    Action.READ_METRICS: {Role.ORGANISER},
    Action.SHOW_ON_SCREEN: {Role.SCREEN, Role.ORGANISER},
}


@pytest.mark.parametrize("action", Action)
def test_action_is_open_to_exactly_these_roles(action: Action) -> None:
    assert {role for role in Role if may(role, action)} == ALLOWED[action]


def test_every_action_has_a_row_and_no_row_lacks_an_action() -> None:
    assert set(TABLE) == set(Action) == set(ALLOWED)


def test_staff_and_screens_never_vote_and_the_public_only_after_joining() -> None:
    for role in (Role.PUBLIC, Role.ORGANISER, Role.SCREEN):
        assert not may(role, Action.CAST_BALLOT)


def test_table_cannot_be_changed_at_run_time() -> None:
    with pytest.raises(TypeError):
        TABLE[Action.RUN_SHOW] = frozenset(Role)  # type: ignore[index]  # that is the point
