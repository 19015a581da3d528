"""What somebody kept, a checkpoint or a receipt, against the ledger of a bundle."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from expo.record import canonical
from expo.record.merkle import leaf_hash
from expo.record.notes import checkpoint, tlog_proof
from expo.record.signing import SigningKey
from tests.support.bundles import KEY, Ledger, closed_contest, some_casts
from voting.batches import Kept
from voting.ledger import records
from voting.receipts import Promises
from voting.verify import verify

OTHER = SigningKey(bytes(32))


@pytest.fixture(scope="module")
def ledger() -> Ledger:
    """Ballots of every kind."""
    held = closed_contest()
    groups = [one.id for one in held.electorates]
    return Ledger(held, some_casts(5, 40, [one.id for one in held.options], groups))


@pytest.fixture(scope="module")
def bundle(ledger: Ledger, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their bundle."""
    return ledger.write(tmp_path_factory.mktemp("bundle") / "s1")


def kept(folder: Path, text: str) -> str:
    """A file somebody kept."""
    path = folder / "kept"
    path.write_text(text)
    return str(path)


def receipt(ledger: Ledger, key: SigningKey = KEY, **changes: Any) -> dict[str, Any]:
    """The first voter's receipt as the receipt page saves it."""
    cast = ledger.casts[0]
    nonce = records.derived_nonce(b"secret", cast.tracker, cast.revision)
    lines = [
        Kept(
            "s1", n, f"b{n}", f"v{n}", one.electorate, one.revision, one.ranking, one.own,
            one.tracker, datetime(2017, 4, 17, 5, 21, tzinfo=UTC), records.to_base64url(nonce),
        )
        for n, one in enumerate(ledger.casts[:5])
    ]  # fmt: skip
    one = Promises("expo.example", lambda: key).receipts(lines)[0]
    assert one.proof is not None
    assert one.included_by is not None
    promise = {
        "accepted_at": "2017-04-17T05:21:00Z", "included_by": "2017-04-17T05:22:30Z",
        "leaf_hash": one.leaf, "rev": one.revision, "sid": "s1", "trk": one.tracker, "v": 1,
    }  # fmt: skip
    proof = one.proof
    found = {
        "index": proof.index, "note": proof.note, "path": list(proof.path), "promise": promise,
        "seal": "", "size": proof.size,
    }  # fmt: skip
    return {**found, **changes}


def written(value: dict[str, Any]) -> str:
    """As a browser writes it."""
    return canonical.encode(value).decode()


# --- checkpoints ---


def test_every_checkpoint_of_the_ledger_is_its_beginning(
    ledger: Ledger, bundle: Path, tmp_path: Path
) -> None:
    for note in (*ledger.notes[1:4], ledger.notes[-1].rstrip("\n"), "\n".join(ledger.notes)):
        found = verify.check(str(bundle), "", [], [kept(tmp_path, note)])
        assert any("of this ledger" in line for line in verify.told(found))


@pytest.mark.parametrize(
    ("size", "key", "origin", "why"),
    [
        (9, KEY, "expo.example/s1", "other first 9 records"),
        (999, KEY, "expo.example/s1", "more than there are"),
        (9, OTHER, "expo.example/s1", "is not the key"),
        (9, KEY, "expo.example/s2", "is not the key"),
    ],
)
def test_a_checkpoint_of_another_ledger_is_told(
    bundle: Path, tmp_path: Path, size: int, key: SigningKey, origin: str, why: str
) -> None:
    note = checkpoint(origin, size, bytes(32), key)

    with pytest.raises(verify.Wrong, match=why):
        verify.check(str(bundle), "", [], [kept(tmp_path, note)])


@pytest.mark.parametrize("text", ["", "\n", "nonsense", "a\n\nb", "{", "{}", "[1]", "\x00" * 9])
def test_what_is_neither_is_told(bundle: Path, tmp_path: Path, text: str) -> None:
    with pytest.raises(verify.Wrong):
        verify.check(str(bundle), "", [], [kept(tmp_path, text)])


# --- receipts ---


def test_a_receipt_whose_leaf_is_there_holds(
    ledger: Ledger, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = kept(tmp_path, written(receipt(ledger)))

    assert verify.main([str(bundle), "--receipt", path]) == 0

    assert ledger.casts[0].tracker in capsys.readouterr().out


def test_a_kept_promise_needs_no_signature(ledger: Ledger, bundle: Path, tmp_path: Path) -> None:
    path = kept(tmp_path, written(receipt(ledger, OTHER)))  # the key was changed meanwhile

    verify.check(str(bundle), "", [], [path])


def test_a_promised_leaf_that_is_not_there_is_proved(
    ledger: Ledger, bundle: Path, tmp_path: Path
) -> None:
    other = Ledger(closed_contest(), ledger.casts[1:])
    folder = other.write(tmp_path / "without")

    with pytest.raises(verify.Wrong, match="not in this ledger"):
        verify.check(str(folder), "", [], [kept(tmp_path, written(receipt(ledger)))])


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        ({"index": 1}, "not among the receipts"),
        ({"size": 6}, "not among the receipts"),
        ({"path": []}, "not among the receipts"),
        ({"note": "x"}, "is not signed"),
    ],
)
def test_a_forged_receipt_proves_nothing(
    ledger: Ledger, tmp_path: Path, spoil: dict[str, Any], why: str
) -> None:
    folder = Ledger(closed_contest(), ledger.casts[1:]).write(tmp_path / "without")

    with pytest.raises(verify.Wrong, match=why):
        verify.check(str(folder), "", [], [kept(tmp_path, written(receipt(ledger, **spoil)))])


def test_a_receipt_with_another_voters_leaf_is_found(
    ledger: Ledger, bundle: Path, tmp_path: Path
) -> None:
    promise = {**receipt(ledger)["promise"], "trk": ledger.casts[1].tracker}
    path = kept(tmp_path, written(receipt(ledger, promise=promise)))

    with pytest.raises(verify.Wrong, match="not among the receipts"):
        verify.check(str(bundle), "", [], [path])


def test_the_proof_kept_with_a_receipt_is_compared(
    ledger: Ledger, bundle: Path, tmp_path: Path
) -> None:
    leaves = [leaf_hash(one) for one in ledger.records]
    place = leaves.index(bytes.fromhex(receipt(ledger)["promise"]["leaf_hash"]))
    seal = tlog_proof(place, verify.path_of(place, leaves), ledger.notes[-1])
    verify.check(str(bundle), "", [], [kept(tmp_path, written(receipt(ledger, seal=seal)))])
    forged = tlog_proof(place, [], checkpoint("expo.example/s1", 9, bytes(32), KEY))

    with pytest.raises(verify.Wrong, match="other first 9 records"):
        verify.check(str(bundle), "", [], [kept(tmp_path, written(receipt(ledger, seal=forged)))])


def test_a_receipt_of_another_contest_accuses_nobody(
    ledger: Ledger, bundle: Path, tmp_path: Path
) -> None:
    promise = {**receipt(ledger)["promise"], "sid": "s2"}

    with pytest.raises(verify.Wrong, match="another contest"):
        verify.check(
            str(bundle), "", [], [kept(tmp_path, written(receipt(ledger, promise=promise)))]
        )
