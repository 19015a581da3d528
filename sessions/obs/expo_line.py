"""What the agent hears of the show: the frames it needs, out of those a screen is sent. Pure."""

from urllib.parse import urlsplit

import msgspec

from sessions.cues import Scene
from sessions.devices.protocol import DeviceState
from sessions.devices.values import Moment, ObsBy, ObsMode, moment_of


class _Session(msgspec.Struct):
    id: str


class StageNews(msgspec.Struct, frozen=True, tag="stage", tag_field="type"):
    """Of the stage's frame what decides about scenes."""

    version: int
    scene: Scene
    session: _Session | None

    @property
    def item(self) -> str:
        """What is on the agenda."""
        return self.session.id if self.session else ""

    @property
    def moment(self) -> Moment:
        """What of the show this is."""
        return moment_of(self.scene)


News = StageNews | DeviceState


def news(text: bytes | str) -> News | None:
    """The frame, if it is one of those needed."""
    try:
        return _news.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None


def settings_of(state: DeviceState) -> tuple[ObsMode, dict[Moment, str]]:
    """What the agent should do; nothing where the overlay's page switches."""
    mode = state.mode if state.obs_by is ObsBy.AGENT else ObsMode.OFF
    return mode, {one: state.scenes[one.value] for one in Moment if one.value in state.scenes}


def addresses(url: str, screen: str, token: str) -> tuple[str, str]:
    """Where a screen is let in, and where it listens."""
    base = url.rstrip("/")
    parts = urlsplit(base)
    scheme = "wss" if parts.scheme == "https" else "ws"
    live = parts._replace(scheme=scheme).geturl()
    return f"{base}/overlay/{screen}/{token}", f"{live}/live/screen/{screen}/obs"


_news: msgspec.json.Decoder[News] = msgspec.json.Decoder(News)
