"""Writes the files of one bundle into a folder, chunk by chunk: a million ballots are never held at once.

It appears under its name when it is complete, or not at all; among several writers the first one wins, and
what the others made is the same. Everything here blocks: it is called in a thread of its own.
"""

import contextlib
import hashlib
import os
import secrets
import shutil
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final, Self

import msgspec

from expo.record import canonical
from expo.record.notes import Signs, vkey_of
from voting.bundle import files
from voting.bundle.official import (
    Recount,
    Status,
    lot_of,
    result_value,
    small_but_counted,
    tally_value,
)
from voting.contests import Contest

_KINDS: Final = (b'"t":"hold"', b'"t":"void"')


class Said(msgspec.Struct, frozen=True):
    """What a ballot's content says, as far as a count needs it."""

    grp: str
    rank: tuple[str, ...]
    own: tuple[str, ...] = ()


class Opened(msgspec.Struct, frozen=True):
    """One voter's latest ballot with what opens its commitment."""

    content: bytes
    nonce: bytes
    status: Status
    electorate: str
    tracker: str
    revision: int


class Incoherent(Exception):
    """Ledger, openings and frozen result do not say the same: there is no bundle until somebody knows why."""


class BundleWriter:
    """One bundle on its way.

    Args:
        target: Where it will stand; its parent exists.
        contest: Closed, with its result.
        origin: Name of the ledger.
        key: Signs the result and the index.
        rules: The rules in words, Arabic and English, as fixed at the opening.
        verifier: The one-file verifier.
        software: What counted, with its version.
    """

    def __init__(
        self,
        target: Path,
        *,
        contest: Contest,
        origin: str,
        key: Signs,
        rules: Sequence[bytes],
        verifier: bytes,
        software: str,
    ) -> None:
        self._target = target
        self._contest, self._origin, self._key = contest, origin, key
        self._words, self._verifier, self._software = rules, verifier, software
        self._draft = target.with_name(f".{target.name}-{secrets.token_hex(4)}")
        self._reasons: dict[tuple[str, int], str] = {}
        self._said = msgspec.json.Decoder(Said)
        self._opening: dict[str, Any] = {}
        self._recount: Recount | None = None

    def __enter__(self) -> Self:
        self._draft.mkdir(mode=0o700)
        self._ledger = (self._draft / files.LEDGER).open("wb")
        self._ballots = (self._draft / files.BALLOTS).open("wb")
        return self

    def __exit__(self, *_: object) -> None:
        self._ledger.close()
        self._ballots.close()
        shutil.rmtree(self._draft, ignore_errors=True)

    def add_records(self, records: Iterable[bytes]) -> None:
        """Write the next records of the ledger."""
        for record in records:
            if not self._opening:
                self._opening = canonical.decode(record)
                self._recount = Recount(files.rules_of(self._opening))
            if any(kind in record for kind in _KINDS):
                said = canonical.decode(record)
                self._reasons[said["trk"], said["rev"]] = said["why"]
            self._ledger.write(record + b"\n")

    def add_openings(self, openings: Iterable[Opened]) -> None:
        """Count the next ballots, and write those of open electorates; all records have been added.

        Raises:
            Incoherent: The ledger is empty.
            UnreadableLine: One of them does not fit the contest.
        """
        recount = self._counting()
        for one in openings:
            said = self._said.decode(one.content)
            recount.add(
                said.grp,
                said.rank,
                said.own,
                one.status,
                why=self._reasons.get((one.tracker, one.revision)),
                revision=one.revision,
            )
            if one.electorate not in recount.rules.sealed:
                self._ballots.write(files.opening_line(one.content, one.nonce, one.status))

    def finish(
        self, notes: Sequence[str], *, root: bytes, seed: bytes, ranks: Sequence[Sequence[str]]
    ) -> None:
        """Write everything else and put the bundle in its place.

        Args:
            notes: The checkpoints.
            root: Of the ledger at the close.
            seed: Of the lot.
            ranks: The result that is published.

        Raises:
            Incoherent: The openings come to another result, or its sums would be single ballots.
        """
        recount = self._counting()
        if small := small_but_counted(recount):
            msg = f"so few ballots of {', '.join(small)} that their sums would tell them"
            raise Incoherent(msg)
        result = result_value(recount, lot_of(recount.rules, seed, root))
        if result["ranks"] != [list(rank) for rank in ranks]:
            msg = f"the openings of {recount.rules.sid} come to another result"
            raise Incoherent(msg)
        for file in (self._ledger, self._ballots):
            file.flush()
            os.fsync(file.fileno())
        self._write(files.CHECKPOINTS, files.checkpoints(notes))
        self._write(files.TALLY, canonical.encode(tally_value(recount)))
        self._write(files.RESULT, canonical.encode(result))
        manifest = files.manifest(self._contest, self._opening, self._origin, self._software)
        self._write(files.MANIFEST, manifest)
        self._sign()
        self._publish()

    def _sign(self) -> None:
        for name, words in zip(files.RULES, self._words, strict=True):
            self._write(name, words)
        self._write(files.VERIFIER, self._verifier)
        self._write(files.VKEY, f"{vkey_of(self._origin, self._key.public)}\n".encode())
        digest = bytes.fromhex(self._digest(files.RESULT))
        self._write(files.RESULT_NOTE, files.result_note(self._origin, digest, self._key))
        known = {name: (self._digest(name), self._size(name)) for name in files.INDEXED}
        self._write(files.INDEX, files.index(self._opening["sid"], known))
        digest = bytes.fromhex(self._digest(files.INDEX))
        self._write(files.INDEX_NOTE, files.index_note(self._origin, digest, self._key))

    def _publish(self) -> None:
        archive = self._draft.with_name(f"{self._draft.name}.zip")
        try:
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as packed:
                for name in sorted(files.FILES):
                    packed.write(self._draft / name, f"{self._contest.id}/{name}")
            archive.replace(self._target.with_name(f"{self._target.name}.zip"))
            with contextlib.suppress(OSError):  # another writer was faster; theirs is the same
                self._draft.rename(self._target)
        finally:
            archive.unlink(missing_ok=True)

    def _counting(self) -> Recount:
        if self._recount is None:
            msg = f"the ledger of {self._contest.id} is empty"
            raise Incoherent(msg)
        return self._recount

    def _write(self, name: str, data: bytes) -> None:
        with (self._draft / name).open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())

    def _digest(self, name: str) -> str:
        with (self._draft / name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _size(self, name: str) -> int:
        return (self._draft / name).stat().st_size
