"""Receipts read as a voter's own program would: every hash and signature from what was received."""

import json
from base64 import b64decode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from expo.record import canonical, merkle, notes


def leaf_of(receipt: Mapping[str, Any]) -> str:
    """The leaf that the public ledger must have for what the receipt says, in hexadecimal."""
    content = {
        "grp": receipt["electorate"],
        "rank": receipt["ranking"],
        "rev": receipt["revision"],
        "sid": receipt["contest"],
        "trk": receipt["tracker"],
        "v": 1,
    }
    if receipt["own"]:
        content["own"] = receipt["own"]
    nonce = urlsafe_b64decode(receipt["nonce"] + "=")
    commitment = sha256(b"\x02" + nonce + canonical.encode(content)).digest()
    record = {
        "com": _url(commitment),
        "grp": receipt["electorate"],
        "rev": receipt["revision"],
        "sid": receipt["contest"],
        "t": "ballot",
        "trk": receipt["tracker"],
        "v": 1,
    }
    return merkle.leaf_hash(canonical.encode(record)).hex()


def is_promised(receipt: Mapping[str, Any], vkey: str) -> bool:
    """Whether the receipt's batch is signed by this key and holds its promise.

    Raises:
        BadNote: The note is not of this key.
    """
    proof = receipt["proof"]
    text = notes.opened(proof["note"], notes.parsed_vkey(vkey))
    kind, site, size, root, rest = text.split("\n")
    promise = {
        "accepted_at": receipt["accepted_at"],
        "included_by": receipt["included_by"],
        "leaf_hash": receipt["leaf"],
        "rev": receipt["revision"],
        "sid": receipt["contest"],
        "trk": receipt["tracker"],
        "v": 1,
    }
    is_there = merkle.verify_inclusion(
        merkle.leaf_hash(canonical.encode(promise)),
        proof["index"],
        proof["size"],
        [b64decode(one) for one in proof["path"]],
        b64decode(root),
    )
    is_whole = kind == "sawt-receipts/v1" and rest == "" and int(size) == proof["size"]
    return is_there and is_whole and vkey.startswith(f"{site}/receipts+")


def as_sent(receipt: bytes) -> dict[str, Any]:
    """A receipt as a browser reads it."""
    found: dict[str, Any] = json.loads(receipt)
    return found


def _url(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
