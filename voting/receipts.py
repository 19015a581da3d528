"""Receipts: what a voter is promised, and how one signature promises it to a whole batch. Pure, given a key.

A promise is a line of canonical JSON that names the leaf of a ballot and until when it stands in the
public ledger. The promises of one committed batch are the leaves of a tree (RFC 6962) whose root is
signed once, and each receipt takes its own path along. Source: counting page 4.5; ruling 13.
"""

from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

import msgspec

from expo.record import notes
from expo.record.signing import SigningKey
from voting.batches import Kept
from voting.ledger import records
from voting.protocol import Proof, Receipt

INCLUDED_WITHIN: Final = timedelta(seconds=90)
"""From the acceptance to when the leaf stands in the ledger at the latest: a leaf waits at most 70 s
for others, and sealing a batch takes far less than the rest."""

_KIND: Final = "sawt-receipts/v1"
_FROM_URL: Final = bytes.maketrans(b"-_", b"+/")
_json = msgspec.json.Encoder()


class Batch(msgspec.Struct, frozen=True):
    """A tree over leaves: its root, and each leaf's way there as base64, from the leaf up."""

    root: bytes
    paths: list[tuple[str, ...]]


class Promises:
    """Makes the receipts of committed batches.

    Args:
        site: Host and port of the expo's public address.
        key: The one that signs now; its public half stands among the expo's published keys.
        unsealed: Contests without a ledger: a leaf in one is not promised.
    """

    def __init__(
        self, site: str, key: Callable[[], SigningKey], unsealed: Collection[str] = ()
    ) -> None:
        self._site = site
        self._key = key
        self._unsealed = unsealed

    def receipts(self, lines: Sequence[Kept]) -> list[Receipt]:
        """The receipts of these ballots, in their order; raises as `signed`.

        Args:
            lines: As on record, each with its nonce.
        """
        if not self._unsealed:
            return self.signed(lines)
        promised = iter(self.signed([one for one in lines if one.contest not in self._unsealed]))
        return [
            receipt_of(one, is_sealed=False) if one.contest in self._unsealed else next(promised)
            for one in lines
        ]

    def signed(self, lines: Sequence[Kept]) -> list[Receipt]:
        """The receipts of these ballots, in their order, with one signature for all of them.

        Args:
            lines: As on record, each with its nonce.

        Raises:
            Fault: There is no key to sign with.
        """
        if not lines:
            return []
        leaves = [leaf_of(line).hex() for line in lines]
        stamps = _stamps(lines)
        made = batch(_promised(lines, leaves, stamps))
        root = b2a_base64(made.root).decode()
        text = f"{_KIND}\n{self._site}\n{len(lines)}\n{root}"
        note = notes.signed(text, key_name(self._site), self._key())
        return [
            _receipt(line, leaf, stamps[line.accepted_at][1], Proof(note, n, len(lines), path))
            for n, (line, leaf, path) in enumerate(zip(lines, leaves, made.paths, strict=True))
        ]


def key_name(site: str) -> str:
    """Under which name batches of receipts are signed."""
    return f"{site}/receipts"


def receipt_of(line: Kept, *, is_sealed: bool = True) -> Receipt:
    """What is on record about a ballot, without a new promise.

    Args:
        line: With its nonce; where there is none, nobody can tell its leaf.
        is_sealed: Whether its contest has a ledger at all.
    """
    if not is_sealed:
        return _receipt(line, None, None, None)
    leaf = leaf_of(line).hex() if line.nonce else None
    return _receipt(line, leaf, line.accepted_at + INCLUDED_WITHIN, None)


def leaf_of(line: Kept) -> bytes:
    """The hash of the leaf that the public ledger has, or will have, for this ballot.

    Args:
        line: With its nonce.
    """
    contest, group, revision, tracker = line.contest, line.electorate, line.revision, line.tracker
    said = records.content(
        sid=contest,
        electorate=group,
        ranking=line.ranking,
        tracker=tracker,
        revision=revision,
        own=line.own,
    )
    nonce = a2b_base64(f"{line.nonce}=".encode().translate(_FROM_URL))
    commitment = records.commitment(nonce, said)
    record = records.ballot_record(
        sid=contest, electorate=group, tracker=tracker, revision=revision, com=commitment
    )
    return sha256(b"\x00" + record).digest()


def batch(leaves: Sequence[bytes]) -> Batch:
    """The tree over these leaf hashes, of which there is at least one.

    The odd one at the end of a level goes up as it is; that is the split at the largest power of two
    below the size (RFC 6962, 2.1). Every node is hashed and written as text once.
    """
    levels = [leaves]
    while len(levels[-1]) > 1:
        levels.append(_above(levels[-1]))
    paths: list[tuple[str, ...]] = [()]
    for nodes in levels[-2::-1]:
        paths = _below(nodes, paths)
    return Batch(levels[-1][0], paths)


def _above(nodes: Sequence[bytes]) -> list[bytes]:
    pairs = zip(nodes[::2], nodes[1::2], strict=False)
    above = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
    if len(nodes) % 2:
        above.append(nodes[-1])
    return above


def _below(nodes: Sequence[bytes], paths: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """The paths of these nodes, from those of the nodes above them."""
    texts = [b2a_base64(node, newline=False).decode() for node in nodes]
    found: list[tuple[str, ...]] = []
    for left, right, path in zip(texts[::2], texts[1::2], paths, strict=False):
        found += ((right, *path), (left, *path))
    if len(nodes) % 2:
        found.append(paths[-1])
    return found


_Stamps = dict[datetime, tuple[bytes, datetime]]


def _stamps(lines: Sequence[Kept]) -> _Stamps:
    """How a promise begins, and until when it holds, by when the ballot was accepted.

    A crowd's ballots come many to a millisecond.
    """
    found = {}
    for at in {line.accepted_at for line in lines}:
        until = at.astimezone(UTC) + INCLUDED_WITHIN
        found[at] = (_beginning(at, until), until)
    return found


def _beginning(at: datetime, until: datetime) -> bytes:
    """Both instants as the receipt's own frame writes them."""
    return b'{"accepted_at":%b,"included_by":%b,"leaf_hash":"' % (
        _json.encode(at),
        _json.encode(until),
    )


def _promised(lines: Sequence[Kept], leaves: Sequence[str], stamps: _Stamps) -> list[bytes]:
    """The leaf hashes of the promises; their canonical JSON is put together by hand for speed."""
    contests = {contest: _json.encode(contest) for contest in {line.contest for line in lines}}
    return [
        sha256(
            b'\x00%b%b","rev":%d,"sid":%b,"trk":"%b","v":1}'
            % (
                stamps[line.accepted_at][0],
                leaf.encode(),
                line.revision,
                contests[line.contest],
                line.tracker.encode(),
            )
        ).digest()
        for line, leaf in zip(lines, leaves, strict=True)
    ]


def _receipt(line: Kept, leaf: str | None, until: datetime | None, proof: Proof | None) -> Receipt:
    return Receipt(
        line.ballot_id,
        line.contest,
        line.tracker,
        line.revision,
        line.ranking,
        line.accepted_at,
        line.status,
        line.electorate,
        line.own,
        line.nonce,
        leaf,
        until,
        proof,
    )
