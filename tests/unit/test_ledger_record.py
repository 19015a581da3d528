"""The parts of a public ledger: canonical bytes, the tree, signed notes, and the leaves."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from expo.record import canonical, merkle, notes, signing
from expo.record.canonical import NotCanonical
from expo.record.notes import BadNote
from voting.ledger import records
from voting.methods import lot

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors"
# RFC 8032, 7.1, test 1
SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
# Leaves and roots of Certificate Transparency's own tests (counting page 4.3).
LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
ROOTS = [
    bytes.fromhex(root)
    for root in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
PATH_OF_5_IN_8 = [
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]
FROM_6_TO_8 = [
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
]


def vectors(name: str) -> Any:
    path = VECTORS / name
    if not path.is_file():
        pytest.skip(f"{name} is not beside this checkout")
    return json.loads(path.read_text())


def hash_of(leaves: list[bytes]) -> merkle.HashOf:
    return lambda node: merkle.root(map(merkle.leaf_hash, leaves[node.first : node.end]))


# --- the tree ---


def test_roots_are_those_of_certificate_transparency() -> None:
    hashes = [merkle.leaf_hash(leaf) for leaf in LEAVES]

    assert [merkle.root(hashes[:size]) for size in range(9)] == ROOTS


def test_paths_are_those_of_certificate_transparency() -> None:
    inclusion = merkle.inclusion_path(5, 8, hash_of(LEAVES))
    consistency = merkle.consistency_path(6, 8, hash_of(LEAVES))

    assert [found.hex() for found in inclusion] == PATH_OF_5_IN_8
    assert [found.hex() for found in consistency] == FROM_6_TO_8
    assert merkle.verify_inclusion(merkle.leaf_hash(LEAVES[5]), 5, 8, inclusion, ROOTS[8])
    assert merkle.verify_consistency(6, 8, consistency, ROOTS[6], ROOTS[8])


def test_published_proofs_are_judged_as_published() -> None:
    found = vectors("rfc6962_proofs.json")

    wrong = [one["file"] for one in found["inclusion"] if _is_included(one) is one["wantErr"]]
    wrong += [one["file"] for one in found["consistency"] if _is_consistent(one) is one["wantErr"]]

    assert len(found["inclusion"]) + len(found["consistency"]) == 196
    assert wrong == []


def _is_included(one: dict[str, Any]) -> bool:
    leaf, root, *path = map(base64.b64decode, [one["leafHash"], one["root"], *(one["proof"] or [])])
    return merkle.verify_inclusion(leaf, one["leafIdx"], one["treeSize"], path, root)


def _is_consistent(one: dict[str, Any]) -> bool:
    older, newer, *path = map(base64.b64decode, [one["root1"], one["root2"], *(one["proof"] or [])])
    return merkle.verify_consistency(one["size1"], one["size2"], path, older, newer)


def test_a_proof_is_only_of_a_leaf_that_is_there() -> None:
    for index, size in ((0, 0), (3, 3), (-1, 3)):
        with pytest.raises(ValueError, match="no leaf"):
            merkle.inclusion_path(index, size, hash_of(LEAVES))
    for old, size in ((0, 3), (4, 3), (-1, 3)):
        with pytest.raises(ValueError, match="not from 1"):
            merkle.consistency_path(old, size, hash_of(LEAVES))


# --- canonical bytes ---


@pytest.mark.parametrize(
    "data",
    [
        b"", b"{", b"\xff", b"[" * 100_000, b'{"a":1,"a":1}', b'{"b":1,"a":1}', b'{"a": 1}', b"1 ",
        b"1.0", b"1e3", b"NaN", b"-Infinity", b"-0", b"01", b"9007199254740992", b"1" * 5_000,
        b'"\\u0041"', b'"\\/"', b'"\\ud800"', '"e\u0301"'.encode(), '{"é":1}'.encode(), b"\xef\xbb\xbf1",
    ],
)  # fmt: skip
def test_what_is_written_otherwise_is_refused(data: bytes) -> None:
    with pytest.raises(NotCanonical):
        canonical.decode(data)


@pytest.mark.parametrize(
    "value", [1.0, 2**53, -(2**53), {1: 2}, {"ü": 1}, b"", {"a": {1}}, "\ud800"]
)
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical.encode(value)


def test_canonical_bytes_are_sorted_and_tight() -> None:
    value = {"b": [1, True, None, "ن\n\x7f"], "B": {}, "a": -(2**53) + 1}

    assert canonical.encode(value) == (
        '{"B":{},"a":-9007199254740991,"b":[1,true,null,"ن\\n\x7f"]}'.encode()
    )
    assert canonical.decode(canonical.encode(value)) == value


# --- notes ---


def test_the_example_ledger_hashes_signs_and_draws_as_published() -> None:
    example = vectors("ledger_example.json")
    leaves = [leaf["jcs"].encode() for leaf in example["leaves"]]
    hashes = [merkle.leaf_hash(leaf) for leaf in leaves]
    origin, key = "expo.example/2026-demo-s1", signing.SigningKey(SEED)
    root = merkle.root(hashes)
    note = notes.checkpoint(origin, 6, root, key)
    proof = notes.tlog_proof(3, merkle.inclusion_path(3, 6, hash_of(leaves)), note)
    seed = canonical.decode(leaves[-1])["lot_seed"]
    drawn = lot.final(["alpha", "bravo", "charlie"], seed=bytes.fromhex(seed), root=root)

    assert [found.hex() for found in hashes] == [leaf["leaf_hash"] for leaf in example["leaves"]]
    assert root.hex() == example["root_hex"]
    assert notes.vkey_of(origin, key.public) == example["vkey"]
    assert note == example["checkpoint"]
    assert proof == example["proof_index3"]
    assert list(drawn) == example["lot_order"]
    assert (
        canonical.decode(leaves[0])["lot_commit"] == records.lot_commit(bytes.fromhex(seed)).hex()
    )


def test_the_example_ballots_commit_to_what_is_published() -> None:
    example = vectors("ledger_example.json")
    committed = []
    for one in example["openings"]:
        said = one["content"]
        content = records.content(
            sid=said["sid"],
            electorate=said["grp"],
            ranking=tuple(said["rank"]),
            tracker=said["trk"],
            revision=said["rev"],
        )
        com = records.commitment(bytes.fromhex(one["nonce"]), content)
        assert (content.decode(), com.hex()) == (one["content_jcs"], one["commitment_hex"])
        committed.append(
            records.ballot_record(
                sid=said["sid"], electorate=said["grp"], tracker=said["trk"],
                revision=said["rev"], com=com,
            ).decode()
        )  # fmt: skip

    leaves = [leaf["jcs"] for leaf in example["leaves"]]
    assert committed == leaves[1:4]


def _key() -> tuple[signing.SigningKey, notes.VKey]:
    key = signing.SigningKey(SEED)
    return key, notes.VKey("expo.example/day-1", key.public)


def test_a_checkpoint_says_what_was_signed() -> None:
    key, vkey = _key()
    note = notes.checkpoint(vkey.name, 8, ROOTS[8], key)

    assert notes.parsed_checkpoint(note, vkey) == notes.Checkpoint(vkey.name, 8, ROOTS[8])
    assert notes.parsed_vkey(str(vkey)) == vkey


@pytest.mark.parametrize("place", range(0, 230, 7))
def test_no_letter_of_a_checkpoint_can_change(place: int) -> None:
    key, vkey = _key()
    note = notes.checkpoint(vkey.name, 8, ROOTS[8], key)
    place %= len(note)

    for letter in ("x" if note[place] != "x" else "y", "", "\n"):
        if letter == note[place]:
            continue
        with pytest.raises(BadNote):
            notes.parsed_checkpoint(note[:place] + letter + note[place + 1 :], vkey)


def test_a_note_of_another_name_or_key_is_refused() -> None:
    key, vkey = _key()
    other = signing.SigningKey(bytes(32))
    elsewhere = notes.checkpoint("expo.example/day-2", 8, ROOTS[8], key)
    forged = notes.checkpoint(vkey.name, 8, ROOTS[8], other)
    foreign = notes.signed(f"expo.example/day-2\n8\n{notes.to_base64(ROOTS[8])}\n", vkey.name, key)

    for note in (elsewhere, forged, foreign, "", "a\n\nb\n", note_twice(vkey, key)):
        with pytest.raises(BadNote):
            notes.parsed_checkpoint(note, vkey)


def note_twice(vkey: notes.VKey, key: signing.SigningKey) -> str:
    note = notes.checkpoint(vkey.name, 8, ROOTS[8], key)
    return note + note.rpartition("\n\n")[2]


def test_signatures_of_witnesses_do_not_disturb() -> None:
    key, vkey = _key()
    note = notes.checkpoint(vkey.name, 8, ROOTS[8], key)
    witness = notes.checkpoint("witness", 8, ROOTS[8], signing.SigningKey(bytes(32)))

    assert (
        notes.opened(note + witness.rpartition("\n\n")[2], vkey)
        == note.rpartition("\n\n")[0] + "\n"
    )


@pytest.mark.parametrize("text", ["AB==", "AA=", "AA", "AA= =", "AA==\n", "é", "_A==", "A" * 5])
def test_base64_is_what_an_encoder_writes(text: str) -> None:
    with pytest.raises(BadNote):
        notes.from_base64(text)
    with pytest.raises(ValueError, match="base64url"):
        records.from_base64url(text, 2)


@pytest.mark.parametrize(
    "size", ["-1", "+8", "08", "8 ", "٨", "1" * 20, "", "8.0"]
)  # signed as it is, and still no checkpoint
def test_a_size_is_a_plain_number(size: str) -> None:
    key, vkey = _key()
    text = f"{vkey.name}\n{size}\n{notes.to_base64(ROOTS[8])}\n"

    with pytest.raises(BadNote):
        notes.parsed_checkpoint(notes.signed(text, vkey.name, key), vkey)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000+AA==",
        "na me+4b0c6d0c+AddamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea",
    ],
)
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        notes.parsed_vkey(text)


def test_a_key_of_another_name_is_refused() -> None:
    _, vkey = _key()

    with pytest.raises(BadNote):
        notes.parsed_vkey(f"x{vkey}")


def test_a_proof_to_keep_is_read_back() -> None:
    key, vkey = _key()
    note = notes.checkpoint(vkey.name, 8, ROOTS[8], key)
    path = merkle.inclusion_path(5, 8, hash_of(LEAVES))

    assert notes.parsed_proof(notes.tlog_proof(5, path, note)) == notes.Proof(5, path, note)
    for text in ("", "index 5", notes.tlog_proof(5, path, note).replace("index 5", "index 05")):
        with pytest.raises(BadNote):
            notes.parsed_proof(text)


@pytest.mark.parametrize("text", ["no end", ""])
def test_only_whole_lines_are_signed(text: str) -> None:
    key, _ = _key()

    with pytest.raises(ValueError, match="line break"):
        notes.signed(text, "name", key)
    with pytest.raises(ValueError, match="no space"):
        notes.signed("text\n", "na me", key)


# --- keys at rest ---


def test_a_private_half_opens_with_its_secret_and_in_its_place_alone() -> None:
    box = signing.closed(SEED, "secret", bytes(12), b"here")

    assert SEED not in box
    assert signing.opened(box, "secret", b"here") == SEED
    for wrong in (
        (box, "other", b"here"),
        (box, "secret", b"there"),
        (box[:-1], "secret", b"here"),
    ):
        with pytest.raises(signing.CannotOpen):
            signing.opened(*wrong)
    with pytest.raises(signing.CannotOpen):
        signing.opened(b"", "secret", b"here")


def test_what_is_no_signature_or_no_key_is_not_signed() -> None:
    key = signing.SigningKey(SEED)

    assert signing.is_signed(key.public, key.sign(b"m"), b"m")
    assert not signing.is_signed(key.public, key.sign(b"m"), b"n")
    assert not signing.is_signed(key.public, b"", b"m")
    assert not signing.is_signed(b"", key.sign(b"m"), b"m")
