"""What a receipt promises, against the published example and against hashes made another way."""

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest

from expo.record import merkle, notes
from expo.record.signing import SigningKey
from tests.support.promised import as_sent, is_promised, leaf_of
from voting import receipts
from voting.batches import Kept, opened
from voting.ledger.records import derived_nonce, to_base64url
from voting.receipts import INCLUDED_WITHIN, Promises, receipt_of

SITE = "expo.example"
KEY = SigningKey(b"k" * 32)
VKEY = notes.vkey_of(f"{SITE}/receipts", KEY.public)
AT = datetime(2026, 4, 17, 5, 20, 0, 123_000, UTC)
EXAMPLE = Path(__file__).parents[3] / "shared" / "vectors" / "ledger_example.json"


def line(n: int = 0, **changed: Any) -> Kept:
    """A ballot on record."""
    tracker = f"{n:016d}"
    kept = Kept(
        "s1", n + 1, f"id-{n}", "tag", "customers", 1, ("b", "a"), (), tracker, AT,
        to_base64url(bytes([n % 256]) * 32),
    )  # fmt: skip
    return msgspec.structs.replace(kept, **changed)


def sent(kept: Kept, *others: Kept) -> dict[str, Any]:
    """The first receipt of a batch as it goes out."""
    return as_sent(msgspec.json.encode(Promises(SITE, lambda: KEY).receipts([kept, *others])[0]))


def test_leaf_is_that_of_the_published_example() -> None:
    if not EXAMPLE.exists():
        pytest.skip("the published example is not beside this checkout")
    example = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    leaves = {one["jcs"]: one["leaf_hash"] for one in example["leaves"]}
    for opening in example["openings"]:
        said = opening["content"]
        kept = line(
            contest=said["sid"],
            tracker=said["trk"],
            revision=said["rev"],
            electorate=said["grp"],
            ranking=tuple(said["rank"]),
            nonce=to_base64url(bytes.fromhex(opening["nonce"])),
        )

        assert receipts.leaf_of(kept).hex() in leaves.values()
        assert receipts.leaf_of(kept).hex() == leaf_of(sent(kept))


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"own": ("a", "c")},
        {"ranking": ()},
        {"ranking": ('quo"te', "back\\slash", "عربي")},
        {"contest": "يوم-1", "electorate": "موظفون"},
        {"revision": 4_000},
        {"accepted_at": AT.replace(microsecond=0)},
        {"accepted_at": AT.astimezone(timezone(timedelta(hours=4)))},
        {"status": "quarantined"},
    ],
)
def test_voter_can_make_the_leaf_and_find_the_promise_signed(changed: dict[str, Any]) -> None:
    receipt = sent(line(**changed), line(1), line(2))

    assert receipt["leaf"] == leaf_of(receipt)
    assert is_promised(receipt, VKEY)


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("accepted_at", "2026-04-17T05:20:01Z"),
        ("included_by", "2027-04-17T05:20:01Z"),
        ("leaf", "00" * 32),
        ("revision", 2),
        ("contest", "s2"),
        ("tracker", "1" * 16),
    ],
)
def test_changed_promise_is_not_the_signed_one(field: str, other: object) -> None:
    assert not is_promised(sent(line(), line(1)) | {field: other}, VKEY)


def test_every_ballot_of_a_batch_has_its_own_place_under_one_note() -> None:
    made = Promises(SITE, lambda: KEY).receipts([line(n) for n in range(7)])

    assert len({one.proof.note for one in made if one.proof}) == 1
    assert [one.proof.index for one in made if one.proof] == list(range(7))
    assert all(is_promised(as_sent(msgspec.json.encode(one)), VKEY) for one in made)
    assert all(one.included_by == one.accepted_at + INCLUDED_WITHIN for one in made)


def test_no_ballot_needs_no_signature() -> None:
    assert Promises(SITE, lambda: KEY).receipts([]) == []


def test_same_ballot_again_has_the_same_leaf_in_another_batch() -> None:
    one, other = sent(line()), sent(line(), line(1), line(2))

    assert one["leaf"] == other["leaf"]
    assert one["proof"] != other["proof"]
    assert one | {"proof": None} == other | {"proof": None}


def test_ballot_without_a_nonce_has_the_one_of_its_contest() -> None:
    kept = opened(line(nonce=None), b"s" * 32)

    assert kept.nonce == to_base64url(derived_nonce(b"s" * 32, kept.tracker, kept.revision))
    assert opened(kept, b"other" * 8) is kept
    assert receipt_of(kept).leaf == leaf_of(as_sent(msgspec.json.encode(receipt_of(kept))))


def test_where_the_nonce_is_gone_nobody_can_tell_the_leaf() -> None:
    assert receipt_of(line(nonce=None)).leaf is None


def test_tree_is_the_one_of_rfc_6962() -> None:
    for size in range(1, 40):
        leaves = [merkle.leaf_hash(bytes([n])) for n in range(size)]

        assert receipts.batch(leaves).root == merkle.root(leaves)
