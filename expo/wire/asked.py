"""A plain request as bytes, read strictly or not at all, and the answer a desk has ready for it.

Only a ``GET`` in a single piece that can be understood in one way is read here: every header
well-formed, those that matter sent once (RFC 9112 section 5). Anything else is None and left to the
engines, which refuse it or know better.
"""

from typing import Final, Protocol, runtime_checkable

import msgspec

from expo.wire.clean_head import CleanHead

Head = dict[bytes, bytes]
"""The headers that matter, by lower-case name; each was sent at most once."""

_CLEAN: Final = CleanHead(fewest=1)
_ONCE: Final = frozenset(
    {
        b"accept-encoding",
        b"accept-language",
        b"connection",
        b"cookie",
        b"host",
        b"if-none-match",
        b"origin",
        b"sec-fetch-site",
    }
)
_ELSEWHERE: Final = frozenset(
    {b"content-length", b"expect", b"http2-settings", b"transfer-encoding", b"upgrade"}
)
"""Whoever sends one of these wants something only the engines know."""


class Asked(msgspec.Struct, frozen=True, gc=False):
    """A clean request."""

    path: bytes
    """As it was sent."""
    query: bytes
    head: Head
    size: int
    """Bytes of the request."""

    def text(self, name: bytes) -> str:
        """A header's value; empty when it was not sent."""
        return self.head.get(name, b"").decode("latin-1")


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What goes out: status line, header lines to the empty one, body."""

    status: bytes
    head: bytes
    body: bytes


@runtime_checkable
class Desk(Protocol):
    """Has answers ready."""

    def at_once(self, asked: Asked) -> Answer | None:
        """The answer, or None when the application itself must be asked. Never waits, never fails."""


def read(data: bytes) -> Asked | None:
    """The request ``data`` begins with, if it can be understood in one way only and needs no engine."""
    clean = _CLEAN.read(data)
    if clean is None:
        return None
    target, lines, size = clean
    head: Head = {}
    for line in lines:
        name, _, value = line.partition(b":")
        name = name.lower()
        if name in _ONCE:
            if name in head:
                return None
            head[name] = value.strip()
        elif name in _ELSEWHERE:
            return None
    path, _, query = target.partition(b"?")
    return Asked(path, query, head, size)
