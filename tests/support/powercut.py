"""The states a power cut may leave of the files a process wrote, from the journal of ``powercut.c``.

What a file got before its last sync is on the disk. Of what came later any part may be, in any
order, each piece whole or torn at 512 bytes. A name appeared or went for good when its folder was
synced (or the new file itself, as ext4 and xfs do it); later changes of names survive in order, up
to some point. Between files there is no order: that is harder than most disks are.
"""

import random
import shutil
import struct
import subprocess
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Final, Literal

import msgspec
import pytest

Style = Literal["none", "all", "some", "torn"]
STYLES: Final[tuple[Style, ...]] = ("none", "all", "some", "torn")
_HEAD: Final = struct.Struct("<cHQI")
_SECTOR: Final = 512
_SOURCE: Final = Path(__file__).with_name("powercut.c")


class Entry(msgspec.Struct, frozen=True):
    """Something that was done: Create, Write, Truncate, Sync, Unlink, or A for a promise."""

    kind: str
    path: str
    offset: int
    data: bytes


class _File:
    """A file that may have lost its name; what was done to it, and how much of that is safe."""

    def __init__(self, base: bytes = b"") -> None:
        self.base = base
        self.done: list[Entry] = []
        self.safe = 0


@cache
def recorder() -> Path:
    """The compiled recorder; the test steps aside where there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler: sudo apt-get install gcc libc6-dev")
    made = Path(mkdtemp(prefix="sawt-powercut-")) / "powercut.so"
    subprocess.run(
        [compiler, "-O1", "-shared", "-fPIC", "-o", made, _SOURCE, "-ldl", "-lpthread"],
        check=True,
    )
    return made


def journal(path: Path) -> list[Entry]:
    """What the recorder wrote down; an entry cut short at the end is left out."""
    data, at, entries = path.read_bytes(), 0, []
    while at + _HEAD.size <= len(data):
        kind, length, offset, size = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        end = at + length + size
        entries.append(
            Entry(kind.decode(), data[at : at + length].decode(), offset, data[at + length : end])
        )
        at = end
    return entries


class Disk:
    """The folder on the disk after some of the journal; start with what was there before it.

    Args:
        folder: As the recorder was told.
        before: Name → bytes of the files that were safely there.
    """

    def __init__(self, folder: Path, before: Mapping[str, bytes]) -> None:
        self._folder = str(folder)
        self._names = {name: _File(data) for name, data in before.items()}
        self._at_start = dict(self._names)
        self._renames: list[tuple[str, _File | None]] = []
        self._safe_names = 0
        self.promised: list[str] = []
        """Every line that was promised so far."""

    def apply(self, entry: Entry) -> None:
        """One more thing was done."""
        if entry.kind == "A":
            self.promised += entry.data.decode().splitlines()
        elif entry.path == self._folder:
            if entry.kind == "S":
                self._safe_names = len(self._renames)
        elif not entry.path.endswith(("-shm", ".said")):
            self._apply_to(Path(entry.path).name, entry)

    def _apply_to(self, name: str, entry: Entry) -> None:
        if entry.kind == "C":
            if name not in self._names:
                self._rename(name, _File())
        elif entry.kind == "U":
            if name in self._names:
                self._rename(name, None)
        elif entry.kind == "S":
            self._sync(self._names[name])
        else:
            self._names[name].done.append(entry)

    def _rename(self, name: str, file: _File | None) -> None:
        if file is None:
            del self._names[name]
        else:
            self._names[name] = file
        self._renames.append((name, file))

    def _sync(self, file: _File) -> None:
        file.safe = len(file.done)
        for number, (_, named) in enumerate(self._renames, 1):
            if named is file:
                self._safe_names = max(self._safe_names, number)

    def after_cut(self, style: Style, dice: random.Random) -> Iterator[tuple[str, bytes]]:
        """One state the cut may have left: name and bytes of each file."""
        first, last = self._safe_names, len(self._renames)
        upto = {"none": first, "all": last}.get(style, dice.randint(first, last))
        names: dict[str, _File | None] = {**self._at_start, **dict(self._renames[:upto])}
        for name, file in names.items():
            if file is not None:
                yield name, _content(file, style, dice)


def _content(file: _File, style: Style, dice: random.Random) -> bytes:
    content = bytearray(file.base)
    for number, entry in enumerate(file.done):
        data, is_safe = entry.data, number < file.safe
        if not is_safe and (style == "none" or (style != "all" and dice.random() < 0.5)):
            continue
        if not is_safe and style == "torn" and len(data) > _SECTOR:
            data = data[: _SECTOR * dice.randrange(1, -(-len(data) // _SECTOR))]
        end = entry.offset + (len(data) if entry.kind == "W" else 0)
        content.extend(bytes(max(0, end - len(content))))
        if entry.kind == "W":
            content[entry.offset : end] = data
        else:
            del content[entry.offset :]
    return bytes(content)
