"""Frames off the common path: fragments, binary, close and whatever breaks the standard.

The Sans-I/O protocol of ``websockets`` decides what is legal (reserved bits, opcodes, masking,
lengths, close codes: 1002, 1009); this adds joining the fragments. It exists only while a message
is in pieces: an idle viewer keeps none.
"""

import logging
from typing import Final

from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

_QUIET: Final = logging.getLogger("expo.wire.protocol")
_QUIET.setLevel(logging.ERROR)  # "connection closed" for every viewer that leaves says nothing
_DATA: Final = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


class Assembly:
    """One message in the making."""

    __slots__ = ("_parts", "_protocol", "_text", "answer", "is_failed", "is_over", "is_text")

    def __init__(self, max_bytes: int) -> None:
        self._protocol = ServerProtocol(state=OPEN, max_size=max_bytes, logger=_QUIET)
        self._parts: list[bytes] = []
        self._text = False
        self.answer = b""
        """What the last frame calls for: a pong, a close."""
        self.is_over = False
        """The connection is at its end: the peer said goodbye or broke the standard."""
        self.is_failed = False
        """It broke the standard; more of its bytes may be on their way."""
        self.is_text = False
        """Whether the message last completed was a text."""

    @property
    def parts(self) -> int:
        """Pieces that wait for the rest of their message."""
        return len(self._parts)

    def feed(self, data: bytes) -> bytes | None:
        """The message this frame completed, or None."""
        self._protocol.receive_data(data)
        message = None
        for event in self._protocol.events_received():
            if isinstance(event, Frame) and event.opcode in _DATA:
                message = self._join(event)
        self.answer = b"".join(self._protocol.data_to_send())
        self.is_failed = self._protocol.parser_exc is not None
        self.is_over = self.is_failed or self._protocol.close_expected()
        return None if self.is_over else message

    def _join(self, event: Frame) -> bytes | None:
        if event.opcode is not Opcode.CONT:
            self._text = event.opcode is Opcode.TEXT
        self._parts.append(bytes(event.data))
        if not event.fin:
            return None
        message, self._parts = b"".join(self._parts), []
        self.is_text = self._text
        return message
