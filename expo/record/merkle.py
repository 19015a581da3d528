"""The Merkle tree of RFC 6962: what makes a list of records append-only for everybody who looks. Pure.

A leaf's hash is SHA-256(0x00 ‖ record), a node's SHA-256(0x01 ‖ left ‖ right); a tree of n leaves
splits at the greatest power of two below n. Proofs are those of RFC 9162 (2.1.3 and 2.1.4) with two
further checks: every hash is 32 bytes, and nothing is consistent with the empty tree.

A tree of any size is a few complete subtrees beside each other, so its root needs as many hashes as its
size has ones in binary (`Compact`); a proof needs the hashes of some complete subtrees (`Node`), which
can be kept or made again from the leaves under them. Source: counting page 4.3.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

import msgspec

HASH_BYTES: Final = 32
EMPTY: Final = sha256(b"").digest()
"""Root of the tree without leaves."""


class Node(NamedTuple):
    """A complete subtree: the ``place``-th one of 2^``level`` leaves, both from 0."""

    level: int
    place: int

    @property
    def first(self) -> int:
        """Its first leaf."""
        return self.place << self.level

    @property
    def end(self) -> int:
        """The leaf after its last one."""
        return (self.place + 1) << self.level


HashOf = Callable[[Node], bytes]


def leaf_hash(record: bytes) -> bytes:
    """The hash of a leaf that holds this record."""
    return sha256(b"\x00" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of the node above these two."""
    return sha256(b"\x01" + left + right).digest()


class Compact(msgspec.Struct, frozen=True):
    """All that has to be known of a tree to let it grow: its complete subtrees, greatest first."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def extended(
        self, leaf_hashes: Iterable[bytes], made: Callable[[Node, bytes], object] | None = None
    ) -> "Compact":
        """The tree with further leaves.

        Args:
            leaf_hashes: In order.
            made: Called with every subtree above a leaf that became complete by this, and its hash.
        """
        size, hashes = self.size, list(self.hashes)
        for found in leaf_hashes:
            hashed, level, rest = found, 0, size
            while rest & 1:
                hashed = sha256(b"\x01" + hashes.pop() + hashed).digest()
                rest >>= 1
                level += 1
                if made is not None:
                    made(Node(level, rest), hashed)
            hashes.append(hashed)
            size += 1
        return Compact(size, tuple(hashes))

    @property
    def root(self) -> bytes:
        """The root of the tree."""
        return joined(self.hashes)


def joined(hashes: Sequence[bytes]) -> bytes:
    """The root over complete subtrees that lie beside each other, greatest first."""
    if not hashes:
        return EMPTY
    found = hashes[-1]
    for left in reversed(hashes[:-1]):
        found = node_hash(left, found)
    return found


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root of the tree with these leaves."""
    return Compact().extended(leaf_hashes).root


def subtrees(first: int, end: int) -> tuple[Node, ...]:
    """The complete subtrees that make up leaves ``first`` to ``end``, a part the tree is split into."""
    found = []
    while first < end:
        level = (end - first).bit_length() - 1
        found.append(Node(level, first >> level))
        first += 1 << level
    return tuple(found)


def inclusion_path(index: int, size: int, hash_of: HashOf) -> tuple[bytes, ...]:
    """The proof that a leaf is in the tree of this size, from the leaf upwards.

    Args:
        index: Of the leaf.
        size: Leaves of the tree.
        hash_of: Gives the hash of a complete subtree (`inclusion_nodes` says of which).

    Raises:
        ValueError: The tree has no such leaf.
    """
    return tuple(joined([hash_of(node) for node in part]) for part in inclusion_nodes(index, size))


def inclusion_nodes(index: int, size: int) -> tuple[tuple[Node, ...], ...]:
    """For every hash of the path, the complete subtrees it is joined from.

    Raises:
        ValueError: The tree has no such leaf.
    """
    if not 0 <= index < size:
        msg = f"there is no leaf {index} among {size}"
        raise ValueError(msg)
    parts, first, end = [], 0, size
    while end - first > 1:
        middle = first + _split(end - first)
        if index < middle:
            parts.append(subtrees(middle, end))
            end = middle
        else:
            parts.append(subtrees(first, middle))
            first = middle
    return tuple(reversed(parts))


def consistency_path(old: int, size: int, hash_of: HashOf) -> tuple[bytes, ...]:
    """The proof that the tree of ``old`` leaves is the beginning of the one of ``size``.

    Raises:
        ValueError: ``old`` is not from 1 to ``size``.
    """
    return tuple(joined([hash_of(node) for node in part]) for part in consistency_nodes(old, size))


def consistency_nodes(old: int, size: int) -> tuple[tuple[Node, ...], ...]:
    """For every hash of that path, the complete subtrees it is joined from.

    Raises:
        ValueError: ``old`` is not from 1 to ``size``.
    """
    if not 0 < old <= size:
        msg = f"{old} is not from 1 to {size}"
        raise ValueError(msg)
    parts, first, end, is_whole = [], 0, size, True
    while old != end:
        middle = first + _split(end - first)
        if old <= middle:
            parts.append(subtrees(middle, end))
            end = middle
        else:
            parts.append(subtrees(first, middle))
            first, is_whole = middle, False
    if not is_whole:
        parts.append(subtrees(first, end))
    return tuple(reversed(parts))


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes
) -> bool:
    """Whether the path proves that this leaf hash is at ``index`` of the tree (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size or not _are_hashes(leaf, root, *path):
        return False
    at, last, found = index, size - 1, leaf
    for hashed in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(hashed, found)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            found = node_hash(found, hashed)
        at >>= 1
        last >>= 1
    return last == 0 and found == root


def verify_consistency(
    old: int, size: int, path: Sequence[bytes], old_root: bytes, root: bytes
) -> bool:
    """Whether the path proves that the older tree is the beginning of the other (RFC 9162, 2.1.4.2)."""
    if old == size:
        return old > 0 and not path and old_root == root
    if not 0 < old < size or not _are_hashes(old_root, root, *path):
        return False
    rest = [old_root, *path] if old & (old - 1) == 0 else list(path)
    return bool(rest) and _meets(old, size, rest, (old_root, root))


def _meets(old: int, size: int, path: Sequence[bytes], roots: tuple[bytes, bytes]) -> bool:
    at, last = old - 1, size - 1
    while at & 1:
        at >>= 1
        last >>= 1
    older = newer = path[0]
    for hashed in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            older, newer = node_hash(hashed, older), node_hash(hashed, newer)
            while not at & 1 and at:
                at >>= 1
                last >>= 1
        else:
            newer = node_hash(newer, hashed)
        at >>= 1
        last >>= 1
    return last == 0 and (older, newer) == roots


def _split(size: int) -> int:
    """The greatest power of two below ``size``."""
    return 1 << ((size - 1).bit_length() - 1)


def _are_hashes(*found: bytes) -> bool:
    return all(len(one) == HASH_BYTES for one in found)
