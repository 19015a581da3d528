"""Documents and pictures of editions: made one after the other, kept as long as there is room.

What is made depends on the edition alone, so the edition's own bytes are the key, and nothing kept can
be out of date.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from expo.words import Language
from sessions.bulletin.edition import Edition
from sessions.bulletin.type.cards import Shape

Pdf = Callable[[Edition, Language], Awaitable[bytes]]
"""An edition as a document in one language."""
Card = Callable[[Edition, str | None, Shape, Language], Awaitable[bytes]]
"""A picture of one contest of an edition, or, without one, of the whole."""

MOST_BYTES: Final = 48 * 1024 * 1024
"""Of everything kept: the documents and cards of a week in both languages."""


class Print(msgspec.Struct, frozen=True):
    """A file as it is sent; ``mark`` tells its bytes from any others."""

    data: bytes
    mark: str


class Prints:
    """One per process; one thing is made at a time, so that nobody's ballot waits for a press.

    Args:
        pdf: Makes documents.
        card: Makes pictures.
        most_bytes: Kept at most; what was asked for longest ago makes room.
    """

    def __init__(self, pdf: Pdf, card: Card, most_bytes: int = MOST_BYTES) -> None:
        self._pdf = pdf
        self._card = card
        self._most_bytes = most_bytes
        self._kept: dict[tuple[str, ...], Print] = {}
        self._turn = asyncio.Lock()

    async def pdf(self, edition: Edition, language: Language) -> Print:
        """The edition as a document."""
        key = (_mark_of(edition), "pdf", language)
        return await self._made(key, lambda: self._pdf(edition, language))

    async def card(
        self, edition: Edition, contest: str | None, shape: Shape, language: Language
    ) -> Print:
        """A picture of the edition, or of one of its contests."""
        key = (_mark_of(edition), contest or "", shape, language)
        return await self._made(key, lambda: self._card(edition, contest, shape, language))

    async def _made(self, key: tuple[str, ...], make: Callable[[], Awaitable[bytes]]) -> Print:
        found = self._kept.pop(key, None)
        if found is None:
            async with self._turn:
                found = self._kept.pop(key, None)  # somebody asked for the same meanwhile
                if found is None:
                    data = await make()
                    found = Print(data, hashlib.sha256(data).hexdigest()[:32])
        self._kept[key] = found
        self._make_room()
        return found

    def _make_room(self) -> None:
        held = sum(len(one.data) for one in self._kept.values())
        while held > self._most_bytes and len(self._kept) > 1:
            held -= len(self._kept.pop(next(iter(self._kept))).data)


def _mark_of(edition: Edition) -> str:
    return hashlib.sha256(msgspec.json.encode(edition, order="deterministic")).hexdigest()
