"""Letting somebody in whom nobody knows, without a word with the application.

Most of an audience follows a public page without a visit: whoever asks, the answer is the same rooms
and the same greeting. A `Porter` has it ready, so such a handshake costs no task, no scope and no
routing; whatever else is asked goes to the application, which decides as if there were no porter.
"""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import msgspec

from expo.wire.hub import Hub
from expo.wire.upgrade import Upgrade
from expo.wire.viewer import Viewer


class Welcome(msgspec.Struct, frozen=True, gc=False):
    """What a viewer is made with; the names are those of `live.serve`."""

    hub: Hub
    who: object
    rooms: tuple[str, ...]
    greeting: tuple[bytes, ...]
    on_text: Callable[[Viewer, bytes], None]
    on_junk: Callable[[Viewer, str], None]
    on_leave: Callable[[Viewer], None] | None = None


@runtime_checkable
class Porter(Protocol):
    """Knows who may come in without being asked who they are."""

    def welcome(self, asked: Upgrade) -> Welcome | None:
        """How to let them in, or None when the application must be asked. Never waits, never fails."""


def enter(viewer: Viewer, to: Welcome) -> None:
    """The greeting, then the rooms with their latest frames."""
    hub = to.hub
    hub.admit(viewer)
    for first in to.greeting:
        viewer.reply(first)
    for room in to.rooms:
        hub.join(viewer, room)
    viewer.opened()
