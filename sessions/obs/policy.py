"""Which scene OBS should show, and when nobody but its operator decides. Pure.

Source: streaming page 8: modes off, suggest and auto; a scene picked by hand suspends auto until the
next item; the stream is never started or stopped.
"""

from sessions.devices.values import Moment, ObsMode


class Switcher:
    """What is known of the show and of OBS, put together."""

    def __init__(self) -> None:
        self.on_air = ""
        """The scene OBS shows now; empty while that is not known."""
        self._mode = ObsMode.OFF
        self._scenes: dict[Moment, str] = {}
        self._item: str | None = None
        self._moment: Moment | None = None
        self._pending: str | None = None
        self._suspended = False

    @property
    def is_suspended(self) -> bool:
        """Whether the operator has taken over until the next item."""
        return self._suspended

    @property
    def fits(self) -> str | None:
        """The scene that would fit now; None while it is on air, unnamed, or nobody wants to know."""
        if self._mode is ObsMode.OFF or self._moment is None:
            return None
        name = self._scenes.get(self._moment, "")
        return name if name and name != self.on_air else None

    def set_up(self, mode: ObsMode, scenes: dict[Moment, str]) -> None:
        """Take over what organisers have set; another mode counts at once."""
        self._suspended = self._suspended and mode is self._mode
        self._mode, self._scenes = mode, scenes

    def show_is_at(self, item: str, moment: Moment) -> None:
        """The show has moved: ``item`` is what is on the agenda, e.g. the session's id."""
        if item != self._item:
            self._item, self._suspended = item, False
        self._moment = moment

    def connected(self, scene: str) -> None:
        """OBS is there, with this scene on air; nobody picked it just now."""
        self.on_air, self._pending = scene, None

    def gone(self) -> None:
        """OBS is not there any more."""
        self.on_air, self._pending = "", None

    def changed(self, scene: str) -> bool:
        """OBS shows another scene; whether its operator has taken over."""
        self.on_air = scene
        by_hand = scene != self._pending
        self._pending = None
        if by_hand and self._mode is ObsMode.AUTO:
            self._suspended = True
        return self._suspended

    def take(self) -> str | None:
        """The scene to switch to now, once; None where nothing is to be done."""
        name = self.fits
        is_free = self._mode is ObsMode.AUTO and not self._suspended and self.on_air
        if name is None or not is_free or name == self._pending:
            return None
        self._pending = name
        return name

    def failed(self) -> None:
        """OBS did not switch: what comes next from it is the operator's."""
        self._pending = None
