"""``obs``: switch the scenes of the OBS on this computer as the show moves on."""

import argparse
import asyncio
import os
from typing import Final

from command.common import say
from expo.errors import Fact
from expo.web.translations import filled
from expo.web.translations import gettext as _
from expo.words import on_one_line
from sessions.obs.agent import Agent

PASSWORD: Final = "OBS_PASSWORD"  # noqa: S105 - the variable's name
"""The environment variable with the password of OBS: an argument would stand in every process list."""


def obs(options: argparse.Namespace) -> int:
    """Run the agent until it is stopped.

    Raises:
        KeyRefused: The expo does not let the token in.
    """
    agent = Agent(
        url=options.url,
        screen=options.screen,
        token=options.token,
        obs_url=options.obs,
        password=os.environ.get(PASSWORD, ""),
        tell=_tell,
    )
    asyncio.run(agent.run())
    return 0


def _tell(sentence: str, **facts: Fact) -> None:
    # Names of scenes come from the expo and from OBS: nothing in them may steer this terminal.
    plain = {name: one if isinstance(one, int) else on_one_line(one) for name, one in facts.items()}
    say(filled(_(sentence), plain))
