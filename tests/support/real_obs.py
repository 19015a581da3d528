"""The real OBS under a virtual display, where it is installed: what the fake beside it stands for."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final, Self

from websockets.exceptions import WebSocketException

from command.child import free_port
from sessions.obs.handshake import SCENE_CHANGED, Event
from sessions.obs.local import Local, obs

PROGRAMS: Final = ("obs", "Xvfb")
_UP_WITHIN_S: Final = 60.0
_SHOWS_WITHIN_S: Final = 15.0
_SETTINGS: Final = """[General]
FirstRun=true
EnableAutoUpdates=false

[OBSWebSocket]
FirstLoad=false
ServerEnabled=true
ServerPort={port}
AlertsEnabled=false
AuthRequired=true
ServerPassword={password}
"""


def missing() -> tuple[str, ...]:
    """Which of the programs are not installed."""
    return tuple(one for one in PROGRAMS if shutil.which(one) is None)


class RealObs:
    """OBS with a few scenes, in a home of its own; `stop` and `start` are a restart on the same port.

    Args:
        folder: Its home.
        password: What its server asks for.
        scenes: Made at the first start, beside the one that every OBS has.
    """

    def __init__(self, folder: Path, password: str, *scenes: str) -> None:
        self._home = folder
        self._password = password
        self._scenes = scenes
        self._port = free_port()
        self._display = f":{free_port()}"
        self._programs: list[asyncio.subprocess.Process] = []

    @property
    def url(self) -> str:
        """Where its server listens."""
        return f"ws://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Start it, wait until its server answers, and make the scenes it lacks.

        Raises:
            TimeoutError: It did not come up.
        """
        settings = self._home / ".config" / "obs-studio" / "global.ini"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text(_SETTINGS.format(port=self._port, password=self._password))
        await self._run("Xvfb", self._display, "-screen", "0", "1280x720x24", "-nolisten", "tcp")
        await self._run(
            "obs",
            "--multi",
            "--minimize-to-tray",
            "--disable-updater",
            "--disable-missing-files-check",
        )
        async with asyncio.timeout(_UP_WITHIN_S):
            while not await self._has_scenes():  # noqa: ASYNC110 - another program: nothing to await
                await asyncio.sleep(0.2)

    async def stop(self) -> None:
        """End it, and its display."""
        for program in reversed(self._programs):
            with suppress(ProcessLookupError):
                program.terminate()
            try:
                async with asyncio.timeout(10):
                    await program.wait()
            except TimeoutError:
                program.kill()
                await program.wait()
        self._programs.clear()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.stop()

    async def operator(self, scene: str) -> None:
        """Somebody picks a scene."""
        async with self._asking() as inside:
            assert (await inside.ask("SetCurrentProgramScene", sceneName=scene)).is_done

    async def shows(self, scene: str) -> None:
        """Wait until a scene is on air, as OBS itself says.

        Raises:
            TimeoutError: It does not come.
        """
        changed = asyncio.Event()

        def hear(event: Event) -> None:
            if event.kind == SCENE_CHANGED:
                changed.set()

        async with asyncio.timeout(_SHOWS_WITHIN_S), self._asking(hear) as inside:
            while True:
                changed.clear()
                found = await inside.ask("GetCurrentProgramScene")
                if found.data.get("currentProgramSceneName") == scene:
                    return
                await changed.wait()

    async def _run(self, *command: str) -> None:
        environ = {
            "HOME": str(self._home),
            "XDG_RUNTIME_DIR": str(self._home),
            "PATH": os.environ["PATH"],
            "DISPLAY": self._display,
            "LIBGL_ALWAYS_SOFTWARE": "1",
            "LANG": "C.UTF-8",
        }
        log = (self._home / f"{command[0]}.log").open("ab")
        with log:
            self._programs.append(
                await asyncio.create_subprocess_exec(
                    *command, env=environ, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
                )
            )

    async def _has_scenes(self) -> bool:
        """Whether it answers; then it has every scene afterwards."""
        try:
            async with self._asking() as inside:
                listed = await inside.ask("GetSceneList")
                known = {one["sceneName"] for one in listed.data["scenes"]}
                for scene in (one for one in self._scenes if one not in known):
                    assert (await inside.ask("CreateScene", sceneName=scene)).is_done
        except (OSError, TimeoutError, WebSocketException, KeyError):
            return False
        return True

    @asynccontextmanager
    async def _asking(
        self, hear: Callable[[Event], None] = lambda _event: None
    ) -> AsyncIterator[Local]:
        async with obs(self.url, self._password, hear) as inside:
            listening = asyncio.create_task(inside.listen())
            try:
                yield inside
            finally:
                listening.cancel()
                await asyncio.gather(listening, return_exceptions=True)
