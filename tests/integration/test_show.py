"""The show without a server: orders become moves, all logged, none twice, none out of turn."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from expo.errors import NotFound, Refusal, StaleVersion
from expo.record import store as record
from sessions.course.moves import ContestRunning, StageTaken
from sessions.cues import IllegalCue, Scene, Status
from sessions.moves import SceneNotYet, SessionNotLive
from sessions.orders import ConfirmFirst, Kind, Order
from sessions.protocol import Beat
from tests.support.stagehouse import ORGANISER, SECOND, House, house
from voting.contests import IllegalMove, Phase

pytestmark = pytest.mark.each_database


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as found:
        yield found


async def actions(stage: House) -> list[str]:
    async with stage.database.read() as tx:
        return [line.action for line in reversed(await record.latest(tx, 100))]


async def test_first_start_puts_the_programme_in_force_with_contests_in_draft(stage: House) -> None:
    assert [one.id for one in stage.show.programme.sessions] == ["water", "talk"]
    assert stage.show.status("water") is Status.SCHEDULED
    assert stage.contest().phase is Phase.DRAFT
    assert stage.show.contest("talk") is None
    assert stage.show.stage().scene is Scene.JOIN
    code = stage.show.progress("water").code
    assert code is not None
    assert stage.show.code_target(f" {code.lower()[:2]}-{code.lower()[2:]} ") == "water"
    assert stage.show.code_target("0000") is None


async def test_second_start_keeps_what_is_in_force(tmp_path: Path) -> None:
    async with house(tmp_path) as first:
        await first.order(Kind.START)
        code = first.show.progress("water").code

    async with house(tmp_path) as second:
        assert second.show.status("water") is Status.LIVE
        assert second.show.progress("water").code == code
        assert second.contest().phase is Phase.READY


async def test_control_room_leads_a_session_from_start_to_publication(stage: House) -> None:
    writer = stage.voting.writer
    assert writer.waiting == 0
    scenes = []
    steps: tuple[tuple[Kind, dict[str, Any]], ...] = (
        (Kind.START, {}),
        (Kind.OPEN, {}),
        (Kind.PAUSE, {}),
        (Kind.RESUME, {}),
        (Kind.EXTEND, {"minutes": 5}),
        (Kind.CLOSE, {}),
    )
    for kind, more in steps:
        await stage.order(kind, **more)
        scenes.append(stage.show.stage().scene)
    await stage.count()
    scenes.append(stage.show.stage().scene)
    await stage.order(Kind.END)
    while (
        stage.contest().phase is not Phase.REVEALING
        or len(stage.voting.state("water").places) < stage.voting.state("water").total_places
    ):
        await stage.order(Kind.REVEAL)
        scenes.append(stage.show.stage().scene)
    await stage.order(Kind.PUBLISH)

    assert scenes[:7] == [
        Scene.NOW, Scene.TURNOUT, Scene.TURNOUT, Scene.TURNOUT, Scene.TURNOUT, Scene.CLOSED,
        Scene.CLOSED,
    ]  # fmt: skip
    assert set(scenes[7:]) == {Scene.REVEAL}
    assert stage.show.stage().scene is Scene.FINAL
    assert stage.show.status("water") is Status.PUBLISHED
    log = await actions(stage)
    assert log[:7] == [
        "start-session", "open-contest", "pause-contest", "resume-contest", "extend-contest",
        "close-contest", "end-session",
    ]  # fmt: skip
    assert set(log[7:-1]) == {"reveal-place"}
    assert log[-1] == "publish-result"


async def test_every_act_is_logged_with_actor_and_time(stage: House) -> None:
    await stage.order(Kind.START, by=SECOND)

    view = await stage.show.control()
    assert [(one.actor, one.action, one.subject, one.at) for one in view.log] == [
        ("Omar", "start-session", "water", stage.clock())
    ]


async def test_refused_order_leaves_no_trace(stage: House) -> None:
    before = stage.show.rundown

    await stage.order(Kind.READY)

    with pytest.raises(SessionNotLive):
        await stage.order(Kind.OPEN)

    assert await actions(stage) == ["ready-contest"]
    assert stage.show.rundown.progress == before.progress


async def test_second_press_of_the_same_button_does_nothing(stage: House) -> None:
    await stage.order(Kind.START)
    press = Order(Kind.OPEN, stage.contest().version, contest="water")

    await stage.show.act(ORGANISER, press)
    opened = stage.contest()
    await stage.show.act(ORGANISER, press)

    assert stage.contest() == opened
    assert await actions(stage) == ["start-session", "open-contest"]


async def test_second_organiser_with_an_old_picture_is_told_where_it_stands(stage: House) -> None:
    await stage.order(Kind.START)
    press = Order(Kind.OPEN, stage.contest().version, contest="water")
    await stage.show.act(ORGANISER, press)

    with pytest.raises(StaleVersion) as refused:
        await stage.show.act(SECOND, press)

    assert refused.value.facts == {
        "contest": "water",
        "version": stage.contest().version,
        "state": "open",
        "seen": press.version,
        "actor": "Mariam",
        "action": "open-contest",
    }
    assert await actions(stage) == ["start-session", "open-contest"]


async def test_two_organisers_pressing_at_once_close_it_once(stage: House) -> None:
    await stage.order(Kind.START)
    await stage.order(Kind.OPEN)
    press = Order(Kind.CLOSE, stage.contest().version, contest="water", confirmed=True)

    outcomes = await asyncio.gather(
        *(stage.show.act(who, press) for who in (ORGANISER, SECOND, ORGANISER)),
        return_exceptions=True,
    )

    refused = [one for one in outcomes if one is not None]
    assert {type(one) for one in refused} <= {StaleVersion}
    assert 1 <= len(refused) <= 2
    assert (await actions(stage)).count("close-contest") == 1


async def test_screens_are_remembered_across_a_restart(tmp_path: Path) -> None:
    async with house(tmp_path) as first:
        first.show.screens.arrive("main", first.clock())
        first.show.beat("main", Beat(Scene.NOW, 3))
        await first.show.save_screens()

    async with house(tmp_path) as second:
        view = await second.show.control()
        assert [(one.id, one.scene, one.connected) for one in view.screens] == [
            ("main", "now", False)
        ]


async def test_session_order_with_an_old_version_is_refused(stage: House) -> None:
    press = Order(Kind.START, 0, session="water")
    await stage.show.act(ORGANISER, press)

    with pytest.raises(StaleVersion) as refused:
        await stage.show.act(SECOND, Order(Kind.POSTPONE, 0, session="water"))

    assert refused.value.facts["state"] == "live"


async def test_two_sessions_are_never_live_at_once(stage: House) -> None:
    await stage.order(Kind.START)

    with pytest.raises(StageTaken) as refused:
        await stage.order(Kind.START, "talk")

    assert refused.value.facts == {"session": "water"}


async def test_session_cannot_end_while_ballots_may_arrive(stage: House) -> None:
    await stage.order(Kind.START)
    await stage.order(Kind.OPEN)

    with pytest.raises(ContestRunning):
        await stage.order(Kind.END)

    assert stage.show.status("water") is Status.LIVE


async def test_what_cannot_be_undone_asks_first(stage: House) -> None:
    await stage.order(Kind.START)

    with pytest.raises(ConfirmFirst):
        await stage.show.act(ORGANISER, Order(Kind.END, 1, session="water"))

    assert stage.show.status("water") is Status.LIVE


async def test_postponed_session_comes_back_and_cancelled_does_not(stage: House) -> None:
    await stage.order(Kind.POSTPONE, "talk")
    assert stage.show.status("talk") is Status.POSTPONED
    await stage.order(Kind.RESCHEDULE, "talk")
    await stage.order(Kind.CANCEL, "talk")

    with pytest.raises(IllegalCue):
        await stage.order(Kind.START, "talk")


async def test_picked_scene_stays_until_it_may_follow_again(stage: House) -> None:
    await stage.order(Kind.START)
    await stage.order(Kind.SCENE, scene=Scene.BLACK)
    await stage.order(Kind.OPEN)
    assert stage.show.stage().scene is Scene.BLACK

    await stage.order(Kind.SCENE)
    assert stage.show.stage().scene is Scene.TURNOUT


async def test_scene_with_an_old_version_of_the_stage_is_refused(stage: House) -> None:
    version = stage.show.rundown.stage.version
    await stage.order(Kind.START)

    with pytest.raises(StaleVersion):
        await stage.show.act(ORGANISER, Order(Kind.SCENE, version, scene=Scene.BLACK))


@pytest.mark.parametrize("scene", [Scene.FINAL, Scene.REVEAL, Scene.LIVE])
async def test_scene_that_would_show_too_much_is_refused(stage: House, scene: Scene) -> None:
    await stage.order(Kind.START)
    await stage.order(Kind.OPEN)

    with pytest.raises(SceneNotYet):
        await stage.order(Kind.SCENE, scene=scene)


async def test_order_about_nothing_is_not_found(stage: House) -> None:
    for order in (
        Order(Kind.START, 0, session="nowhere"),
        Order(Kind.OPEN, 0, contest="nothing"),
        Order(Kind.OPEN, 0, contest="talk"),
    ):
        with pytest.raises(NotFound):
            await stage.show.act(ORGANISER, order)


async def test_move_out_of_turn_is_refused(stage: House) -> None:
    await stage.order(Kind.START)

    for kind in (Kind.PAUSE, Kind.CLOSE, Kind.REVEAL, Kind.PUBLISH, Kind.REVIEW, Kind.RESUME):
        with pytest.raises(IllegalMove):
            await stage.order(kind)


async def test_reveal_waits_for_the_count(stage: House) -> None:
    await stage.order(Kind.START)
    await stage.order(Kind.OPEN)
    await stage.order(Kind.CLOSE)

    with pytest.raises(Refusal):
        await stage.order(Kind.REVEAL)
