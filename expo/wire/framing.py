"""WebSocket frames as bytes: what the server writes, and where a client's frame ends. Pure.

Source: RFC 6455 section 5.2. Server frames are never masked and never compressed, so one frame can
be written to every viewer.
"""

import struct
from typing import Final

TEXT: Final = 0x81
CLOSE: Final = 0x88
PING: Final = 0x89
PONG: Final = 0x8A
"""First bytes of whole frames: the final bit and the opcode."""

_MASKED: Final = 0x80
_KIND: Final = 0x0F
_KINDS: Final = frozenset({0, 1, 2, 8, 9, 10})
"""Opcodes of RFC 6455 section 11.8; all others are reserved."""
_SHORT: Final = 126
_LONG: Final = 127
_MAX_CONTROL: Final = 125  # bytes; the standard's limit for close, ping and pong


def frame(payload: bytes, first: int = TEXT) -> bytes:
    """One unfragmented server frame."""
    size = len(payload)
    if size < _SHORT:
        return bytes((first, size)) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", first, _SHORT, size) + payload
    return struct.pack("!BBQ", first, _LONG, size) + payload


def close_frame(code: int, reason: str = "") -> bytes:
    """A close frame; a reason that is too long is cut at a character."""
    text = reason.encode()[: _MAX_CONTROL - 2].decode(errors="ignore").encode()
    return frame(struct.pack("!H", code) + text, CLOSE)


def span(data: bytes, at: int, max_bytes: int) -> tuple[int, int, bool] | None:
    """Where the payload of the client frame at ``at`` begins, where the frame ends, if it is whole.

    A frame that must not be read to its end (unmasked, longer than ``max_bytes``, or of no known kind
    and not all there) is not whole and ends with ``data``: its header is enough for the parser that
    refuses it.

    Returns:
        None while the header or the payload has not arrived completely.
    """
    size = len(data)
    if size - at < 2:
        return None
    if not data[at + 1] & _MASKED:
        return at + 2, size, False
    length = data[at + 1] & 0x7F
    payload = at + 6
    if length == _SHORT:
        length, payload = int.from_bytes(data[at + 2 : at + 4], "big"), at + 8
    elif length == _LONG:
        length, payload = int.from_bytes(data[at + 2 : at + 10], "big"), at + 14
    if payload > size:
        return _awaited(data, at)
    if length > max_bytes:
        return payload, size, False
    end = payload + length
    return (payload, end, True) if end <= size else _awaited(data, at)


def _awaited(data: bytes, at: int) -> tuple[int, int, bool] | None:
    """None, as a frame is that has not arrived completely, unless nothing of its kind can."""
    return None if data[at] & _KIND in _KINDS else (at + 2, len(data), False)
