"""A viewer without a network, for the rules of the hub alone."""

from typing_extensions import override

from expo.wire.hub import Hub
from expo.wire.viewer import Outlet, Viewer


class Reader(Viewer):
    """A viewer whose buffer holds ``room_for`` frames; `drain` empties it."""

    def __init__(self, hub: Hub, who: object = None, room_for: int = 1_000) -> None:
        super().__init__(
            who,
            hub.limits,
            on_text=lambda _, payload: self.said.append(payload),
            on_junk=lambda _, kind: self.said.append(kind.encode()),
        )
        self.said: list[bytes] = []
        self.got: list[bytes] = []
        self.ended: int | None = None
        self._hub = hub
        self._room_for = self._free = room_for

    @property
    @override
    def outlet(self) -> Outlet:
        return self._write

    def _write(self, data: bytes) -> None:
        self.got.append(data)
        self._free -= 1
        if self._free == 0:
            self.fall_behind(now=100.0)

    def drain(self) -> None:
        self._free = self._room_for
        if self.is_behind:
            self.catch_up()

    @override
    def close(self, code: int, reason: str = "") -> None:
        self._hub.drop(self)
        self.ended = code

    @override
    def abort(self) -> None:
        self.ended = 0
