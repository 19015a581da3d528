"""What pages say about their streams over their live connection."""

from collections.abc import Callable

import msgspec

from expo.clock import Now
from expo.wire.viewer import Viewer
from sessions.streams.delays import DelayBook
from sessions.streams.protocol import Delay


class DelayFrames:
    """Takes the samples of viewers.

    Args:
        book: Counts.
        is_session: Whether there is such a session.
        now: The clock.
    """

    def __init__(self, book: DelayBook, is_session: Callable[[str], bool], now: Now) -> None:
        self._book = book
        self._is_session = is_session
        self._now = now

    def on_text(self, viewer: Viewer, raw: bytes) -> bool:
        """Count a sample; whether it was one."""
        try:
            told = _delay.decode(raw)
        except (msgspec.DecodeError, RecursionError):
            return False
        if self._is_session(told.session):
            self._book.note(told.session, viewer, told.ms, self._now())
        return True


_delay = msgspec.json.Decoder(Delay)
