"""Taking pictures in: a few at a time, each made anew by a program of its own."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import msgspec

from expo.budgets import Budget
from expo.catalogue.pictures.kinds import (
    HEAD_BYTES,
    LEAST_SIDE,
    LONGEST_SIDE,
    MOST_BYTES,
    MOST_PIXELS,
    NoRoom,
    PictureBroken,
    Size,
    kind_of,
    refused,
    too_large,
)
from expo.catalogue.pictures.store import Folder, is_id, new_id
from expo.clock import Now
from expo.db import Busy

logger = logging.getLogger(__name__)

AT_ONCE: Final = 4  # uploads in flight on one node; whoever comes fifth is told to come again
_MADE_AT_ONCE: Final = 2  # of them; each may take half a gigabyte for a second or two
_SECONDS: Final = 20.0  # of the clock for one picture; a machine under load is slow, not wrong
_PROGRAM: Final = Path(__file__).resolve().with_name("render.py")


class Upload(Protocol):
    """A file that came with a form: on disk, with the name the browser gave it."""

    @property
    def name(self) -> str:
        """What the browser called it."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def file(self) -> BinaryIO:
        """A real file, at its beginning."""


class Made(msgspec.Struct, frozen=True):
    """A picture that is kept."""

    id: str
    size: Size


class _Told(msgspec.Struct, frozen=True):
    """What the program says."""

    width: int = 0
    height: int = 0
    refused: str = ""


class Pictures:
    """Takes pictures in, hands them out, and removes them.

    Args:
        folder: Where they are kept; the same for every node.
        now: The clock.
    """

    def __init__(self, folder: Path, now: Now) -> None:
        self._folder = Folder(folder)
        self._now = now
        self._in_flight = 0
        self._making = asyncio.Semaphore(_MADE_AT_ONCE)
        self._budget = Budget(burst=20, seconds=180)

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """The right to bring a file now; to be had before its bytes are read.

        Raises:
            Busy: As many as this node can take are on their way already.
        """
        if self._in_flight >= AT_ONCE:
            raise Busy(retry_after_ms=3000)
        self._in_flight += 1
        try:
            yield
        finally:
            self._in_flight -= 1

    async def take(self, owner: str, upload: Upload) -> Made:
        """The picture made anew and kept under an id of its own.

        Args:
            owner: Id of whoever brings it; they have a budget.
            upload: As it came.

        Raises:
            TooFast: Twenty an hour are enough.
            Refusal: It is none we take; `kinds` has the reasons.
            NoRoom: The disk is full.
        """
        self._budget.spend(owner, self._now())
        if upload.size > MOST_BYTES:
            raise too_large()
        kind = kind_of(upload.file.read(HEAD_BYTES), upload.name)
        upload.file.seek(0)
        image_id = new_id()
        try:
            with self._folder.draft(image_id) as draft:
                async with self._making:
                    size = await _made_anew(upload.file, draft, kind.value)
        except OSError as error:
            logger.warning("A picture could not be kept", extra={"error": str(error)})
            raise NoRoom from error
        return Made(image_id, size)

    async def read(self, image_id: str) -> bytes | None:
        """The picture's bytes, or None where there is none."""
        return await asyncio.to_thread(self._folder.read, image_id) if is_id(image_id) else None

    async def drop(self, image_ids: Iterable[str]) -> None:
        """Remove pictures nobody needs any more."""
        for one in image_ids:
            await asyncio.to_thread(self._folder.drop, one)


async def _made_anew(source: BinaryIO, target: BinaryIO, kind: str) -> Size:
    """Run the program over one file.

    Raises:
        Refusal: It does not take the picture, was stopped by its limits, or did not end in time.
    """
    numbers = map(str, (MOST_PIXELS, LEAST_SIDE, LONGEST_SIDE))
    program = await asyncio.create_subprocess_exec(
        sys.executable, "-I", str(_PROGRAM), kind, *numbers,
        stdin=source, stdout=target, stderr=asyncio.subprocess.PIPE, env={},
    )  # fmt: skip
    try:
        async with asyncio.timeout(_SECONDS):
            _, said = await program.communicate()
    except TimeoutError:
        raise PictureBroken from None
    finally:
        if program.returncode is None:
            program.kill()
            await program.wait()
    return _size(program.returncode, said)


def _size(status: int | None, said: bytes) -> Size:
    try:
        told = msgspec.json.decode(said.splitlines()[-1], type=_Told)
    except (IndexError, msgspec.DecodeError):
        told = _Told()
    if status != 0 or not told.width:
        raise refused(told.refused)
    return Size(told.width, told.height)
