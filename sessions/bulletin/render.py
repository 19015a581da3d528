"""Sheets and cards of a bulletin: each set by a program of its own, inside limits."""

import asyncio
import logging
import os
import sys
from datetime import tzinfo
from pathlib import Path
from typing import Final, Literal

import msgspec

from expo.errors import N_, Fault, NotFound
from expo.web import qr
from expo.web.translations import catalogue
from expo.words import Language
from sessions.bulletin.edition import Edition
from sessions.bulletin.type.cards import Card, Shape, contest_card, day_card
from sessions.bulletin.type.sheet import Sheet, sheet
from sessions.bulletin.type.wording import Wording

logger = logging.getLogger(__name__)

_AT_ONCE: Final = 2  # of a node; each may take a core and a quarter of a gigabyte for a second
_SECONDS: Final = 20.0  # of the clock for one document; a machine under load is slow, not wrong
_PROGRAM: Final = Path(__file__).resolve().with_name("type") / "render.py"
_SAID: Final = 2000  # bytes of what went wrong that go into the log


class TypesettingFailed(Fault):
    """The document could not be set; nothing of it is shown."""

    code = N_("typesetting-failed")


class Typesetter:
    """Makes the documents of editions. The same edition gives the same bytes.

    Args:
        public_url: Where the expo is found; printed and in the QR codes.
        zone: In which times are told.
    """

    def __init__(self, public_url: str, zone: tzinfo) -> None:
        self._public_url = public_url
        self._zone = zone
        self._setting = asyncio.Semaphore(_AT_ONCE)

    async def pdf(self, edition: Edition, language: Language) -> bytes:
        """The whole edition as a tagged PDF (PDF/UA-1) on A4.

        Raises:
            TypesettingFailed: The program stopped, ran out of its limits, or is not there.
        """
        made = sheet(edition, self._says(language), _drawn)
        at = int(edition.published_at.timestamp()) if edition.published_at else 0
        return await self._set("bulletin", "pdf", at, made)

    async def card(
        self, edition: Edition, contest_id: str | None, shape: Shape, language: Language
    ) -> bytes:
        """A picture for a post, PNG: one contest, or without one the winners of the edition.

        Raises:
            NotFound: The edition has no such contest.
            TypesettingFailed: As for `pdf`.
        """
        says = self._says(language)
        if contest_id is None:
            return await self._set("card", "png", 0, day_card(edition, shape, says))
        contest = edition.contest(contest_id)
        if contest is None:
            raise NotFound
        return await self._set("card", "png", 0, contest_card(edition, contest, shape, says))

    def _says(self, language: Language) -> Wording:
        return Wording(language, catalogue(language), self._public_url, self._zone)

    async def _set(
        self, name: str, form: Literal["pdf", "png"], at: int, data: Sheet | Card
    ) -> bytes:
        async with self._setting:
            return await _typeset(name, form, at, msgspec.json.encode(data))


def _drawn(address: str) -> str:
    """The QR code as a picture that stands alone."""
    drawn = qr.svg(address, border=1)
    return drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


async def _typeset(name: str, form: str, at: int, given: bytes) -> bytes:
    """Run the program over one document.

    Raises:
        TypesettingFailed: It failed, was stopped by its limits, or did not end in time.
    """
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(_PROGRAM), name, form, str(at),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE, env={}, cwd=os.sep,
    )  # fmt: skip
    try:
        async with asyncio.timeout(_SECONDS):
            made, said = await program.communicate(given)
    except TimeoutError:
        made, said = b"", b"did not end in time"
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
    if program.returncode != 0 or not made:
        logger.error(
            "A document could not be set", extra={"said": said[-_SAID:].decode("utf-8", "replace")}
        )
        raise TypesettingFailed
    return made
