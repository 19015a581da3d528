"""Precedence: one person, one standing, whatever is claimed in whatever order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from expo.errors import BadRequest, NotAllowed
from expo.identity.entering.identities import (
    Claim,
    ElectorateSettled,
    Kind,
    Known,
    Standing,
    checked,
    mark_of,
    may_join,
    newcomer,
    raised,
)
from expo.identity.entering.identities import given as given_standing
from expo.identity.people import Assurance, Person, PersonId, is_enough
from expo.rights import STAFF, TEAM_MEMBERS, VOTERS, Role

ROLES = st.sampled_from(sorted(VOTERS | STAFF))
_HEIGHT = (Role.CUSTOMER, Role.EMPLOYEE, Role.TEAM, Role.PRESENTER)
CLAIMS = st.builds(
    Claim,
    kind=st.sampled_from([Kind.OIDC, Kind.INVITATION]),
    issuer=st.sampled_from(["", "https://id.example"]),
    subject=st.text(max_size=8),
    assurance=st.sampled_from(Assurance),
    role=ROLES,
    electorate=st.sampled_from([None, "employees", "guests"]),
    entity=st.sampled_from([None, "dewa", "rta"]),
    label=st.sampled_from(["", "Aisha"]),
)


@given(st.lists(CLAIMS, min_size=1, max_size=6))
def test_raising_twice_by_the_same_claims_changes_nothing_more(claims: list[Claim]) -> None:
    person = _after(newcomer(claims[0], PersonId("p1")), claims)

    assert _after(person, claims[-1:]) == person


@given(st.lists(CLAIMS, min_size=1, max_size=6), st.booleans())
def test_nobody_falls_and_assurance_never_shrinks(claims: list[Claim], has_cast: bool) -> None:
    person = newcomer(claims[0], PersonId("p1"))
    for claim in claims:
        after, _ = raised(person, claim, has_cast=has_cast)

        assert _height(after) >= _height(person)
        assert is_enough(after.assurance, person.assurance)
        assert is_enough(after.assurance, claim.assurance)
        assert after.id == person.id
        person = after


@given(CLAIMS, CLAIMS)
def test_voter_who_has_cast_keeps_electorate_and_entity(first: Claim, then: Claim) -> None:
    person = newcomer(first, PersonId("p1"))
    after, is_kept = raised(person, then, has_cast=True)

    if then.role not in STAFF:
        assert (after.electorate, after.entity) == (person.electorate, person.entity)
    free, _ = raised(person, then, has_cast=False)
    same = (free.electorate, free.entity) == (person.electorate, person.entity)
    assert is_kept == (not same and free.role not in STAFF)


@given(st.lists(CLAIMS, min_size=1, max_size=6))
def test_standing_always_fits_the_role(claims: list[Claim]) -> None:
    person = _after(newcomer(claims[0], PersonId("p1")), claims)

    assert (person.electorate is None) == (person.role in STAFF)
    assert person.entity is None or person.role in TEAM_MEMBERS


@given(st.permutations([Role.TEAM, Role.EMPLOYEE, Role.CUSTOMER]))
def test_team_goes_before_employee_before_customer_in_any_order(order: list[Role]) -> None:
    claims = [Claim(Kind.OIDC, "i", "s", Assurance.VERIFIED, role) for role in order]

    assert _after(newcomer(claims[0], PersonId("p1")), claims).role is Role.TEAM


@given(
    st.tuples(st.sampled_from(Kind), st.text(max_size=6), st.text(max_size=6)),
    st.tuples(st.sampled_from(Kind), st.text(max_size=6), st.text(max_size=6)),
)
def test_two_subjects_share_a_mark_only_when_they_are_one(
    one: tuple[Kind, str, str], other: tuple[Kind, str, str]
) -> None:
    marks = {mark_of(Claim(*it, Assurance.CONTACT), "s" * 32) for it in (one, other)}

    assert (len(marks) == 1) == (one == other)


@given(CLAIMS.filter(lambda one: one.role in STAFF), st.sampled_from(Kind))
def test_staff_come_by_invitation_and_claim_map_alone(claim: Claim, kind: Kind) -> None:
    by = Claim(kind, claim.issuer, claim.subject, claim.assurance, claim.role)
    try:
        allowed = checked(by) is by
    except NotAllowed:
        allowed = False

    assert allowed == (kind in {Kind.OIDC, Kind.INVITATION})


def _after(person: Person, claims: list[Claim]) -> Person:
    for claim in claims:
        person, _ = raised(person, claim, has_cast=False)
    return person


def _height(person: Person) -> int:
    return _HEIGHT.index(person.role) if person.role in _HEIGHT else len(_HEIGHT)


@given(CLAIMS, ROLES, st.sampled_from([None, "guests"]), st.booleans())
def test_organisers_change_is_refused_exactly_where_a_ballot_would_change_sides(
    claim: Claim, role: Role, electorate: str | None, has_cast: bool
) -> None:
    person = newcomer(claim, PersonId("p1"))
    to = Standing(role, electorate, "dewa")
    free = given_standing(person, to, has_cast=False)
    moves = (free.electorate, free.entity) != (person.electorate, person.entity)
    try:
        after = given_standing(person, to, has_cast=has_cast)
    except ElectorateSettled:
        after = person
        assert has_cast
        assert moves
        assert role not in STAFF
    else:
        assert after == free
        assert not (has_cast and moves and role not in STAFF)

    assert (after.id, after.assurance, after.label) == (person.id, person.assurance, person.label)


@pytest.mark.parametrize("role", [Role.PUBLIC, Role.SCREEN])
def test_nobody_is_made_the_public_or_a_screen(role: Role) -> None:
    person = newcomer(Claim(Kind.EMAIL, "", "a", Assurance.CONTACT), PersonId("p1"))
    with pytest.raises(BadRequest):
        given_standing(person, Standing(role), has_cast=False)


def test_one_identity_of_each_way_and_none_for_staff() -> None:
    claim = Claim(Kind.EMAIL, "", "a", Assurance.CONTACT)
    voter = newcomer(claim, PersonId("p1"))
    boss = newcomer(Claim(Kind.OIDC, "i", "s", Assurance.VERIFIED, Role.ORGANISER), PersonId("p2"))
    mail = Known("1", "p1", Kind.EMAIL, "", "mark")
    other = Known("2", "p1", Kind.OIDC, "https://one.example", "mark")

    assert may_join(voter, (), claim)
    assert may_join(voter, (other,), claim)
    assert not may_join(voter, (other, mail), claim)
    assert may_join(voter, (other,), Claim(Kind.OIDC, "https://two", "s", Assurance.VERIFIED))
    assert not may_join(boss, (), claim)
