"""The agent between a real expo and a faithful OBS: it switches on cues, and yields to its operator."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from websockets.asyncio.client import ClientConnection

from command.assembly import Expo
from expo.identity.people import Person, PersonId
from expo.rights import Role
from sessions.cues import Scene
from sessions.devices.values import Moment, ObsBy, ObsMode, ObsSettings
from sessions.obs.agent import Agent, KeyRefused
from sessions.obs.handshake import Answer
from sessions.obs.local import Local
from sessions.orders import Kind, Order
from sessions.protocol import ObsReport
from tests.support.obs_server import FakeObs
from tests.support.whole import Whole, whole

pytestmark = pytest.mark.timeout(180)
ORGANISER = Person(PersonId("o1"), Role.ORGANISER, label="Mariam")
SCENES = {Moment.SESSION: "Speaker", Moment.OPEN: "Ballot", Moment.BREAK: "Pause"}


def agent_for(house: Whole, obs: FakeObs, token: str, *, knows: bool = True) -> Agent:
    """An agent for the screen ``main``."""
    return Agent(
        url=house.url,
        screen="main",
        token=token,
        obs_url=obs.url,
        password="right" if knows else "wrong",
        tell=lambda _sentence, **_facts: None,
    )


@asynccontextmanager
async def running(agent: Agent) -> AsyncIterator[None]:
    """The agent at work."""
    task = asyncio.create_task(agent.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def key_and_mode(expo: Expo, mode: ObsMode = ObsMode.AUTO) -> str:
    """A new key of the screen, with its settings about OBS."""
    devices = expo.production.devices
    await devices.set_obs(ORGANISER, "main", ObsSettings(mode, ObsBy.AGENT, SCENES))
    return await devices.new_key(ORGANISER, "main")


async def scene(expo: Expo, wanted: Scene) -> None:
    """Put a scene on the stage."""
    order = Order(Kind.SCENE, expo.show.rundown.stage.version, scene=wanted)
    await expo.show.act(ORGANISER, order)


async def start(expo: Expo, session: str) -> None:
    """Begin a session."""
    version = expo.show.progress(session).version
    await expo.show.act(ORGANISER, Order(Kind.START, version, session=session))


async def reported(expo: Expo, is_so: Callable[[ObsReport], bool]) -> ObsReport:
    """Wait for a report of the agent."""
    async with asyncio.timeout(10):
        while True:
            said = expo.show.screens.reported("main/obs")
            if said is not None and is_so(said):
                return said
            await asyncio.sleep(0.05)


async def test_scenes_follow_cues_and_the_operator_wins_until_the_next_item(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, FakeObs("right", "Wide", *SCENES.values()) as obs:
        expo = house.expo
        async with running(agent_for(house, obs, await key_and_mode(expo))):
            await obs.shows("Pause")
            await start(expo, "khda")
            await obs.shows("Speaker")

            await obs.operator("Wide")
            await reported(expo, lambda said: said.suspended and said.scene == "Wide")
            await scene(expo, Scene.BREAK)
            said = await reported(expo, lambda said: said.suggests == "Pause")
            assert obs.scene == "Wide"
            assert said.streaming is True

            following = next(
                one.id for one in expo.show.programme.sessions if one.id != "khda" and one.entity
            )
            await expo.show.act(
                ORGANISER,
                Order(Kind.SCENE, expo.show.rundown.stage.version, scene=None),
            )
            await expo.show.act(
                ORGANISER,
                Order(Kind.END, expo.show.progress("khda").version, session="khda", confirmed=True),
            )
            await start(expo, following)
            await obs.shows("Speaker")
            await reported(expo, lambda said: not said.suspended)

            await obs.stop()
            await reported(expo, lambda said: not said.connected)
            obs.scene = "Wide"
            await obs.start()
            await obs.shows("Speaker")

    assert {"StartStream", "StopStream"}.isdisjoint(obs.asked)


async def test_suggestion_switches_nothing_and_an_unknown_scene_is_survived(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, FakeObs("right", "Wide", "Speaker") as obs:
        expo = house.expo
        async with running(agent_for(house, obs, await key_and_mode(expo, ObsMode.SUGGEST))):
            await reported(expo, lambda said: said.suggests == "Pause")
            settings = ObsSettings(ObsMode.AUTO, ObsBy.AGENT, SCENES)
            await expo.production.devices.set_obs(ORGANISER, "main", settings)
            await obs.until(lambda: "SetCurrentProgramScene" in obs.asked)  # it has no "Pause"
            await start(expo, "khda")
            await obs.shows("Speaker")


async def test_wrong_password_is_told_and_asked_again(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, FakeObs("right", "Wide") as obs:
        token = await key_and_mode(house.expo)
        async with running(agent_for(house, obs, token, knows=False)):
            await obs.until(lambda: obs.refused > 1)
            said = await reported(house.expo, lambda said: not said.connected)

    assert (said.scene, obs.asked) == ("", [])


async def test_key_that_was_replaced_ends_the_agent(tmp_path: Path) -> None:
    async with whole(tmp_path) as house, FakeObs("right", "Wide") as obs:
        token = await key_and_mode(house.expo)
        task = asyncio.create_task(agent_for(house, obs, token).run())
        await reported(house.expo, lambda said: said.connected)

        await house.expo.production.devices.new_key(ORGANISER, "main")

        with pytest.raises(KeyRefused):
            await asyncio.wait_for(task, 15)


class Mute:
    """A line that takes everything and says nothing."""

    async def send(self, _text: str) -> None:
        """Take it."""


async def test_agent_stops_though_obs_answers_at_that_very_moment() -> None:
    local = Local(cast(ClientConnection, Mute()), lambda _event: None)
    asking = asyncio.create_task(local.ask("GetStreamStatus"))
    await asyncio.sleep(0)
    (waiting,) = local._waiting.values()

    waiting.set_result(Answer("1", True, 100, {}))
    asking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking
