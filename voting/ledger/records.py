"""The leaves of a contest's public ledger, and what a ballot's leaf commits to. Pure.

Every record is canonical JSON (`expo.record.canonical`) with ``v`` 1, the contest as ``sid`` and its kind as
``t``; none has an instant or says anything of a person. A ballot's leaf holds a commitment: the hash of
a nonce and of what the ballot says, which is opened after the close. What is written once a ballot is
formatted by hand, for it is on the way of every vote. Source: counting page 4.4.
"""

import binascii
import hmac
from collections.abc import Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

import msgspec

from expo.record import canonical

VERSION: Final = 1
NONCE_BYTES: Final = 32
SEED_BYTES: Final = 32
OFFICER: Final = "officer"
"""Who takes a ballot out: a role, never a name."""

_COMMITMENT: Final = b"\x02"
_LOT: Final = b"\x03"
_TO_URL: Final = bytes.maketrans(b"+/", b"-_")
_FROM_URL: Final = bytes.maketrans(b"-_", b"+/")


def to_base64url(data: bytes) -> str:
    """Base64url without padding."""
    # Half of what `base64` takes for it, twice on the way of every vote.
    return binascii.b2a_base64(data, newline=False).rstrip(b"=").translate(_TO_URL).decode()


def from_base64url(text: str, length: int) -> bytes:
    """The bytes this says.

    Raises:
        ValueError: It is not exactly what an encoder writes, or of another length.
    """
    try:
        # What an encoder would not write, and this reads all the same, is told apart below.
        data = binascii.a2b_base64(text.encode().translate(_FROM_URL) + b"=" * (-len(text) % 4))
    except ValueError as error:
        msg = "this is no base64url"
        raise ValueError(msg) from error
    if len(data) != length or to_base64url(data) != text:
        msg = f"this is no base64url of {length} bytes"
        raise ValueError(msg)
    return data


@lru_cache(maxsize=4_096)
def _text(word: str) -> str:
    return canonical.encode(word).decode()


@lru_cache(maxsize=4_096)
def _texts(words: tuple[str, ...]) -> str:
    """Crowds say few different things."""
    return f"[{','.join([_text(word) for word in words])}]"


# --- what a ballot says ---


def content(
    *,
    sid: str,
    electorate: str,
    ranking: tuple[str, ...],
    tracker: str,
    revision: int,
    own: tuple[str, ...] = (),
) -> bytes:
    """What a ballot commits to.

    Args:
        sid: The contest.
        electorate: Where its voter's ballot is weighed.
        ranking: Options as cast, best first; empty withdraws.
        tracker: What the voter finds it by; of an alphabet that JSON writes as it is.
        revision: How often this voter has cast, this time included.
        own: Options the voter abstains on; without any the content does not mention them.
    """
    abstained = f'"own":{_texts(own)},' if own else ""
    return (
        f'{{"grp":{_text(electorate)},{abstained}"rank":{_texts(ranking)},"rev":{revision},'
        f'"sid":{_text(sid)},"trk":"{tracker}","v":1}}'
    ).encode()


def commitment(nonce: bytes, said: bytes) -> bytes:
    """The hash that fixes a ballot's content without showing it."""
    return sha256(_COMMITMENT + nonce + said).digest()


def derived_nonce(secret: bytes, tracker: str, revision: int) -> bytes:
    """The nonce of a ballot whose browser sent none: known to whoever has the contest's secret."""
    message = b"nonce\0" + tracker.encode() + b"\0" + str(revision).encode()
    return hmac.digest(secret, message, "sha256")


def nonce_of(given: str | None, secret: bytes, tracker: str, revision: int) -> bytes:
    """The nonce of a ballot: what its browser sent, or the derived one."""
    if given is None:
        return derived_nonce(secret, tracker, revision)
    return from_base64url(given, NONCE_BYTES)


# --- records ---


def ballot_record(*, sid: str, electorate: str, tracker: str, revision: int, com: bytes) -> bytes:
    """An accepted ballot; ``com`` is its commitment."""
    return (
        f'{{"com":"{to_base64url(com)}","grp":{_text(electorate)},"rev":{revision},'
        f'"sid":{_text(sid)},"t":"ballot","trk":"{tracker}","v":1}}'
    ).encode()


def hold_record(*, sid: str, tracker: str, revision: int, why: str) -> bytes:
    """A ballot is under review; ``why`` is a `voting.holds` kind."""
    return _about("hold", sid, tracker, revision, {"why": why})


def release_record(*, sid: str, tracker: str, revision: int) -> bytes:
    """A ballot that was under review counts."""
    return _about("release", sid, tracker, revision, {})


def void_record(*, sid: str, tracker: str, revision: int, why: str) -> bytes:
    """A ballot that was under review was taken out for good; ``why`` is a `VoidReason`."""
    return _about("void", sid, tracker, revision, {"by": OFFICER, "why": why})


def _about(kind: str, sid: str, tracker: str, revision: int, more: Mapping[str, str]) -> bytes:
    return _record(kind, sid, {"rev": revision, "trk": tracker, **more})


class Group(msgspec.Struct, frozen=True):
    """An electorate as the first record announces it."""

    id: str
    weight: int
    full_weight_at: int
    min: int
    is_sealed: bool = False
    """Its ballots are never opened to the public."""


class Announced(msgspec.Struct, frozen=True):
    """All that is fixed when a contest opens. Instants are texts (RFC 3339, UTC, whole seconds)."""

    sid: str
    options: tuple[str, ...]
    groups: tuple[Group, ...]
    method: str
    max_ranked: int
    own: str
    k_public: int
    opens: str
    closes: str
    lot_commit: str
    """Hex of `lot_commit`."""
    rules_hash: str
    code_hash: str
    beacon: str = ""


def open_record(opening: Announced) -> bytes:
    """The first record."""
    return _record(
        "open",
        opening.sid,
        {
            "beacon": opening.beacon,
            "closes": opening.closes,
            "code_hash": opening.code_hash,
            "groups": [_group(group) for group in opening.groups],
            "k_public": opening.k_public,
            "lot_commit": opening.lot_commit,
            "max_rank": opening.max_ranked,
            "method": opening.method,
            "opens": opening.opens,
            "options": list(opening.options),
            "own": opening.own,
            "rules_hash": opening.rules_hash,
        },
    )


def _group(group: Group) -> dict[str, Any]:
    found = {"full": group.full_weight_at, "id": group.id, "min": group.min, "w": group.weight}
    return {**found, "audit": "sealed"} if group.is_sealed else found


class Figures(msgspec.Struct, frozen=True):
    """How all ballots of a ledger stand at one moment, one of each voter, and how many were replaced."""

    counted: dict[str, int] = {}
    """By electorate; those that withdrew are not among them."""
    held: int = 0
    superseded: int = 0
    void: int = 0
    withdrawn: int = 0


def close_record(*, sid: str, figures: Figures, seed: bytes, groups: Sequence[str]) -> bytes:
    """The record at the close, after which no ballot follows.

    Args:
        sid: The contest.
        figures: At the close.
        seed: Of the lot, committed to in the first record.
        groups: All electorates of the contest.
    """
    counted = {group: figures.counted.get(group, 0) for group in groups}
    return _record(
        "close",
        sid,
        {
            "counted": counted,
            "held": figures.held,
            "lot_seed": seed.hex(),
            "superseded": figures.superseded,
            "void": figures.void,
            "withdrawn": figures.withdrawn,
        },
    )


def lot_commit(seed: bytes) -> bytes:
    """What is published of the lot's seed at the opening."""
    return sha256(_LOT + seed).digest()


def _record(kind: str, sid: str, more: Mapping[str, Any]) -> bytes:
    return canonical.encode({**more, "sid": sid, "t": kind, "v": VERSION})
