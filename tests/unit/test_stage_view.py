"""What a projector shows: codes, the coming session, and the winner once published."""

from sessions.board import Row, board
from sessions.cues import Scene, Status
from sessions.protocol import StageState
from sessions.stage import Rundown
from sessions.stage_view import Figures, stage_state
from tests.support.shows import AT, all_places, contest, rundown, state
from voting.contests import Contest, Phase

SITE = "https://expo.example"


def coming(show: Rundown) -> Row | None:
    rows = board(show.programme, AT, show.statuses).next
    return rows[0] if rows else None


def frame(show: Rundown, of: Contest | None) -> StageState:
    figures = Figures(of, state(of, all_places(of))) if of else None
    return stage_state(show, figures, upcoming=coming(show), day=1, site=SITE)


def test_live_session_shows_its_own_code() -> None:
    found = frame(rundown(), contest(Phase.READY))

    assert (found.scene, found.code, found.url) == (Scene.NOW, "K7Q4", f"{SITE}/v/K7Q4")
    assert found.session is not None
    assert found.session.entity is not None
    assert (found.session.title.en, found.session.entity.en) == ("Water session", "Water")
    assert [one.id for one in found.options] == ["leak", "meter"]


def test_break_shows_the_code_of_the_coming_session() -> None:
    found = frame(rundown(Status.ENDED), contest(Phase.READY))

    assert (found.scene, found.code) == (Scene.BREAK, "M3XP")
    assert found.next is not None
    assert found.next.id == "talk"


def test_empty_stage_invites_to_the_coming_session() -> None:
    found = frame(rundown(Status.SCHEDULED, session=None), None)

    assert (found.scene, found.session, found.contest, found.options) == (
        Scene.JOIN,
        None,
        None,
        (),
    )
    assert found.url.startswith(f"{SITE}/v")


def test_reveal_tells_how_many_places_there_are_and_names_the_last_one() -> None:
    found = frame(rundown(Status.ENDED), contest(Phase.REVEALING, revealed=1))

    assert found.reveal is not None
    assert (found.reveal.total, [place.rank for place in found.reveal.places]) == (2, [2])
    assert found.final is None


def test_published_result_begins_with_the_first_place() -> None:
    found = frame(rundown(Status.PUBLISHED), contest(Phase.PUBLISHED, revealed=2))

    assert found.scene is Scene.FINAL
    assert found.final is not None
    assert [place.rank for place in found.final] == [1, 2]


def test_picked_black_screen_stays_black() -> None:
    assert frame(rundown(picked=Scene.BLACK), contest(Phase.OPEN)).scene is Scene.BLACK
