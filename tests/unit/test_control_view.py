"""The control room as a value: what is offered next, and never what is barred."""

import pytest

from sessions.board import board
from sessions.control_view import Watched, board_state, control_view, orders_for, stage_order
from sessions.cues import Scene, Status
from sessions.moves import join_codes
from sessions.protocol import Counts
from sessions.stage import Progress
from tests.support.shows import AT, CODES, contest, rundown, state
from voting.contests import Contest, Phase


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        (Phase.DRAFT, ("ready",)),
        (Phase.READY, ("open",)),
        (Phase.OPEN, ("close", "pause", "extend")),
        (Phase.PAUSED, ("resume", "close")),
        (Phase.CLOSING, ()),
        (Phase.CLOSED, ("review",)),
        (Phase.REVIEWED, ("reveal",)),
        (Phase.REVEALING, ("reveal", "publish")),
        (Phase.PUBLISHED, ()),
    ],
)
def test_next_step_of_each_phase_comes_first(phase: Phase, expected: tuple[str, ...]) -> None:
    assert orders_for(contest(phase)) == expected


@pytest.mark.parametrize("phase", [Phase.CLOSED, Phase.REVIEWED, Phase.REVEALING])
def test_disputed_count_offers_nothing(phase: Phase) -> None:
    assert orders_for(contest(phase), disputed=True) == ()


def test_control_room_shows_rundown_contest_and_stage() -> None:
    show, of = rundown(), contest(Phase.OPEN)
    counts = Counts(connected=3, ballots=2, per_minute=1, refused={"contest-paused": 1})

    found = control_view(
        show,
        lambda session: of if session == "water" else None,
        Watched(of, state(of)),
        shown=board(show.programme, AT, show.statuses),
        counts=counts,
    )

    assert [(one.id, one.status, one.cues, one.code) for one in found.sessions] == [
        ("water", "live", ("end-session",), CODES["water"]),
        ("talk", "scheduled", ("start-session", "postpone-session", "cancel-session"), "M3XP"),
    ]
    assert found.sessions[0].contest is not None
    assert found.sessions[0].contest.moves == ("close", "pause", "extend")
    assert found.sessions[1].contest is None
    assert found.contest is not None
    assert (found.contest.session, found.contest.disputed) == ("water", False)
    assert [one.id for one in found.contest.labels] == ["leak", "meter"]
    assert (found.stage.scene, found.stage.auto, found.version) == (Scene.TURNOUT, True, 7)
    assert found.counts == counts


def test_stage_says_whether_its_scene_was_picked() -> None:
    def contest_of(session: str) -> Contest | None:
        return contest(Phase.OPEN) if session == "water" else None

    picked = stage_order(rundown(picked=Scene.BREAK), contest_of)
    dropped = stage_order(rundown(picked=Scene.FINAL), contest_of)

    assert (picked.scene, picked.auto) == (Scene.BREAK, False)
    assert (dropped.scene, dropped.auto) == (Scene.TURNOUT, True)
    assert Scene.FINAL not in picked.scenes


def test_board_frame_names_what_is_on_and_what_follows() -> None:
    show = rundown(Status.LIVE)

    found = board_state(board(show.programme, AT, show.statuses), show.statuses, show.stage)

    assert (found.version, found.now, found.next, found.day) == (7, "water", "talk", 1)
    assert found.statuses == {"water": "live", "talk": "scheduled"}


def test_code_in_use_is_never_given_again() -> None:
    first = join_codes("secret", ["a"], {})["a"]

    taken = join_codes("secret", ["a", "b"], {"old": Progress(code=first)})

    assert first not in taken.values()
    assert len(set(taken.values())) == 2
    assert join_codes("secret", ["a"], {"a": Progress(code="K7Q4")}) == {}
