"""Lists of people to invite: good rows become guests, bad ones are named with all that is wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from expo.identity.admission import Named, PassTargets
from expo.identity.entering.identities import Kind
from expo.identity.invitations.guests import COLUMNS, Guest, GuestList, guests_in
from expo.identity.invitations.values import (
    Invitation,
    InvitationExpired,
    InvitationRevoked,
    InvitationUsed,
    admit,
)
from expo.lists.reading import rows_of
from expo.rights import Role
from expo.words import Text

TARGETS = PassTargets(
    (Named("employees", Text("الموظفون", "Employees")), Named("teams", Text("الفرق", "Teams"))),
    (Named("dewa", Text("هيئة كهرباء ومياه دبي", "DEWA")), Named("rta", Text("الطرق", "RTA"))),
)
HEAD = ["email", "name", "role", "electorate", "entity", "language"]
NOW = datetime(2017, 4, 17, 8, tzinfo=UTC)


def read(*rows: list[str], invited: tuple[str, ...] = ()) -> GuestList:
    return guests_in(rows_of([HEAD, *rows], COLUMNS), TARGETS, invited)


def problems(*rows: list[str], invited: tuple[str, ...] = ()) -> list[tuple[int, str, str]]:
    return [(one.line, one.column, one.code) for one in read(*rows, invited=invited).errors]


def test_good_rows_become_guests() -> None:
    found = read(
        ["Maha@Example.ae", "مها", "team", "", "DEWA", "en"],
        ["ali@example.ae", "", "", "", "", ""],
        ["sara@example.ae", "Sara", "موظف", "الموظفون", "هيئة كهرباء ومياه دبي", "العربية"],
        ["omar@example.ae", "Omar", "Officer", "", "", "English"],
    )

    assert found.errors == ()
    assert found.guests == (
        Guest(2, "maha@example.ae", "مها", Role.TEAM, None, "dewa", "en"),
        Guest(3, "ali@example.ae", "", Role.CUSTOMER, None, None, "ar"),
        Guest(4, "sara@example.ae", "Sara", Role.EMPLOYEE, "employees", "dewa", "ar"),
        Guest(5, "omar@example.ae", "Omar", Role.OFFICER, None, None, "en"),
    )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (["", "Maha"], [("email", "email-missing")]),
        (["maha at example", "Maha"], [("email", "email-wrong")]),
        (["m@example.ae", "x" * 81], [("name", "name-too-long")]),
        (["m@example.ae", "", "king"], [("role", "role-unknown")]),
        (["m@example.ae", "", "screen"], [("role", "role-unknown")]),
        (["m@example.ae", "", "public"], [("role", "role-unknown")]),
        (["m@example.ae", "", "employee", "jury"], [("electorate", "electorate-unknown")]),
        (["m@example.ae", "", "officer", "teams"], [("electorate", "electorate-of-staff")]),
        (["m@example.ae", "", "team"], [("entity", "entity-missing")]),
        (["m@example.ae", "", "team", "", "nasa"], [("entity", "entity-unknown")]),
        (["m@example.ae", "", "customer", "", "dewa"], [("entity", "entity-not-for-role")]),
        (["m@example.ae", "", "", "", "", "fr"], [("language", "language-unknown")]),
        (
            ["@", "x" * 81, "king", "jury", "nasa", "fr"],
            [
                ("email", "email-wrong"),
                ("role", "role-unknown"),
                ("electorate", "electorate-unknown"),
                ("entity", "entity-unknown"),
                ("language", "language-unknown"),
                ("name", "name-too-long"),
            ],
        ),
    ],
)
def test_bad_row_is_named_with_all_that_is_wrong(
    row: list[str], expected: list[tuple[str, str]]
) -> None:
    found = read(row)

    assert [(one.column, one.code) for one in found.errors] == expected
    assert found.guests == ()
    assert found.bad_rows == 1


def test_mailbox_is_invited_once() -> None:
    rows = [["m@example.ae"], ["M+work@example.ae"], ["known@example.ae"]]

    assert problems(*rows, invited=("known@example.ae",)) == [
        (3, "email", "email-twice"),
        (4, "email", "already-invited"),
    ]
    assert read(*rows).errors[0].facts == {"first": 2}


def test_invitation_lets_in_once_and_in_time() -> None:
    one = Invitation(
        "i1", "m@example.ae", "Maha", Role.TEAM, None, "dewa", "ar", "mark",
        expires_at=NOW + timedelta(days=1), sent_at=NOW,
    )  # fmt: skip
    admit(one, NOW)

    for changed, refusal in (
        ({"accepted_at": NOW}, InvitationUsed),
        ({"revoked_at": NOW}, InvitationRevoked),
        ({"expires_at": NOW}, InvitationExpired),
    ):
        values = {name: getattr(one, name) for name in one.__struct_fields__} | changed
        with pytest.raises(refusal):
            admit(Invitation(**values), NOW)
    assert one.claim.kind is Kind.INVITATION
    assert one.claim.contact == "m@example.ae"
