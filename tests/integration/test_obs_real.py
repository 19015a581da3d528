"""The agent between a real expo and the real OBS, where it is installed; by night."""

from pathlib import Path

import pytest

from sessions.cues import Scene
from sessions.obs.agent import Agent
from sessions.orders import Kind, Order
from tests.integration.test_obs_agent import (
    ORGANISER,
    SCENES,
    key_and_mode,
    reported,
    running,
    scene,
    start,
)
from tests.support.real_obs import RealObs, missing
from tests.support.whole import Whole, whole

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.timeout(300),
    pytest.mark.skipif(bool(missing()), reason=f"not installed: {', '.join(missing())}"),
]


def agent_for(house: Whole, obs: RealObs, token: str, password: str) -> Agent:
    """An agent for the screen ``main``."""
    return Agent(
        url=house.url,
        screen="main",
        token=token,
        obs_url=obs.url,
        password=password,
        tell=lambda _sentence, **_facts: None,
    )


async def test_obs_follows_cues_yields_to_its_operator_and_is_found_after_a_restart(
    tmp_path: Path,
) -> None:
    home = tmp_path / "obs"
    home.mkdir()
    async with whole(tmp_path) as house, RealObs(home, "right", "Wide", *SCENES.values()) as obs:
        expo, token = house.expo, await key_and_mode(house.expo)
        async with running(agent_for(house, obs, token, "wrong")):
            await reported(expo, lambda said: not said.connected)
        async with running(agent_for(house, obs, token, "right")):
            await obs.shows("Pause")
            await start(expo, "khda")
            await obs.shows("Speaker")

            await obs.operator("Wide")
            await reported(expo, lambda said: said.suspended and said.scene == "Wide")
            await expo.show.act(
                ORGANISER,
                Order(Kind.END, expo.show.progress("khda").version, session="khda", confirmed=True),
            )
            await start(expo, "trakhees")
            await obs.shows("Speaker")

            await obs.stop()
            await reported(expo, lambda said: not said.connected)
            await obs.start()
            said = await reported(expo, lambda said: said.connected)
            await scene(expo, Scene.BREAK)
            await obs.shows("Pause")
            assert said.streaming is False
