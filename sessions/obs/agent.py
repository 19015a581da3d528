"""The agent: dials out to the expo as a screen, speaks to the OBS on its own computer, reports back.

Both sides come back by themselves, each with its own back-off. It switches scenes and nothing else.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import httpx2
import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Origin

from expo.errors import N_, Fact, Refusal
from sessions.devices.protocol import DeviceState
from sessions.obs.expo_line import StageNews, addresses, news, settings_of
from sessions.obs.handshake import NO_SUCH_RESOURCE, SCENE_CHANGED, Event, NotObs
from sessions.obs.local import Local, WrongPassword, obs
from sessions.obs.policy import Switcher
from sessions.protocol import ObsReport

_FIRST, _SLOWEST, _GROWTH = 0.5, 15.0, 1.7  # seconds between two tries, and how they grow
_LOOK_SECONDS: Final = 2.0  # between two looks at OBS
_REPORT_SECONDS: Final = 10.0  # between two reports in which nothing is new
_OPEN_SECONDS: Final = 10.0
_SHUT_OUT: Final = 4500  # close codes from here on: not with these cookies
_GONE: Final = (OSError, TimeoutError, WebSocketException, httpx2.HTTPError)

OBS_HERE: Final = N_("OBS is connected.")
OBS_AWAY: Final = N_("OBS cannot be reached; trying again.")
OBS_REFUSES: Final = N_(
    "OBS refused the password: set OBS_PASSWORD to the one under Tools, WebSocket Server Settings."
)
EXPO_HERE: Final = N_("The expo is connected.")
EXPO_AWAY: Final = N_("The expo cannot be reached; trying again.")
SWITCHED: Final = N_("Scene: {scene}")
FITS: Final = N_("This scene would fit: {scene}")
NO_SCENE: Final = N_("OBS has no scene named {scene}.")
BY_HAND: Final = N_("The operator picked a scene; nothing is switched until the next item.")

Tell = Callable[..., None]
"""Says one of the sentences above to whoever sits there, with its facts by name."""


class KeyRefused(Refusal):
    """The expo does not let this token in."""

    code = N_("screen-key-refused")
    status = 403


class Agent:
    """One agent, for one screen and one OBS.

    Args:
        url: Address of the expo, e.g. ``https://expo.example``.
        screen: Name of the screen whose settings count.
        token: Its key.
        obs_url: Where OBS listens, e.g. ``ws://127.0.0.1:4455``.
        password: Of OBS.
        tell: Says what happens.
    """

    def __init__(
        self, *, url: str, screen: str, token: str, obs_url: str, password: str, tell: Tell
    ) -> None:
        self._door, self._live = addresses(url, screen, token)
        self._origin = url.rstrip("/")
        self._obs_url = obs_url
        self._password = password
        self._tell_all = tell
        self._said: dict[str, str] = {}
        self._switcher = Switcher()
        self._local: Local | None = None
        self._stream: dict[str, object] = {}
        self._news = asyncio.Event()
        self._cookies = ""

    async def run(self) -> None:
        """Work until cancelled.

        Raises:
            KeyRefused: The token is not good, or not any more.
        """
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._again(self._follow_obs, OBS_AWAY))
                tasks.create_task(self._again(self._follow_expo, EXPO_AWAY))
                tasks.create_task(self._switch())
        except ExceptionGroup as group:
            if group.subgroup(KeyRefused) is None:
                raise
            raise KeyRefused from group

    async def _again(self, follow: Callable[[], Awaitable[None]], away: str) -> None:
        """Follow one side for as long as the agent runs; slower after each vain try."""
        wait = _FIRST
        while True:
            began, why = asyncio.get_running_loop().time(), away
            try:
                with suppress(NotObs, *_GONE):
                    await follow()
            except WrongPassword:
                why = OBS_REFUSES
            if (task := asyncio.current_task()) and task.cancelling():
                raise asyncio.CancelledError  # a group that fails while it is cancelled tells its failure alone
            self._tell(away, why)
            lasted = asyncio.get_running_loop().time() - began
            wait = _FIRST if lasted > _SLOWEST else min(_SLOWEST, wait * _GROWTH)
            await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311 - not a secret

    # --- OBS ---

    async def _follow_obs(self) -> None:
        try:
            async with (
                obs(self._obs_url, self._password, self._on_event) as local,
                asyncio.TaskGroup() as tasks,
            ):
                listening = tasks.create_task(local.listen())
                looking = tasks.create_task(self._look(local))
                await listening
                looking.cancel()
        except* _GONE:
            pass
        finally:
            self._local = None
            self._switcher.gone()
            self._news.set()

    async def _look(self, local: Local) -> None:
        """Learn what is on air, then how the stream is, every two seconds."""
        answer = await local.ask("GetCurrentProgramScene")
        self._switcher.connected(str(answer.data.get("currentProgramSceneName", "")))
        self._local = local
        self._tell(OBS_AWAY, OBS_HERE)
        while True:
            self._stream = (await local.ask("GetStreamStatus")).data
            self._news.set()
            await asyncio.sleep(_LOOK_SECONDS)

    def _on_event(self, event: Event) -> None:
        if event.kind == SCENE_CHANGED and self._local is not None:
            by_hand = self._switcher.changed(str(event.data.get("sceneName", "")))
            if by_hand:
                self._tell_all(BY_HAND)
            self._news.set()

    async def _switch(self) -> None:
        """Do what the show asks for, whenever something has moved on either side."""
        while True:
            await self._news.wait()
            self._news.clear()
            scene, local = self._switcher.take(), self._local
            if scene is None or local is None:
                continue
            with suppress(*_GONE):
                answer = await local.ask("SetCurrentProgramScene", sceneName=scene)
                if answer.is_done:
                    self._tell_all(SWITCHED, scene=scene)
                    continue
                if answer.status == NO_SUCH_RESOURCE:
                    self._tell("scene", NO_SCENE, scene=scene)
            self._switcher.failed()

    # --- the expo ---

    async def _follow_expo(self) -> None:
        if not self._cookies:
            self._cookies = await self._enter()
        headers = {"cookie": self._cookies}
        async with connect(
            self._live,
            origin=Origin(self._origin),
            additional_headers=headers,
            open_timeout=_OPEN_SECONDS,
        ) as socket:
            reporting = asyncio.create_task(self._report(socket))
            try:
                async for text in socket:
                    self._hear(text)
            except ConnectionClosed as closed:
                if closed.rcvd is not None and closed.rcvd.code >= _SHUT_OUT:
                    self._cookies = ""
            finally:
                reporting.cancel()

    async def _enter(self) -> str:
        """The cookies of this screen.

        Raises:
            KeyRefused: The token is not good.
        """
        async with httpx2.AsyncClient(timeout=_OPEN_SECONDS) as client:
            answer = await client.get(self._door)
            if answer.status_code == httpx2.codes.NOT_FOUND:
                raise KeyRefused
            answer.raise_for_status()
            return "; ".join(f"{name}={value}" for name, value in client.cookies.items())

    def _hear(self, text: str | bytes) -> None:
        match news(text):
            case StageNews() as stage:
                self._tell(EXPO_AWAY, EXPO_HERE)
                self._switcher.show_is_at(stage.item, stage.moment)
            case DeviceState() as device:
                self._switcher.set_up(*settings_of(device))
            case None:
                return
        if (scene := self._switcher.fits) is not None:
            self._tell("fits", FITS, scene=scene)
        self._news.set()

    async def _report(self, socket: ClientConnection) -> None:
        """Say how OBS is: at once when it is new, and now and then."""
        said, due = None, 0.0
        clock = asyncio.get_running_loop().time
        with suppress(ConnectionClosed):
            while True:
                report = self._state()
                if report != said or clock() >= due:
                    said, due = report, clock() + _REPORT_SECONDS
                    await socket.send(msgspec.json.encode(report).decode())
                await asyncio.sleep(_LOOK_SECONDS / 2)

    def _state(self) -> ObsReport:
        data = self._stream if self._local is not None else {}
        return ObsReport(
            scene=self._switcher.on_air[:128],
            suspended=self._switcher.is_suspended,
            connected=self._local is not None,
            streaming=_is(data.get("outputActive")),
            skipped=_count(data.get("outputSkippedFrames")),
            total=_count(data.get("outputTotalFrames")),
            suggests=self._switcher.fits,
        )

    def _tell(self, about: str, sentence: str, **facts: Fact) -> None:
        """Say something about one thing, once until it changes."""
        said = f"{sentence} {facts}"
        if self._said.get(about) != said:
            self._said[about] = said
            self._tell_all(sentence, **facts)


def _is(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _count(value: object) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53
    return value if is_count and isinstance(value, int) else None
