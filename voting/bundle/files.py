"""What stands in the files of a bundle, and the notes that sign them. Pure.

All JSON is canonical (`expo.record.canonical`), so that a bundle made anew is the same bundle.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from unicodedata import normalize

from expo.record import canonical
from expo.record.notes import Signs, signed, to_base64
from expo.words import Text
from voting.bundle.official import Rules, Status
from voting.contests import Contest
from voting.ledger.records import to_base64url
from voting.methods.weights import Share

LEDGER: Final = "ledger.jsonl"
CHECKPOINTS: Final = "checkpoints.txt"
BALLOTS: Final = "ballots.jsonl"
MANIFEST: Final = "manifest.json"
TALLY: Final = "tally.json"
RESULT: Final = "result.json"
RESULT_NOTE: Final = "result.note"
RULES: Final = ("rules.ar.txt", "rules.en.txt")
VKEY: Final = "vkey"
VERIFIER: Final = "verify.py"
INDEX: Final = "index.json"
INDEX_NOTE: Final = "index.note"

INDEXED: Final = (
    BALLOTS, CHECKPOINTS, LEDGER, MANIFEST, RESULT, RESULT_NOTE, *RULES, TALLY, VKEY,
)  # fmt: skip
"""The files that the index holds the hashes of."""
FILES: Final = (*INDEXED, VERIFIER, INDEX, INDEX_NOTE)

_SEALED: Final = "sealed"


def rules_of(opening: Mapping[str, Any]) -> Rules:
    """What the first record of a ledger says about counting."""
    groups = opening["groups"]
    return Rules(
        sid=opening["sid"],
        method=opening["method"],
        options=tuple(opening["options"]),
        shares=tuple(Share(one["id"], one["w"], one["full"], one["min"]) for one in groups),
        sealed=frozenset(one["id"] for one in groups if one.get("audit") == _SEALED),
        beacon=opening["beacon"],
        k_public=opening["k_public"],
    )


def manifest(contest: Contest, opening: Mapping[str, Any], origin: str, software: str) -> bytes:
    """``manifest.json``: the contest in words, with what the ledger opened with.

    Args:
        contest: Closed.
        opening: The first record.
        origin: Name of the ledger.
        software: What counted, with its version.
    """
    audits = {one["id"]: one.get("audit", "open") for one in opening["groups"]}
    shared = ("beacon", "closes", "k_public", "max_rank", "method", "opens", "own", "sid", "v")
    return canonical.encode(
        {
            **{name: opening[name] for name in shared},
            "origin": origin,
            "title": _text(contest.title),
            "day": contest.day,
            "options": [
                {
                    "id": one.id,
                    "title": _text(one.title),
                    "entity": one.entity,
                    "entity_name": _text(one.entity_name),
                }
                for one in contest.options
            ],
            "groups": [
                {
                    "id": one.id,
                    "name": _text(one.name),
                    "w": one.weight,
                    "full": one.full_weight_at,
                    "min": one.min,
                    "audit": audits[one.id],
                    "assurance": one.assurance.value,
                }
                for one in contest.electorates
            ],
            "closed": _instant(contest.closed_at),
            "grace_seconds": contest.grace_seconds,
            "software": software,
        }
    )


def opening_line(content: bytes, nonce: bytes, status: Status) -> bytes:
    """A line of ``ballots.jsonl``; ``content`` is canonical already."""
    return b'{"content":%b,"nonce":"%b","status":"%b"}\n' % (
        content,
        to_base64url(nonce).encode(),
        status.encode(),
    )


def checkpoints(notes: Sequence[str]) -> bytes:
    """``checkpoints.txt``: all of them, a blank line between two."""
    return "\n".join(notes).encode()


def index(sid: str, files: Mapping[str, tuple[str, int]]) -> bytes:
    """``index.json``: hash (hex) and length of every file but itself, its note and the verifier."""
    entries = {name: {"sha256": files[name][0], "size": files[name][1]} for name in INDEXED}
    return canonical.encode({"v": 1, "sid": sid, "files": entries})


def result_note(origin: str, digest: bytes, key: Signs) -> bytes:
    """``result.note``: the signature of a result by the hash of its file."""
    return signed(f"sawt-result/v1\n{origin}\n{to_base64(digest)}\n", origin, key).encode()


def index_note(origin: str, digest: bytes, key: Signs) -> bytes:
    """``index.note``: the signature of a whole bundle by the hash of its index."""
    return signed(f"sawt-bundle/v1\n{origin}\n{to_base64(digest)}\n", origin, key).encode()


def _text(text: Text) -> dict[str, str]:
    """Both languages; titles may have been typed in any form, canonical text has one."""
    return {"ar": normalize("NFC", text.ar), "en": normalize("NFC", text.en)}


def _instant(at: datetime | None) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""
