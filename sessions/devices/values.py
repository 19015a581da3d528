"""A device of the stage, and what can be ordered about one. Pure."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from expo.errors import N_, BadRequest, Refusal
from expo.words import clean
from sessions.cues import Scene

MOST_DEVICES: Final = 64
LONGEST_TITLE: Final = 60
LONGEST_SCENE: Final = 128
FLASH: Final = timedelta(seconds=12)
"""How long a screen says which one it is."""


class ObsMode(StrEnum):
    """What happens in OBS when the show moves on."""

    OFF = "off"
    SUGGEST = "suggest"
    """The desk is told which scene would fit."""
    AUTO = "auto"
    """The scene is switched, until the operator picks one by hand; then from the next item on."""


class ObsBy(StrEnum):
    """Who switches."""

    PAGE = "page"
    """The overlay inside OBS's browser source."""
    AGENT = "agent"
    """``run.py obs`` on the computer with OBS."""


class Moment(StrEnum):
    """What of the show a scene in OBS stands for."""

    SESSION = "session"
    OPEN = "open"
    RESULTS = "results"
    BREAK = "break"


_MOMENTS: Final = {
    Scene.TURNOUT: Moment.OPEN,
    Scene.LIVE: Moment.OPEN,
    Scene.CLOSED: Moment.RESULTS,
    Scene.REVEAL: Moment.RESULTS,
    Scene.FINAL: Moment.RESULTS,
    Scene.JOIN: Moment.BREAK,
    Scene.BREAK: Moment.BREAK,
    Scene.BLACK: Moment.BREAK,
}


def moment_of(scene: Scene) -> Moment:
    """The moment of the show behind a scene of the stage."""
    return _MOMENTS.get(scene, Moment.SESSION)


class TooManyDevices(Refusal):
    """There are as many screens as one expo keeps; forget one first."""

    code = N_("too-many-devices")
    status = 409


class Device(msgspec.Struct, frozen=True):
    """A screen with everything at its place: projector, overlays, OBS.

    ``scene`` is what it shows other than the stage; ``flash`` the line of the list that is saying who
    it is until ``flash_until``; ``scenes`` maps moments to OBS's own names; ``key`` is the id of the
    pass its addresses carry; ``version`` grows with every change, also past a forgotten one's.
    """

    id: str
    title: str = ""
    scene: Scene | None = None
    flash: str | None = None
    flash_until: datetime | None = None
    mode: ObsMode = ObsMode.SUGGEST
    obs_by: ObsBy = ObsBy.PAGE
    scenes: dict[Moment, str] = {}
    key: str | None = None
    version: int = 0


class ObsSettings(msgspec.Struct, frozen=True):
    """What is set about OBS; a moment without a name changes nothing there."""

    mode: ObsMode
    obs_by: ObsBy
    scenes: dict[Moment, Annotated[str, msgspec.Meta(max_length=LONGEST_SCENE)]]


def renamed(device: Device, title: str) -> Device:
    """The device under another name; empty for none.

    Raises:
        BadRequest: It is too long.
    """
    title = clean(title)
    if len(title) > LONGEST_TITLE:
        raise BadRequest(what="title")
    return msgspec.structs.replace(device, title=title)


def flashing(device: Device, line: str, now: datetime) -> Device:
    """The device with one of its lines saying who it is."""
    return msgspec.structs.replace(device, flash=line, flash_until=now + FLASH)


def obs_of(device: Device) -> ObsSettings:
    """What is set about OBS at this device."""
    return ObsSettings(device.mode, device.obs_by, device.scenes)


def with_obs(device: Device, settings: ObsSettings) -> Device:
    """The device with these settings about OBS.

    Raises:
        BadRequest: A scene's name is too long.
    """
    scenes = {moment: clean(name) for moment, name in settings.scenes.items()}
    if any(len(name) > LONGEST_SCENE for name in scenes.values()):
        raise BadRequest(what="scenes")
    return msgspec.structs.replace(
        device,
        mode=settings.mode,
        obs_by=settings.obs_by,
        scenes={moment: name for moment, name in scenes.items() if name},
    )
