"""Session states and scenes: the tables, whole."""

import itertools

import pytest

from sessions.cues import (
    SHOWN,
    Cue,
    IllegalCue,
    Scene,
    Status,
    after,
    cues_from,
    may_show,
    scene_for,
    scene_now,
    scenes_for,
)
from voting.contests import Phase

TABLE = {
    (Status.SCHEDULED, Cue.START): Status.LIVE,
    (Status.LIVE, Cue.END): Status.ENDED,
    (Status.ENDED, Cue.PUBLISH): Status.PUBLISHED,
    (Status.SCHEDULED, Cue.POSTPONE): Status.POSTPONED,
    (Status.POSTPONED, Cue.RESCHEDULE): Status.SCHEDULED,
    (Status.SCHEDULED, Cue.CANCEL): Status.CANCELLED,
    (Status.POSTPONED, Cue.CANCEL): Status.CANCELLED,
}
PHASES = (None, *Phase)
VISIBILITIES = ("hidden", "after_vote", "live")


@pytest.mark.parametrize(("status", "cue"), list(itertools.product(Status, Cue)))
def test_session_moves_exactly_as_the_table_says(status: Status, cue: Cue) -> None:
    if (status, cue) in TABLE:
        assert after(status, cue) is TABLE[status, cue]
        return
    with pytest.raises(IllegalCue) as refused:
        after(status, cue)
    assert refused.value.facts == {"status": status.value, "cue": cue.value}


def test_organiser_is_offered_every_cue_but_publishing() -> None:
    assert cues_from(Status.SCHEDULED) == (Cue.START, Cue.POSTPONE, Cue.CANCEL)
    assert cues_from(Status.LIVE) == (Cue.END,)
    assert cues_from(Status.ENDED) == ()
    assert cues_from(Status.POSTPONED) == (Cue.RESCHEDULE, Cue.CANCEL)
    assert cues_from(Status.PUBLISHED) == cues_from(Status.CANCELLED) == ()


@pytest.mark.parametrize(
    ("status", "phase", "visibility", "scene"),
    [
        (None, None, "hidden", Scene.JOIN),
        (Status.SCHEDULED, Phase.DRAFT, "hidden", Scene.JOIN),
        (Status.LIVE, None, "hidden", Scene.NOW),
        (Status.LIVE, Phase.READY, "hidden", Scene.NOW),
        (Status.LIVE, Phase.OPEN, "hidden", Scene.TURNOUT),
        (Status.LIVE, Phase.OPEN, "after_vote", Scene.TURNOUT),
        (Status.LIVE, Phase.OPEN, "live", Scene.LIVE),
        (Status.LIVE, Phase.PAUSED, "live", Scene.LIVE),
        (Status.LIVE, Phase.CLOSING, "live", Scene.CLOSED),
        (Status.ENDED, Phase.CLOSED, "hidden", Scene.CLOSED),
        (Status.ENDED, Phase.REVIEWED, "hidden", Scene.CLOSED),
        (Status.ENDED, Phase.REVEALING, "hidden", Scene.REVEAL),
        (Status.PUBLISHED, Phase.PUBLISHED, "hidden", Scene.FINAL),
        (Status.ENDED, None, "hidden", Scene.BREAK),
        (Status.ENDED, Phase.READY, "hidden", Scene.BREAK),
        (Status.POSTPONED, Phase.DRAFT, "hidden", Scene.BREAK),
        (Status.CANCELLED, Phase.DRAFT, "hidden", Scene.BREAK),
    ],
)
def test_scene_follows_the_session_and_its_contest(
    status: Status | None, phase: Phase | None, visibility: str, scene: Scene
) -> None:
    assert scene_for(status, phase, visibility) is scene


@pytest.mark.parametrize("status", [None, *Status])
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("visibility", VISIBILITIES)
def test_scene_that_follows_by_itself_may_always_be_shown(
    status: Status | None, phase: Phase | None, visibility: str
) -> None:
    assert may_show(scene_for(status, phase, visibility), phase, visibility)


@pytest.mark.parametrize("phase", PHASES)
def test_winner_can_be_picked_only_once_published(phase: Phase | None) -> None:
    assert (Scene.FINAL in scenes_for(phase, "live")) is (phase in SHOWN)
    assert (Scene.REVEAL in scenes_for(phase, "live")) is (
        phase is Phase.REVEALING or phase in SHOWN
    )


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("visibility", VISIBILITIES)
def test_running_order_can_be_picked_only_while_it_is_public(
    phase: Phase | None, visibility: str
) -> None:
    is_public = visibility == "live" and phase in {Phase.OPEN, Phase.PAUSED}

    assert may_show(Scene.LIVE, phase, visibility) is is_public


def test_picked_scene_holds_until_it_would_show_too_much() -> None:
    assert scene_now(Scene.BLACK, Status.LIVE, Phase.OPEN) is Scene.BLACK
    assert scene_now(Scene.LIVE, Status.LIVE, Phase.OPEN, "live") is Scene.LIVE
    assert scene_now(Scene.LIVE, Status.LIVE, Phase.CLOSING, "live") is Scene.CLOSED
    assert scene_now(None, Status.LIVE, Phase.OPEN) is Scene.TURNOUT
