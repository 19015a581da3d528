"""What pages say about their streams over their live connection."""

from collections.abc import Callable

import msgspec

from expo.clock import Now
from expo.wire.viewer import Viewer
from sessions.streams.delays import DelayBook
from sessions.streams.protocol import Delay


class DelayFrames:
    """Takes the samples of viewers.

    The grace is for those who may vote, so only theirs count, and a person once however many windows
    they open. Nor is anything kept of sessions that are not on: their samples decide nothing, and the
    book has room for a few sessions only.

    Args:
        book: Counts.
        is_on: Whether a session is on the stage, or is voted on.
        voter: Who may vote at the other end of a connection; None for whoever may not.
        now: The clock.
    """

    def __init__(
        self,
        book: DelayBook,
        is_on: Callable[[str], bool],
        voter: Callable[[Viewer], str | None],
        now: Now,
    ) -> None:
        self._book = book
        self._is_on = is_on
        self._voter = voter
        self._now = now

    def on_text(self, viewer: Viewer, raw: bytes) -> bool:
        """Count a sample; whether it was one."""
        try:
            told = _delay.decode(raw)
        except (msgspec.DecodeError, RecursionError):
            return False
        voter = self._voter(viewer)
        if voter is not None and self._is_on(told.session):
            self._book.note(told.session, voter, told.ms, self._now())
        return True


_delay = msgspec.json.Decoder(Delay)
