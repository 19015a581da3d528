"""Where somebody begins who has just come in."""

import pytest

from expo.identity.entering.beginnings import beginning
from expo.identity.people import Person, PersonId, Visit
from expo.rights import Role


def visit_of(role: Role, *, entity: str | None = None, label: str = "") -> Visit:
    return Visit(person=Person(PersonId("p"), role, entity=entity, label=label))


@pytest.mark.parametrize(
    ("role", "page"),
    [
        (Role.CUSTOMER, "/ar/"),
        (Role.EMPLOYEE, "/ar/"),
        (Role.TEAM, "/ar/team"),
        (Role.PRESENTER, "/ar/team"),
        (Role.MODERATOR, "/ar/staff/control"),
        (Role.ORGANISER, "/ar/staff/control"),
        (Role.OFFICER, "/ar/staff/fairness"),
        (Role.AUDITOR, "/ar/staff/fairness"),
        (Role.SCREEN, "/stage/main?lang=ar"),
    ],
)
def test_role_begins_where_it_has_something_to_do(role: Role, page: str) -> None:
    assert beginning(visit_of(role, entity="dewa"), "ar") == page


def test_who_has_no_place_of_their_own_begins_at_the_first_page() -> None:
    assert beginning(Visit(), "en") == "/en/"
    assert beginning(visit_of(Role.TEAM), "en") == "/en/"


@pytest.mark.parametrize(
    ("label", "stage"),
    [("Hall-2", "hall-2"), ("", "main"), ("../staff", "main"), ("x" * 33, "main")],
)
def test_screen_begins_on_the_stage_of_its_label(label: str, stage: str) -> None:
    assert beginning(visit_of(Role.SCREEN, label=label), "en") == f"/stage/{stage}?lang=en"
