"""Who may join which room, and what is in it."""

import msgspec
import pytest

from expo.rights import Role
from tests.support.clock import Clock
from tests.support.contests import contest
from tests.support.elections import patterns_of
from voting import visibility
from voting.contests import Contest, Phase, Rules, Visibility
from voting.methods.tally import Line, Tally
from voting.protocol import StandingRow, TallyState
from voting.results import Result, freeze

EVERYBODY = ("contest.s1", "contest.s1.turnout")


def asked(seen: Visibility = "hidden", phase: Phase = Phase.OPEN, revealed: int = 0) -> Contest:
    """The contest with a visibility and phase."""
    rules = Rules(max_ranked=4, visibility=seen)
    return msgspec.structs.replace(contest(rules=rules), phase=phase, revealed=revealed)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("seen", ["hidden", "after_vote", "live"])
@pytest.mark.parametrize("has_ballot", [True, False])
def test_rooms_follow_role_setting_and_ballot(
    role: Role, seen: Visibility, has_ballot: bool
) -> None:
    expected = list(EVERYBODY)
    if seen == "live":
        expected.append("contest.s1.live")
    if seen == "after_vote" and has_ballot:
        expected.append("contest.s1.voted")
    if role in {Role.ORGANISER, Role.MODERATOR}:
        expected.append("contest.s1.staff")

    assert visibility.rooms(role, asked(seen), has_ballot=has_ballot) == tuple(expected)


@pytest.mark.parametrize("phase", Phase)
def test_running_order_leaves_the_public_rooms_at_the_close(phase: Phase) -> None:
    running = phase in {Phase.OPEN, Phase.PAUSED}

    assert visibility.public_room(asked("live", phase)) == ("contest.s1.live" if running else None)
    assert visibility.public_room(asked("after_vote", phase)) == (
        "contest.s1.voted" if running else None
    )
    assert visibility.public_room(asked("hidden", phase)) is None


def test_tally_is_seen_by_organisers_and_by_whom_the_contest_says() -> None:
    may = visibility.may_see_tally

    assert may(Role.ORGANISER, asked("hidden", Phase.CLOSED), has_ballot=False)
    assert not may(Role.CUSTOMER, asked("hidden"), has_ballot=True)
    assert may(Role.PUBLIC, asked("live"), has_ballot=False)
    assert not may(Role.PUBLIC, asked("live", Phase.CLOSING), has_ballot=False)
    assert not may(Role.CUSTOMER, asked("after_vote"), has_ballot=False)
    assert may(Role.CUSTOMER, asked("after_vote"), has_ballot=True)


@pytest.mark.parametrize(
    ("ballots", "supports"),
    [(9, None), (10, [670, 330]), (9_999, [670, 330]), (10_000, [666, 334])],
)
def test_public_order_has_few_digits_and_needs_a_crowd(
    ballots: int, supports: list[int] | None
) -> None:
    rows = (StandingRow("a", 1, 666, 1, 0, 0), StandingRow("b", 2, 334, 0, 0, 1))
    exact = TallyState("s1", 5, ballots, rows, {"teams": 2})

    shown = visibility.public_tally(exact)

    assert [row.support for row in shown.rows] == (supports or [])
    assert (shown.ballots, shown.waiting) == (ballots, {"teams": 2})


def frozen(rankings: dict[str, int], **rules: object) -> Result:
    """A result of customers' ballots."""
    of = contest(rules=Rules(max_ranked=4))
    tally = Tally(["a", "b", "c", "d"], ["employees", "teams", "customers"], ballots=True)
    position = 0
    for pattern in patterns_of("customers", rankings):
        for _ in range(pattern.count):
            position += 1
            tally.apply(Line(position, f"v{position}", "customers", 1, pattern.ranking))
    return freeze(of, tally, position=position + 1, at=Clock()(), **rules)  # type: ignore[arg-type]  # only disputed


STRICT = {"a>b>c>d": 12}
TIED = {"a>b>c": 10, "a>c>b": 10}  # b and c share the second place


@pytest.mark.parametrize(
    ("phase", "revealed", "shown"),
    [
        (Phase.OPEN, 0, []),
        (Phase.CLOSED, 4, []),
        (Phase.REVIEWED, 4, []),
        (Phase.REVEALING, 0, []),
        (Phase.REVEALING, 1, [4]),
        (Phase.REVEALING, 3, [4, 3, 2]),
        (Phase.REVEALING, 99, [4, 3, 2, 1]),
        (Phase.PUBLISHED, 0, [4, 3, 2, 1]),
    ],
)
def test_places_hold_only_what_was_revealed(phase: Phase, revealed: int, shown: list[int]) -> None:
    places = visibility.places(asked(phase=phase, revealed=revealed), frozen(STRICT))

    assert [place.rank for place in places] == shown


def test_shared_place_is_revealed_as_one() -> None:
    of, result = asked(phase=Phase.REVEALING, revealed=2), frozen(TIED)

    places = visibility.places(of, result)

    assert [(place.rank, sorted(place.ids)) for place in places] == [(4, ["d"]), (2, ["b", "c"])]
    assert visibility.total_places(of, result) == 3
    assert visibility.total_places(asked(), result) == 4
    assert visibility.total_places(of, None) == 4


def test_disputed_result_is_shown_to_nobody() -> None:
    of = asked(phase=Phase.PUBLISHED)

    assert visibility.places(of, frozen(STRICT, disputed=True)) == ()
    assert visibility.places(of, None) == ()
    assert visibility.is_shown(of)
    assert not visibility.is_shown(asked())
