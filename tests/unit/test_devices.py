"""What can be set about a screen, what an overlay's address may ask for, and what stays hidden."""

from datetime import UTC, datetime

import msgspec
import pytest

from expo.errors import BadRequest
from sessions.cues import Scene
from sessions.devices.protocol import device_state
from sessions.devices.values import (
    FLASH,
    Device,
    Moment,
    ObsBy,
    ObsMode,
    ObsSettings,
    flashing,
    moment_of,
    renamed,
    with_obs,
)
from sessions.obs.expo_line import addresses, news, settings_of
from sessions.overlay.parts import Part, wanted
from sessions.protocol import Beat, ObsReport
from sessions.screens import Screens, device_of, sighted

AT = datetime(2017, 4, 17, 5, 20, tzinfo=UTC)


def test_address_without_a_word_asks_for_everything() -> None:
    assert wanted(None, None, None) == wanted("", "", "on")
    assert wanted(None, None, None).parts == tuple(Part)


def test_address_names_parts_and_scenes() -> None:
    found = wanted("lt, qr", "live,turnout", "off")

    assert (found.parts, found.scenes) == ((Part.LOWER, Part.CODE), (Scene.LIVE, Scene.TURNOUT))
    assert found.motion is False


@pytest.mark.parametrize(
    "asked",
    [("x", None, None), (None, "x", None), (None, None, "x"), ("lt," * 100 + "x", None, None)],
)
def test_name_that_is_none_of_ours_is_refused(asked: tuple[str | None, ...]) -> None:
    with pytest.raises(BadRequest):
        wanted(*asked)


def test_title_is_cleaned_and_bounded() -> None:
    assert renamed(Device("main"), " Hall\u202e 1 ").title == "Hall 1"
    with pytest.raises(BadRequest):
        renamed(Device("main"), "x" * 61)


def test_scenes_of_obs_are_kept_where_they_have_a_name() -> None:
    settings = ObsSettings(ObsMode.AUTO, ObsBy.AGENT, {Moment.OPEN: " Ballot ", Moment.BREAK: ""})

    found = with_obs(Device("main"), settings)

    assert found.scenes == {Moment.OPEN: "Ballot"}
    with pytest.raises(BadRequest):
        with_obs(Device("main"), msgspec.structs.replace(settings, scenes={Moment.OPEN: "x" * 129}))


def test_flash_ends_by_itself() -> None:
    found = flashing(Device("main"), "main/overlay-ar", AT)

    assert (found.flash, found.flash_until) == ("main/overlay-ar", AT + FLASH)


def test_every_scene_is_some_moment_and_the_agent_hears_of_it() -> None:
    assert {moment_of(scene) for scene in Scene} == set(Moment)
    frame = b'{"type":"stage","version":3,"scene":"live","session":{"id":"khda","title":{}},"x":1}'
    heard = news(frame)
    assert heard is not None
    assert (getattr(heard, "item", ""), getattr(heard, "moment", "")) == ("khda", Moment.OPEN)
    assert news(b'{"type":"board"}') is None
    assert news(b"[" * 100_000) is None


def test_agent_does_nothing_where_the_page_switches() -> None:
    page = Device("main", mode=ObsMode.AUTO, scenes={Moment.OPEN: "Ballot"})
    agent = msgspec.structs.replace(page, obs_by=ObsBy.AGENT)

    assert settings_of(device_state(page))[0] is ObsMode.OFF
    assert settings_of(device_state(agent)) == (ObsMode.AUTO, {Moment.OPEN: "Ballot"})


def test_secure_site_is_listened_to_securely() -> None:
    assert addresses("https://expo.example/", "main", "k") == (
        "https://expo.example/overlay/main/k",
        "wss://expo.example/live/screen/main/obs",
    )


def test_report_lasts_as_long_as_the_connection_and_is_forgotten_with_the_device() -> None:
    screens, line = Screens(), sighted("main", "obs")
    screens.arrive(line, AT)
    screens.arrive("main", AT)
    screens.beat("main", Beat(Scene.NOW, 1), AT)
    screens.report(line, ObsReport("Wide"), AT)

    assert screens.reported(line) == ObsReport("Wide")
    screens.leave(line)
    assert screens.reported(line) is None
    assert device_of(line) == "main"
    screens.forget("main")
    assert screens.lines(AT) == ()
