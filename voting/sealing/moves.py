"""What happens to a ledger inside somebody else's transaction: it begins with the contest, and grows."""

import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import sha256

import msgspec

from expo.db import Tx
from expo.record import notes
from expo.record.keys import store as keys
from expo.record.merkle import Compact
from expo.record.notes import Signs
from voting.contests import Contest
from voting.ledger import records
from voting.ledger.records import Announced, Group
from voting.results import K_PUBLIC
from voting.sealing import store
from voting.sealing.batching import Grown, Leaf, SealState, extended
from voting.sealing.store import LedgerHead


class Fixed(msgspec.Struct, frozen=True):
    """Texts a contest is bound to from its opening on: its rules in both languages, the verifier."""

    rules: Sequence[bytes]
    """Arabic and English."""
    code: bytes


async def begin(tx: Tx, contest: Contest, fixed: Callable[[], Fixed]) -> bool:
    """Open the ledger of a contest that opens now; whether there is one.

    There is none where the expo has no key yet: then nothing can be promised either.

    Args:
        tx: In which the contest opens.
        contest: As it is from now on.
        fixed: Gives the texts.
    """
    signing = await keys.current(tx)
    if signing is None:
        return False
    key_id, host = signing
    texts = fixed()
    hashes = []
    for one in (*texts.rules, texts.code):
        hashes.append(sha256(one).hexdigest())
        await store.keep_text(tx, hashes[-1], one.decode())
    seed = secrets.token_bytes(records.SEED_BYTES)
    record = records.open_record(announced(contest, seed, texts))
    leaf = Leaf(record, sha256(b"\x00" + record).digest())
    logs = contest.stations
    state = SealState(contest.id, Compact(), (0,) * logs, (False,) * logs)
    grown = extended(state, [leaf])
    arabic, english, code = hashes
    origin = f"{host}/{contest.id}"
    head = LedgerHead(origin, key_id, seed, arabic, english, code, grown.state)
    await store.create(tx, head)
    await store.grow(tx, grown)
    return True


def announced(contest: Contest, seed: bytes, texts: Fixed) -> Announced:
    """What the first record says of a contest that opens with this seed of the lot."""
    return Announced(
        sid=contest.id,
        options=tuple(option.id for option in contest.options),
        groups=tuple(
            Group(one.id, one.weight, one.full_weight_at, one.min, is_sealed=one.audit == "sealed")
            for one in contest.electorates
        ),
        method=contest.rules.method,
        max_ranked=contest.rules.max_ranked,
        own=contest.rules.own,
        k_public=K_PUBLIC,
        opens=_instant(contest.opened_at),
        closes=_instant(contest.closes_at),
        lot_commit=records.lot_commit(seed).hex(),
        rules_hash=sha256(b"".join(texts.rules)).hexdigest(),
        code_hash=sha256(texts.code).hexdigest(),
    )


async def append(tx: Tx, head: LedgerHead, grown: Grown, key: Signs, at: datetime) -> bool:
    """Let the ledger grow by this batch and sign its checkpoint.

    Returns:
        Whether it stood where the batch begins; otherwise somebody else has sealed meanwhile.
    """
    now = await store.find(tx, head.state.contest, hold=True)
    if now is None or now.state != head.state:
        return False
    await store.grow(tx, grown)
    tree = grown.state.tree
    if tree.size > head.state.tree.size:
        note = notes.checkpoint(head.origin, tree.size, tree.root, key)
        await store.sign(tx, head.state.contest, tree.size, note, at)
    return True


def _instant(at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
