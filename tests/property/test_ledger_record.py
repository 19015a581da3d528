"""Whatever the leaves: every proof holds, no other does, and canonical bytes come back."""

from itertools import pairwise
from typing import Any
from unicodedata import normalize

from hypothesis import given
from hypothesis import strategies as st

from expo.record import canonical, merkle, notes, signing
from voting.ledger import records

TEXTS = st.text(max_size=8).map(lambda text: normalize("NFC", text))
KEYS = st.text(st.characters(max_codepoint=127), max_size=5)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-canonical.SAFE + 1, canonical.SAFE - 1) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
SIZES = st.integers(1, 200)


def tree(size: int) -> list[bytes]:
    return [merkle.leaf_hash(str(n).encode()) for n in range(size)]


def hash_of(leaves: list[bytes]) -> merkle.HashOf:
    return lambda node: merkle.root(leaves[node.first : node.end])


def naive_root(leaves: list[bytes]) -> bytes:
    """As RFC 6962, 2.1 defines it."""
    if len(leaves) < 2:
        return leaves[0] if leaves else merkle.EMPTY
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return merkle.node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


@given(VALUES)
def test_canonical_bytes_come_back(value: Any) -> None:
    assert canonical.decode(canonical.encode(value)) == value


@given(SIZES, st.data())
def test_a_leaf_is_proved_at_its_place_alone(size: int, data: st.DataObject) -> None:
    leaves, index = tree(size), data.draw(st.integers(0, size - 1))
    path, root = merkle.inclusion_path(index, size, hash_of(leaves)), naive_root(leaves)

    assert merkle.verify_inclusion(leaves[index], index, size, path, root)
    assert not merkle.verify_inclusion(leaves[index], index, size, (*path, root), root)
    for other in {index - 1, index + 1}:
        assert not merkle.verify_inclusion(leaves[index], other, size, path, root)
    if path:
        spoilt = data.draw(st.integers(0, len(path) - 1))
        wrong = (*path[:spoilt], bytes(32), *path[spoilt + 1 :])
        assert not merkle.verify_inclusion(leaves[index], index, size, wrong, root)


@given(SIZES, st.data())
def test_a_tree_is_proved_to_be_the_beginning(size: int, data: st.DataObject) -> None:
    leaves, old = tree(size), data.draw(st.integers(1, size))
    path = merkle.consistency_path(old, size, hash_of(leaves))
    older, newer = naive_root(leaves[:old]), naive_root(leaves)

    assert merkle.verify_consistency(old, size, path, older, newer)
    if old < size:
        assert not merkle.verify_consistency(old, size, path, bytes(32), newer)
        assert not merkle.verify_consistency(old, size, path, older, bytes(32))
        assert not merkle.verify_consistency(old, size, path[:-1], older, newer)


@given(st.lists(st.integers(0, 40), max_size=6))
def test_however_a_tree_grows_it_is_the_same(parts: list[int]) -> None:
    ends = [sum(parts[:n]) for n in range(len(parts) + 1)]
    leaves, made = tree(ends[-1]), dict[merkle.Node, bytes]()
    compact = merkle.Compact()
    for first, end in pairwise(ends):
        compact = compact.extended(leaves[first:end], made.__setitem__)

    assert compact == merkle.Compact().extended(leaves)
    assert compact.root == naive_root(leaves)
    assert all(found == naive_root(leaves[node.first : node.end]) for node, found in made.items())
    assert len(made) == sum(ends[-1] >> level for level in range(1, 9))


@given(st.binary(min_size=32, max_size=32), st.integers(0, 10**18), st.text(max_size=20))
def test_only_what_was_signed_opens(root: bytes, size: int, noise: str) -> None:
    key = signing.SigningKey(root)
    vkey = notes.VKey("expo.example/c", key.public)
    note = notes.checkpoint(vkey.name, size, root, key)

    assert notes.parsed_checkpoint(note, vkey) == notes.Checkpoint(vkey.name, size, root)
    for other in (noise, noise + note, note + noise):
        try:
            assert notes.opened(other, vkey) in note
        except notes.BadNote:
            continue


@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=4).map(tuple), st.integers(1, 10**9))
def test_records_are_canonical_whatever_they_say(
    sid: str, group: str, ranking: tuple[str, ...], revision: int
) -> None:
    said = records.content(
        sid=sid, electorate=group, ranking=ranking, tracker="T", revision=revision, own=ranking
    )
    record = records.ballot_record(
        sid=sid, electorate=group, tracker="T", revision=revision, com=bytes(32)
    )

    assert canonical.decode(said).get("own", []) == canonical.decode(said)["rank"] == list(ranking)
    assert canonical.decode(record)["grp"] == group


@given(st.binary(max_size=40))
def test_base64_comes_back(data: bytes) -> None:
    assert notes.from_base64(notes.to_base64(data)) == data
    assert records.from_base64url(records.to_base64url(data), len(data)) == data
