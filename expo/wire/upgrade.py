"""A WebSocket handshake as bytes: the request, read strictly or not at all, and its answer. Pure.

Only a request that cannot be understood in two ways is read here: one ``GET`` in a single piece,
every header well-formed, those that matter sent once (RFC 9112 section 5, RFC 6455 section 4.2.1).
Anything else is None and left to the engines, which refuse it or know better.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterable
from hashlib import sha1
from typing import Final
from urllib.parse import unquote_to_bytes

import msgspec

from expo.wire.clean_head import LONGEST, CleanHead

Headers = list[tuple[bytes, bytes]]

_KEY: Final = b"sec-websocket-key"
_CLEAN: Final = CleanHead(fewest=5)  # host, and the four that make a handshake
_ONCE: Final = frozenset(
    {
        b"connection",
        b"host",
        b"origin",
        _KEY,
        b"sec-websocket-version",
        b"upgrade",
    }
)
_ELSEWHERE: Final = frozenset(
    {b"content-length", b"expect", b"sec-websocket-protocol", b"transfer-encoding"}
)
"""Whoever sends one of these wants something only the engines know."""
_KEY_BYTES: Final = 16
_GUID: Final = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_SWITCHING: Final = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: "
)


class Upgrade(msgspec.Struct, frozen=True, gc=False):
    """A handshake as asked for. Header names are in lower case."""

    head: bytes
    """All of the request, to its empty line."""
    path: str
    raw_path: bytes
    query: bytes
    headers: Headers
    single: dict[bytes, bytes]
    """The headers that matter, by name. Of several ``Accept-Language`` the first; ``Cookie`` in one line."""

    @property
    def key(self) -> bytes:
        """``Sec-WebSocket-Key``."""
        return self.single[_KEY]


def read(data: bytes) -> Upgrade | None:
    """The handshake ``data`` begins with, or None; what follows it begins at ``len(head)``."""
    if _KEY not in data[:LONGEST].lower():  # nearly all that is no handshake ends here
        return None
    clean = _CLEAN.read(data)
    if clean is None:
        return None
    target, lines, size = clean
    found = _headers(lines)
    if found is None or not _is_whole(found[1]):
        return None
    raw_path, _, query = target.partition(b"?")
    path = unquote_to_bytes(raw_path).decode(errors="replace")
    return Upgrade(data[:size], path, raw_path, query, *found)


def _headers(lines: Iterable[bytes]) -> tuple[Headers, dict[bytes, bytes]] | None:
    """All headers in order, and those that matter by name; None when one of these came twice."""
    headers: Headers = []
    single: dict[bytes, bytes] = {}
    for line in lines:
        name, _, value = line.partition(b":")
        name, value = name.lower(), value.strip()
        headers.append((name, value))
        if name in _ONCE:
            if name in single:
                return None
            single[name] = value
        elif name == b"cookie":
            single[name] = b"; ".join((single[name], value)) if name in single else value
        elif name == b"accept-language":
            single.setdefault(name, value)
        elif name in _ELSEWHERE:
            return None
    return headers, single


def _is_whole(single: dict[bytes, bytes]) -> bool:
    if single.get(b"upgrade", b"").lower() != b"websocket" or b"host" not in single:
        return False
    if single.get(b"sec-websocket-version") != b"13":
        return False
    tokens = single.get(b"connection", b"").lower().split(b",")
    if not any(token.strip() == b"upgrade" for token in tokens):
        return False
    try:
        key = b64decode(single.get(_KEY, b""), validate=True)
    except binascii.Error:
        return False
    return len(key) == _KEY_BYTES


def switching(key: bytes, headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """The answer that opens the socket.

    Args:
        key: The request's ``Sec-WebSocket-Key``.
        headers: Further headers of the answer.

    Raises:
        ValueError: A header would end its own line.
    """
    parts = [_SWITCHING, b64encode(sha1(key + _GUID, usedforsecurity=False).digest()), b"\r\n"]
    for name, value in headers:
        if b"\n" in name or b"\r" in name or b"\n" in value or b"\r" in value:
            raise ValueError(name)
        parts += (name, b": ", value, b"\r\n")
    parts.append(b"\r\n")
    return b"".join(parts)
