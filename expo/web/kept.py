"""Pages kept ready: made once, sent to everybody of one kind until what they show has changed.

A page is made for a *kind* of visitor, never for a visitor: its template is given a stand-in of whom
nothing is known but what the kind says. So nothing personal can be in it (decision 0019). It is good
while what it stands on (`StandsOn`) is equal to what it was made from, and not a request longer.
"""

import gzip
import hashlib
import zlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Final

import msgspec


class StandsOn(msgspec.Struct, frozen=True):
    """What a page is made from.

    ``facts`` are whole values or versions, as they are now; when one has changed the page is thrown
    away. ``tick`` is the clock's, for pages that show a time or a figure that runs: with a new tick
    the page is made again, the same way.
    """

    facts: Callable[[], tuple[object, ...]]
    tick: Callable[[], int] | None = None


Headers = list[tuple[bytes, bytes]]
Made = tuple["Content", Mapping[str, str]]
"""A page's text, and the headers it goes with."""

MOST_PAGES: Final = 256
MOST_BYTES: Final = 32 * 1024 * 1024
"""Of bodies; one page in all its orders, plain and compressed, is about two million."""
_LEVEL: Final = 5  # of gzip: half the time of 9 for a few bytes more
_OF_A_BODY: Final = frozenset({b"content-encoding", b"content-length"})
_GZIP_HEAD: Final = (
    b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # RFC 1952: deflate, no name, no time
)


class Content(msgspec.Struct, frozen=True):
    """A page's text: what comes first, parts that each visitor may see in another order, the rest.

    ``arrange`` gives the places of the parts for an order, ``order_of`` the order for what tells one
    visitor from another; a page without parts has one order, 0. ``mark`` stands once in ``head``
    where each answer has something of its own, e.g. the id of a form; empty: nowhere.
    """

    head: str
    parts: tuple[str, ...] = ()
    tail: str = ""
    arrange: Callable[[int], Sequence[int]] = lambda _order: ()
    order_of: Callable[[str], int] = lambda _seed: 0
    mark: str = ""

    def text(self, order: int) -> str:
        """The whole page in this order."""
        return "".join([self.head, *(self.parts[n] for n in self.arrange(order)), self.tail])


class Counters(msgspec.Struct):
    """What has become of requests for pages that can be kept."""

    hits: int = 0
    """Sent as they were kept."""
    renders: int = 0
    """Made anew, because there was none or something had changed."""


class KeptPage:
    """One page for one kind of visitor, plain and compressed.

    Args:
        make: Makes it, with the headers of every answer (lower-case names; lengths, encoding and ETag
            are added here). Called now, and again when only the clock has moved on.
        stands_on: Everything ``make`` uses.
    """

    def __init__(self, make: Callable[[], Made], stands_on: StandsOn) -> None:
        self._made_from = stands_on.facts()
        self._tick = stands_on.tick() if stands_on.tick else 0
        content, headers = make()
        self._content = content
        self._make = make
        self.order_of = content.order_of
        self._stands_on = stands_on
        self._ends: tuple[bytes, bytes, bytes] | None = None
        self._bodies: dict[tuple[int, bool], bytes] = {}
        self._lines: dict[tuple[int, bool], bytes] = {}
        self.held = 0
        """Bytes of the bodies made so far."""
        self.headers: Headers = [(n.encode(), v.encode("latin-1")) for n, v in headers.items()]
        self.headers.append((b"vary", b"accept-encoding"))
        self.etag = b""
        """Weak: the same for both encodings (RFC 9110 8.8.3)."""
        # A page with a clock is never asked for twice in one tick.
        if stands_on.tick is None and "no-store" not in headers.get("cache-control", ""):
            digest = hashlib.sha256(content.text(0).encode()).hexdigest()[:20]
            self.etag = f'W/"{digest}"'.encode()
            self.headers.append((b"etag", self.etag))

    @property
    def is_good(self) -> bool:
        """Whether nothing it shows has changed, but perhaps the time."""
        return self._made_from == self._stands_on.facts()

    @property
    def is_of_now(self) -> bool:
        """Whether the clock has not moved on."""
        return self._stands_on.tick is None or self._tick == self._stands_on.tick()

    def again(self) -> "KeptPage":
        """The same page as it is now."""
        return KeptPage(self._make, self._stands_on)

    def body(self, order: int, *, is_packed: bool) -> bytes:
        """The body in this order, compressed or not; made at the first time of asking."""
        found = self._bodies.get((order, is_packed))
        if found is None:
            found = self._packed(order) if is_packed else self._content.text(order).encode()
            self._bodies[order, is_packed] = found
            self.held += len(found)
        return found

    def answers(self, length: int, *, is_packed: bool) -> Headers:
        """The headers that go with a body of so many bytes."""
        extra = [(b"content-length", str(length).encode())]
        if is_packed:
            extra.append((b"content-encoding", b"gzip"))
        return self.headers + extra

    def lines(
        self, order: int, *, is_packed: bool, complete: Callable[[Headers], Headers]
    ) -> bytes:
        """The headers of `body` as they travel, completed once, with the empty line."""
        found = self._lines.get((order, is_packed))
        if found is None:
            length = len(self.body(order, is_packed=is_packed))
            found = as_lines(complete(self.answers(length, is_packed=is_packed)))
            self._lines[order, is_packed] = found
        return found

    def own_body(self, order: int, own: bytes, *, is_packed: bool) -> bytes:
        """As `body`, with this in the place of the mark; it must be ready to stand in HTML."""
        text = self.body(order, is_packed=False).replace(self._content.mark.encode(), own)
        if not is_packed:
            return text
        before, after, tail = self._fixed()
        length = len(own).to_bytes(2, "little")
        stored = b"\0" + length + bytes(255 - byte for byte in length) + own  # RFC 1951 3.2.4
        return _gzip(text, before, stored, after, self._middle(order), tail)

    @property
    def is_shared_whole(self) -> bool:
        """Whether no answer has anything of its own."""
        return not self._content.mark

    def _packed(self, order: int) -> bytes:
        """The whole page as gzip; one in parts with its head and tail compressed once for all orders."""
        text = self._content.text(order).encode()
        if not self._content.parts:
            return gzip.compress(text, _LEVEL, mtime=0)
        before, after, tail = self._fixed()
        return _gzip(text, before, after, self._middle(order), tail)

    def _fixed(self) -> tuple[bytes, bytes, bytes]:
        """What is before the mark, between it and the parts, and behind them; compressed once."""
        if self._ends is None:
            before, _, after = self._content.head.partition(self._content.mark or "\0")
            tail = _piece(self._content.tail, zlib.Z_FINISH)
            self._ends = _piece(before), _piece(after), tail
        return self._ends

    def _middle(self, order: int) -> bytes:
        return _piece("".join(self._content.parts[n] for n in self._content.arrange(order)))


def as_lines(headers: Headers) -> bytes:
    """Headers as they travel, with the empty line after them."""
    return b"".join(b"%b: %b\r\n" % header for header in headers) + b"\r\n"


def unchanged(headers: Headers) -> Headers:
    """The headers of a 304: without what describes a body (RFC 9110 15.4.5)."""
    return [header for header in headers if header[0] not in _OF_A_BODY]


def _gzip(text: bytes, *pieces: bytes) -> bytes:
    """A gzip stream of this text from its compressed pieces (RFC 1952)."""
    ends = zlib.crc32(text).to_bytes(4, "little") + len(text).to_bytes(4, "little")
    return b"".join((_GZIP_HEAD, *pieces, ends))


def _piece(text: str, flush: int = zlib.Z_FULL_FLUSH) -> bytes:
    """A piece of a page as raw deflate.

    It ends on a whole byte and refers to nothing before it, so pieces can be put together in any
    order (RFC 1951 3.2.4: an empty stored block ends a flushed piece).
    """
    squeeze = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return squeeze.compress(text.encode()) + squeeze.flush(flush)


class KeptPages:
    """Pages by what they are called; bounded, and none is given out that is not good any more.

    They stand in the order in which they were last asked for: what nobody wants makes room first,
    so whoever asks for a hundred addresses that nobody else knows pushes out no page of a surge.
    """

    def __init__(self, most: int = MOST_PAGES, most_bytes: int = MOST_BYTES) -> None:
        self.counters = Counters()
        self._most, self._most_bytes = most, most_bytes
        self._pages: dict[Hashable, KeptPage] = {}

    def find(self, key: Hashable) -> KeptPage | None:
        """The page with this name as it is now, if nothing but the time has changed."""
        page = self._pages.get(key)
        if page is None:
            return None
        if not page.is_good:
            del self._pages[key]
            return None
        del self._pages[key]
        if page.is_of_now:
            self.counters.hits += 1
            self._pages[key] = page
            return page
        return self.keep(key, page.again())

    def keep(self, key: Hashable, page: KeptPage) -> KeptPage:
        """Keep a page that has just been made; what is not good any more makes room first."""
        self.counters.renders += 1
        if self._is_full():
            self._pages = {name: one for name, one in self._pages.items() if one.is_good}
        while self._is_full():
            del self._pages[next(iter(self._pages))]
        self._pages[key] = page
        return page

    def _is_full(self) -> bool:
        return len(self._pages) >= self._most or self.held >= self._most_bytes

    @property
    def pages(self) -> int:
        """How many are kept."""
        return len(self._pages)

    @property
    def held(self) -> int:
        """Bytes of all bodies kept."""
        return sum(page.held for page in self._pages.values())
