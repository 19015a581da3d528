"""Small bundles made without a server: a ledger of some ballots, its checkpoints, and what follows."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from expo.record import canonical
from expo.record.merkle import Compact, leaf_hash
from expo.record.notes import checkpoint
from expo.record.signing import SigningKey
from tests.support.contests import contest
from voting.bundle import files, render
from voting.bundle.official import Recount, Status, lot_of, result_value
from voting.bundle.rules import rules_hash
from voting.bundle.writer import BundleWriter, Opened
from voting.contests import Contest, Phase, Rules
from voting.ledger import records

KEY = SigningKey(bytes(range(32)))
SEED = bytes(range(32))
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_OPENED_AT = datetime(2017, 4, 17, 5, 20, tzinfo=UTC)
_STATUSES: tuple[Status, ...] = (*("counted",) * 6, "held", "void")


class Cast(msgspec.Struct, frozen=True):
    """What one voter says at last; ``why`` of held and void ballots; ``late`` decisions follow the close."""

    tracker: str
    electorate: str
    ranking: tuple[str, ...]
    own: tuple[str, ...] = ()
    revision: int = 1
    status: Status = "counted"
    why: str = ""
    was_held: bool = False
    late: bool = False


def tracker(number: int) -> str:
    """A tracker for each number."""
    lot = Random(number)
    return "".join(lot.choice(_ALPHABET) for _ in range(16))


def some_casts(seed: int, count: int, options: Sequence[str], groups: Sequence[str]) -> list[Cast]:
    """Ballots of every kind."""
    lot, found = Random(seed), []
    for number in range(count):
        ranking = tuple(lot.sample(options, lot.randint(0, len(options))))
        status = lot.choice(_STATUSES)
        found.append(
            Cast(
                tracker(seed * 100_000 + number),
                lot.choice(groups),
                ranking,
                own=tuple(lot.sample(options, 1)) if lot.random() < 0.2 else (),
                revision=lot.choice([1, 1, 1, 2, 3]),
                status=status,
                why={"held": lot.choice(["burst", "device"]), "void": "one-person"}.get(status, ""),
                was_held=lot.random() < 0.1,
                late=lot.random() < 0.5,
            )
        )
    return found


def closed_contest(contest_id: str = "s1", *, rules: Rules | None = None) -> Contest:
    """A contest that has been held."""
    return msgspec.structs.replace(
        contest(contest_id, rules=rules),
        phase=Phase.PUBLISHED,
        opened_at=_OPENED_AT,
        closed_at=_OPENED_AT,
    )


def sealing(contest: Contest, sealed: Collection[str]) -> Contest:
    """A contest that keeps the ballots of these electorates for its auditor, as a programme may."""
    return msgspec.structs.replace(
        contest,
        electorates=tuple(
            msgspec.structs.replace(one, audit="sealed", min=max(10, one.min))
            if one.id in sealed
            else one
            for one in contest.electorates
        ),
    )


def opening_of(contest: Contest, sealed: Collection[str] = ()) -> records.Announced:
    """What the ledger of a contest begins with."""
    return records.Announced(
        sid=contest.id,
        options=tuple(one.id for one in contest.options),
        groups=tuple(
            records.Group(one.id, one.weight, one.full_weight_at, one.min, one.id in sealed)
            for one in contest.electorates
        ),
        method=contest.rules.method,
        max_ranked=contest.rules.max_ranked,
        own=contest.rules.own,
        k_public=10,
        opens="2017-04-17T05:20:00Z",
        closes="2017-04-17T05:30:00Z",
        lot_commit=records.lot_commit(SEED).hex(),
        rules_hash=rules_hash(render.rules(contest)),
        code_hash=hashlib.sha256(render.verifier()).hexdigest(),
    )


class Ledger:
    """The records of some ballots in the order of a ledger, with a checkpoint after every batch."""

    def __init__(
        self, contest: Contest, casts: Sequence[Cast], sealed: Collection[str] = (), batch: int = 8
    ) -> None:
        contest = sealing(contest, sealed)
        self.contest, self.casts = contest, casts
        self.origin = f"expo.example/{contest.id}"
        self.records: list[bytes] = []
        self.notes: list[str] = []
        self.openings: list[Opened] = []
        self._tree = Compact()
        self._append([records.open_record(opening_of(contest, sealed))])
        for first in range(0, len(casts), batch):
            self._append(self._batch(casts[first : first + batch]))
        self._append(self._decisions(late=False))
        self._append([records.close_record(
            sid=contest.id, figures=self._figures(), seed=SEED,
            groups=[one.id for one in contest.electorates],
        )])  # fmt: skip
        self.root = self._tree.root
        self._append(self._decisions(late=True))

    def _append(self, leaves: list[bytes]) -> None:
        if leaves:
            self.records += leaves
            self._tree = self._tree.extended(map(leaf_hash, leaves))
            self.notes.append(checkpoint(self.origin, self._tree.size, self._tree.root, KEY))

    def _batch(self, casts: Sequence[Cast]) -> list[bytes]:
        found: list[tuple[bytes, list[bytes]]] = []
        for cast in casts:
            for revision in range(1, cast.revision + 1):
                content = self._content(cast, revision)
                nonce = records.derived_nonce(b"secret", cast.tracker, revision)
                leaf = records.ballot_record(
                    sid=self.contest.id, electorate=cast.electorate, tracker=cast.tracker,
                    revision=revision, com=records.commitment(nonce, content),
                )  # fmt: skip
                leaves = [leaf]
                is_last = revision == cast.revision
                if is_last and (cast.status != "counted" or cast.was_held):
                    leaves.append(records.hold_record(
                        sid=self.contest.id, tracker=cast.tracker, revision=revision,
                        why=cast.why if cast.status == "held" else "burst",
                    ))  # fmt: skip
                found.append((leaf_hash(leaf), leaves))
                if is_last:
                    self.openings.append(Opened(
                        content, nonce, cast.status, cast.electorate, cast.tracker, revision
                    ))  # fmt: skip
        return [leaf for _, leaves in sorted(found) for leaf in leaves]

    def _content(self, cast: Cast, revision: int) -> bytes:
        ranking = cast.ranking if revision == cast.revision else cast.ranking[::-1]
        return records.content(
            sid=self.contest.id, electorate=cast.electorate, ranking=ranking,
            tracker=cast.tracker, revision=revision, own=cast.own,
        )  # fmt: skip

    def _decisions(self, *, late: bool) -> list[bytes]:
        about: dict[str, Any]
        found = []
        for cast in self.casts:
            about = {"sid": self.contest.id, "tracker": cast.tracker, "revision": cast.revision}
            if cast.late != late:
                continue
            if cast.status == "void":
                found.append(records.void_record(**about, why=cast.why))
            elif cast.status == "counted" and cast.was_held:
                found.append(records.release_record(**about))
        return found

    def _figures(self) -> records.Figures:
        counted: dict[str, int] = {}
        held = void = withdrawn = 0
        for cast in self.casts:
            is_waiting = cast.late and (cast.status == "void" or cast.was_held)
            if cast.status == "held" or is_waiting:
                held += 1
            elif cast.status == "void":
                void += 1
            elif not cast.ranking:
                withdrawn += 1
            else:
                counted[cast.electorate] = counted.get(cast.electorate, 0) + 1
        superseded = sum(cast.revision - 1 for cast in self.casts)
        return records.Figures(counted, held, superseded, void, withdrawn)

    def sealed_with(self, old: bytes, new: bytes) -> None:
        """The same ledger with something else in its last records, and every checkpoint made anew."""
        said = [record.replace(old, new) for record in self.records]
        self.records, self.notes, self._tree = [], [], Compact()
        for record in said:
            self._append([record])
            if b'"t":"close"' in record:
                self.root = self._tree.root

    def result(self) -> dict[str, Any]:
        """What the ballots come to."""
        rules = files.rules_of(canonical.decode(self.records[0]))
        recount = Recount(rules)
        for cast in self.casts:
            recount.add(
                cast.electorate, cast.ranking, cast.own, cast.status,
                why=cast.why or None, revision=cast.revision,
            )  # fmt: skip
        return result_value(recount, lot_of(rules, SEED, self.root))

    def write(self, target: Path) -> Path:
        """The bundle, in this folder."""
        writer = BundleWriter(
            target, contest=self.contest, origin=self.origin, key=KEY,
            rules=render.rules(self.contest), verifier=render.verifier(), software="sawt/test",
        )  # fmt: skip
        with writer:
            writer.add_records(self.records)
            writer.add_openings(sorted(self.openings, key=lambda one: one.tracker))
            writer.finish(self.notes, root=self.root, seed=SEED, ranks=self.result()["ranks"])
        return target


def small_bundle(target: Path, *, seed: int = 1, ballots: int = 40, contest_id: str = "s1") -> Path:
    """A bundle with ballots of every kind."""
    held = closed_contest(contest_id)
    options = [one.id for one in held.options]
    groups = [one.id for one in held.electorates]
    return Ledger(held, some_casts(seed, ballots, options, groups)).write(target)


def resign(folder: Path) -> None:
    """Sign the bundle anew, as an operator who has changed something could."""
    known = {}
    for name in files.INDEXED:
        data = (folder / name).read_bytes()
        known[name] = hashlib.sha256(data).hexdigest(), len(data)
    sid = msgspec.json.decode((folder / files.INDEX).read_bytes())["sid"]
    origin = (folder / files.VKEY).read_text().split("+")[0]
    index = files.index(sid, known)
    (folder / files.INDEX).write_bytes(index)
    note = files.index_note(origin, hashlib.sha256(index).digest(), KEY)
    (folder / files.INDEX_NOTE).write_bytes(note)
