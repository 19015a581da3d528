"""Pictures as files: in a folder of their own, under random names, whole or not at all."""

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

_ID: Final = re.compile("[0-9a-f]{32}")


def new_id() -> str:
    """A name nobody can guess: 128 bits of chance."""
    return secrets.token_hex(16)


def is_id(name: str) -> bool:
    """Whether this could be a picture's id; nothing else ever becomes part of a path."""
    return _ID.fullmatch(name) is not None


class Folder:
    """The folder of pictures; several nodes give the same one.

    Args:
        path: Made at the first picture, readable by its owner alone.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextlib.contextmanager
    def draft(self, image_id: str) -> Iterator[BinaryIO]:
        """A file to write a new picture into; it appears under its name when the block ends well.

        Raises:
            OSError: The disk does not take it; nothing is left behind.
        """
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self._path / f".{image_id}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            draft.rename(self._file(image_id))
        finally:
            draft.unlink(missing_ok=True)

    def read(self, image_id: str) -> bytes | None:
        """The picture, or None where this folder has none."""
        try:
            return self._file(image_id).read_bytes()
        except FileNotFoundError:
            return None

    def drop(self, image_id: str) -> None:
        """Remove a picture; harmless when there is none."""
        self._file(image_id).unlink(missing_ok=True)

    def _file(self, image_id: str) -> Path:
        if not is_id(image_id):
            raise ValueError(image_id)
        return self._path / f"{image_id}.webp"
