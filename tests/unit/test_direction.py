"""What the rehearsal's director does next, from what the control room shows."""

from datetime import datetime, timedelta

import msgspec
import pytest

from sessions.board import board
from sessions.control_view import Watched, control_view
from sessions.cues import Status
from sessions.orders import Kind, Order
from sessions.protocol import ControlView, Counts, StaffLine
from sessions.rehearsal import election_day
from sessions.rehearsal.direction import OPENS_AFTER, next_order, taken_over
from tests.support.schedules import programme
from tests.support.shows import AT, SESSION, all_places, contest, rundown, state
from voting.contests import Contest, Phase

EARLY = AT - timedelta(hours=2)
STARTS = AT - timedelta(minutes=10)
ENDS = STARTS + timedelta(minutes=45)
COUNTS = Counts(0, 0, 0, {})


def seen(
    found: Contest | None = None,
    *,
    status: Status = Status.LIVE,
    places: int = 0,
    talk: bool = False,
) -> ControlView:
    """The control room with the first session in this state."""
    contests = {SESSION: found} if found and not talk else {}
    shown = None
    if found is not None:
        shown = Watched(found, state(found, all_places(found)[:places]))
    return control_view(
        rundown(status), contests.get, shown, shown=board(programme(), AT), counts=COUNTS
    )


def test_nothing_is_due_before_the_first_session() -> None:
    assert next_order(seen(status=Status.SCHEDULED), EARLY) is None


def test_session_starts_at_its_time() -> None:
    assert next_order(seen(status=Status.SCHEDULED), STARTS) == Order(
        Kind.START, version=3, session=SESSION
    )


def test_session_that_is_over_is_not_started() -> None:
    order = next_order(seen(status=Status.SCHEDULED), ENDS)

    assert order is not None
    assert order.session != SESSION


@pytest.mark.parametrize(
    ("phase", "minutes", "kind"),
    [
        (Phase.DRAFT, 0, Kind.READY),
        (Phase.DRAFT, 45, Kind.END),
        (Phase.READY, 1, None),
        (Phase.READY, 3, Kind.OPEN),
        (Phase.OPEN, 20, None),
        (Phase.CLOSING, 20, None),
        (Phase.CLOSED, 20, Kind.REVIEW),
        (Phase.REVIEWED, 20, Kind.REVEAL),
        (Phase.REVEALING, 20, Kind.REVEAL),
        (Phase.PUBLISHED, 20, None),
        (Phase.PUBLISHED, 45, Kind.END),
    ],
)
def test_contest_follows_its_session(phase: Phase, minutes: int, kind: Kind | None) -> None:
    order = next_order(seen(contest(phase)), STARTS + timedelta(minutes=minutes))

    assert (order.kind if order else None) == kind
    assert order is None or kind is Kind.END or order.version == 5
    # Nobody is there to decide about held ballots, and the show goes on.
    assert order is None or order.may_stay_held == (kind is Kind.REVIEW)


def test_result_is_published_once_every_place_is_shown() -> None:
    found = contest(Phase.REVEALING)
    order = next_order(seen(found, places=len(found.options)), AT)

    assert order == Order(Kind.PUBLISH, version=5, contest=found.id, confirmed=True)


def test_places_of_another_contest_say_nothing() -> None:
    found = contest(Phase.REVEALING)
    view = seen(found, places=len(found.options))
    assert view.contest is not None
    other = msgspec.structs.replace(view.contest, contest="other")

    order = next_order(msgspec.structs.replace(view, contest=other), AT)

    assert order is not None
    assert order.kind is Kind.REVEAL


@pytest.mark.parametrize(("at", "kind"), [(AT, None), (ENDS, Kind.END)])
def test_session_without_a_contest_ends_at_its_time(at: datetime, kind: Kind | None) -> None:
    order = next_order(seen(), at)

    assert (order.kind if order else None) == kind


def test_contest_opens_after_the_first_words() -> None:
    assert next_order(seen(contest(Phase.READY)), STARTS + OPENS_AFTER) is not None


def test_another_organiser_takes_over_and_the_director_itself_does_not() -> None:
    def log(*lines: tuple[int, str]) -> ControlView:
        found = tuple(
            StaffLine(AT + timedelta(minutes=minutes), actor, "open-contest", "water", {})
            for minutes, actor in lines
        )
        return msgspec.structs.replace(seen(), log=found)

    assert taken_over(log((1, "Director"), (1, "")), director="Director", since=AT) is None
    assert taken_over(log((-1, "Mariam")), director="Director", since=AT) is None
    assert taken_over(log((1, "Mariam")), director="Director", since=AT) == "Mariam"


@pytest.mark.parametrize(
    ("phase", "places", "is_over"),
    [
        (Phase.REVIEWED, 0, False),
        (Phase.REVEALING, 1, False),
        (Phase.REVEALING, 2, True),
        (Phase.PUBLISHED, 0, True),
    ],
)
def test_reveal_is_over_with_the_last_place_or_when_somebody_published(
    phase: Phase, places: int, is_over: bool
) -> None:
    view = seen(contest(phase), places=places)

    assert election_day._is_revealed(view, view.sessions[0]) is is_over
