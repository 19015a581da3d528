"""Suspense: whatever is handed in, a stage frame holds no place that has not been revealed."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sessions.board import RowState, board
from sessions.cues import ASKING, SHOWN, Scene, Status, may_show
from sessions.protocol import StageState
from sessions.stage_view import Figures, stage_state
from tests.support.shows import AT, all_places, contest, rundown, state
from voting.contests import Contest, Phase, Visibility
from voting.protocol import StandingRow, TallyState, Turnout

VISIBILITIES: tuple[Visibility, ...] = ("hidden", "after_vote", "live")
TALLY = TallyState("water", 9, 9, (StandingRow("leak", 1, 900, 1, 0, 0),), {})
phases = st.sampled_from(list(Phase))
scenes = st.none() | st.sampled_from(list(Scene))


def frame(of: Contest, status: Status, picked: Scene | None) -> StageState:
    """The frame although everything is handed in: all places, and the running order."""
    show = rundown(status, picked)
    figures = Figures(of, state(of, all_places(of)), Turnout("water", 9, 9, {}), TALLY)
    shown = board(show.programme, AT, show.statuses)
    upcoming = next((row for row in shown.next if row.state is RowState.UPCOMING), None)
    return stage_state(show, figures, upcoming=upcoming, day=1, site="https://expo.example")


@given(
    phases, st.integers(0, 2), st.sampled_from(list(Status)), scenes, st.sampled_from(VISIBILITIES)
)
def test_frame_never_holds_more_places_than_are_revealed(
    phase: Phase, revealed: int, status: Status, picked: Scene | None, visibility: Visibility
) -> None:
    of = contest(phase, revealed=revealed, visibility=visibility)

    found = frame(of, status, picked)

    allowed = revealed if phase is Phase.REVEALING or phase in SHOWN else 0
    hidden = {place.ids for place in all_places(of)[allowed:]}
    assert found.contest is not None
    shown = {place.ids for place in found.contest.places}
    if found.reveal is not None:
        shown |= {place.ids for place in found.reveal.places}
    assert shown & hidden == set()
    assert len(shown) == allowed


@given(
    phases, st.integers(0, 2), st.sampled_from(list(Status)), scenes, st.sampled_from(VISIBILITIES)
)
def test_frame_holds_supports_and_running_order_only_when_public(
    phase: Phase, revealed: int, status: Status, picked: Scene | None, visibility: Visibility
) -> None:
    of = contest(phase, revealed=revealed, visibility=visibility)

    found = frame(of, status, picked)

    assert (found.tally is not None) is (visibility == "live" and phase in ASKING)
    assert (found.final is not None) is (phase in SHOWN)
    assert may_show(found.scene, phase, visibility)
    sent = msgspec.json.encode(found)
    for place in all_places(of)[revealed if phase in {Phase.REVEALING} | SHOWN else 0 :]:
        if phase not in SHOWN:
            assert f'"support":{place.support}'.encode() not in sent


@given(phases, st.sampled_from(list(Status)), scenes)
def test_frame_survives_the_wire(phase: Phase, status: Status, picked: Scene | None) -> None:
    found = frame(contest(phase, revealed=1), status, picked)

    assert msgspec.json.decode(msgspec.json.encode(found), type=StageState) == found
