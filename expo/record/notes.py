"""Signed notes and what is written in them: checkpoints of a ledger, proofs to keep. Pure.

A note is text, a blank line, and lines of signatures (C2SP signed-note); a checkpoint is the note
``origin, size, root`` (C2SP tlog-checkpoint); a proof to keep is the path to a leaf with the checkpoint
it leads to (C2SP tlog-proof). Base64 is the standard one and has to be exactly what an encoder
writes: otherwise two different files would be the same proof. Source: counting page 4.5.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Final, Protocol

import msgspec
from typing_extensions import override

from expo.record.merkle import HASH_BYTES
from expo.record.signing import is_signed

_ALGORITHM: Final = b"\x01"  # Ed25519, as C2SP numbers them
_ID_BYTES: Final = 4
_SIGNATURE_BYTES: Final = 64
_PUBLIC_BYTES: Final = 32
_SIGNED: Final = "— "
_NAME: Final = re.compile(r"[^\s+]+")
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_VKEY: Final = re.compile(r"([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)")
_PROOF: Final = "c2sp.org/tlog-proof@v1"
_MOST: Final = 1_000_000  # characters; far above any note of ours


class BadNote(ValueError):
    """A note, key or proof is malformed, or its signature does not hold; the message says which."""


class Signs(Protocol):
    """A private key, as far as notes need it; `expo.record.signing.SigningKey` is one."""

    @property
    def public(self) -> bytes:
        """The public half, 32 bytes."""

    def sign(self, message: bytes) -> bytes:
        """The signature."""


class VKey(msgspec.Struct, frozen=True):
    """A name with the public key that signs under it."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """Four bytes that say which key a signature is by."""
        return key_id(self.name, self.public)

    @override
    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{to_base64(_ALGORITHM + self.public)}"


def to_base64(data: bytes) -> str:
    """Standard base64."""
    return base64.b64encode(data).decode()


def from_base64(text: str, length: int | None = None) -> bytes:
    """What this base64 says.

    Args:
        text: As somebody wrote it.
        length: Bytes it has to say; None: any.

    Raises:
        BadNote: It is not exactly what an encoder writes, or of another length.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        msg = "this is no base64"
        raise BadNote(msg) from error
    if to_base64(data) != text or length not in {None, len(data)}:
        msg = "base64 is not written as an encoder does, or has another length"
        raise BadNote(msg)
    return data


def key_id(name: str, public: bytes) -> bytes:
    """Which key signed under which name: SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key), four bytes."""
    return sha256(name.encode() + b"\n" + _ALGORITHM + public).digest()[:_ID_BYTES]


def vkey_of(name: str, public: bytes) -> str:
    """The line people can compare and machines verify with: ``name+id+key``."""
    return str(VKey(name, public))


def parsed_vkey(text: str) -> VKey:
    """The key in such a line.

    Raises:
        BadNote: It is malformed, of another algorithm, or its id is not its own.
    """
    found = _VKEY.fullmatch(text)
    data = from_base64(found[3], 1 + _PUBLIC_BYTES) if found else b""
    if found is None or data[:1] != _ALGORITHM:
        msg = "this is no key for Ed25519 notes"
        raise BadNote(msg)
    key = VKey(found[1], data[1:])
    if key.id.hex() != found[2]:
        msg = "the key's id does not belong to it"
        raise BadNote(msg)
    return key


def signed(text: str, name: str, key: Signs) -> str:
    """The text as a note signed under this name.

    Args:
        text: Ends with a line break.
        name: Without spaces and plus signs.
        key: Signs it.

    Raises:
        ValueError: Text or name cannot stand in a note.
    """
    if not text.endswith("\n") or not _NAME.fullmatch(name):
        msg = "a note's text ends with a line break, a name has no space and no plus"
        raise ValueError(msg)
    signature = key_id(name, key.public) + key.sign(text.encode())
    return f"{text}\n{_SIGNED}{name} {to_base64(signature)}\n"


def opened(note: str, vkey: VKey) -> str:
    """The text of a note that this key signed; it ends with a line break.

    Signatures of other names beside it are let be, whatever they say.

    Raises:
        BadNote: It is malformed, or not signed by this key.
    """
    text, signatures = _parts(note)
    ours = [data for name, data in signatures if (name, data[:_ID_BYTES]) == (vkey.name, vkey.id)]
    if len(ours) != 1:
        msg = f"the note is not signed by {vkey.name}"
        raise BadNote(msg)
    signature = ours[0][_ID_BYTES:]
    if len(signature) != _SIGNATURE_BYTES or not is_signed(vkey.public, signature, text.encode()):
        msg = f"the signature of {vkey.name} does not hold"
        raise BadNote(msg)
    return text


def _parts(note: str) -> tuple[str, list[tuple[str, bytes]]]:
    text, blank, lines = note.rpartition("\n\n")
    is_plain = all(letter >= " " or letter == "\n" for letter in note)
    if not blank or not text or not lines.endswith("\n") or not is_plain or len(note) > _MOST:
        msg = "this is no signed note"
        raise BadNote(msg)
    return f"{text}\n", [_signature(line) for line in lines[:-1].split("\n")]


def _signature(line: str) -> tuple[str, bytes]:
    name, space, data = line.removeprefix(_SIGNED).partition(" ")
    if not line.startswith(_SIGNED) or not space or not _NAME.fullmatch(name):
        msg = "a signature's line is malformed"
        raise BadNote(msg)
    return name, from_base64(data)


# --- checkpoints ---


class Checkpoint(msgspec.Struct, frozen=True):
    """What a ledger was at some time: how many leaves, and their root."""

    origin: str
    size: int
    root: bytes


def checkpoint(origin: str, size: int, root: bytes, key: Signs) -> str:
    """The signed checkpoint of a ledger."""
    return signed(f"{origin}\n{size}\n{to_base64(root)}\n", origin, key)


def parsed_checkpoint(note: str, vkey: VKey) -> Checkpoint:
    """The checkpoint in this note, signed by the ledger's key under the ledger's name.

    Raises:
        BadNote: It is malformed, signed by somebody else, or of another ledger.
    """
    lines = opened(note, vkey).split("\n")
    if len(lines) != 4 or not _NUMBER.fullmatch(lines[1]):
        msg = "this is no checkpoint"
        raise BadNote(msg)
    if lines[0] != vkey.name:
        msg = "the checkpoint is of another ledger"
        raise BadNote(msg)
    return Checkpoint(lines[0], int(lines[1]), from_base64(lines[2], HASH_BYTES))


# --- proofs to keep ---


class Proof(msgspec.Struct, frozen=True):
    """Where a leaf stands in a ledger, the path to the root, and the note that signs that root."""

    index: int
    path: tuple[bytes, ...]
    note: str


def tlog_proof(index: int, path: Sequence[bytes], note: str) -> str:
    """The proof as text to keep."""
    hashes = "".join(f"{to_base64(hashed)}\n" for hashed in path)
    return f"{_PROOF}\nindex {index}\n{hashes}\n{note}"


def parsed_proof(text: str) -> Proof:
    """The proof in such a text; that it holds has still to be verified.

    Raises:
        BadNote: It is malformed.
    """
    head, blank, note = text.partition("\n\n")
    first, *lines = head.split("\n")
    index = lines.pop(0).removeprefix("index ") if lines else ""
    if first != _PROOF or not blank or not _NUMBER.fullmatch(index):
        msg = "this is no proof"
        raise BadNote(msg)
    return Proof(int(index), tuple(from_base64(line, HASH_BYTES) for line in lines), note)
