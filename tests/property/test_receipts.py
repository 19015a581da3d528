"""Every path of every batch leads to its root, and to no other leaf's place."""

from base64 import b64decode

from hypothesis import given, settings
from hypothesis import strategies as st

from expo.record import merkle
from voting.receipts import batch


@settings(max_examples=60)
@given(st.integers(1, 700), st.binary(min_size=1, max_size=8))
def test_every_path_leads_to_the_root(size: int, salt: bytes) -> None:
    leaves = [merkle.leaf_hash(salt + n.to_bytes(4, "big")) for n in range(size)]

    made = batch(leaves)

    assert len(made.paths) == size
    assert made.root == merkle.root(leaves)
    for n, (leaf, path) in enumerate(zip(leaves, made.paths, strict=True)):
        way = [b64decode(one) for one in path]
        assert merkle.verify_inclusion(leaf, n, size, way, made.root)
        assert size == 1 or not merkle.verify_inclusion(leaf, (n + 1) % size, size, way, made.root)
