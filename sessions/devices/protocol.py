"""The frame a device is told about itself. Pure."""

from datetime import datetime

import msgspec

from sessions.devices.values import Device, ObsBy, ObsMode


class DeviceState(msgspec.Struct, frozen=True, tag="device", tag_field="type"):
    """What organisers have set about a screen; whole, as every state.

    ``flash`` names the line of the list that says who it is until ``flash_until``: the screen's name
    for its projector, with ``/overlay-ar``, ``/overlay-en`` or ``/obs`` behind it for the others.
    ``scenes`` maps moments of the show (session, open, results, break) to scenes of OBS; ``mode`` is
    off, suggest or auto, and ``obs_by`` says whether the overlay's page or the agent switches.
    """

    screen: str
    version: int
    title: str
    flash: str | None
    flash_until: datetime | None
    mode: ObsMode
    obs_by: ObsBy
    scenes: dict[str, str]


def device_state(device: Device) -> DeviceState:
    """The frame of a device."""
    return DeviceState(
        screen=device.id,
        version=device.version,
        title=device.title,
        flash=device.flash,
        flash_until=device.flash_until,
        mode=device.mode,
        obs_by=device.obs_by,
        scenes={moment.value: name for moment, name in device.scenes.items()},
    )
