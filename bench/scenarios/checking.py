"""A published result checked by whoever doubts it: the one-file verifier on a bundle of many ballots.

``python -m bench.scenarios.checking write FOLDER BALLOTS`` makes a bundle; ``hash FOLDER`` reads its files
once and makes every hash the verifier has to make, and nothing else: what the check cannot be faster than.
"""

import hashlib
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.scenarios.recount import OPTIONS, RANKED, Counted, timed
from expo.identity.people import Assurance
from expo.record import canonical
from expo.record.merkle import Compact, leaf_hash
from expo.record.notes import checkpoint
from expo.record.signing import SigningKey
from expo.words import Text
from voting.bundle import render
from voting.bundle.files import rules_of
from voting.bundle.official import Recount, lot_of, result_value
from voting.bundle.rules import rules_hash
from voting.bundle.writer import BundleWriter, Opened
from voting.contests import Contest, ContestId, Electorate, Option, Phase, Rules
from voting.ledger import records

BUNDLE: Final = "bundle"
_SELF: Final = "bench.scenarios.checking"
_BATCH: Final = 2_000  # ballots between two checkpoints, as a busy contest has
_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SEED: Final = bytes(range(32))
_KEY: Final = SigningKey(_SEED)
_ORIGIN: Final = "bench.example/bench"
_OPENED: Final = datetime(2017, 4, 17, tzinfo=UTC)
_GROUP: Final = "customers"


class Bundle:
    """A bundle with so many ballots, each of another voter.

    Raises:
        Failed: It could not be made.
    """

    def __init__(self, folder: Path, ballots: int) -> None:
        self._folder = folder
        timed(["-m", _SELF, "write", str(folder), str(ballots)], seconds=400)

    def check(self) -> Counted:
        """The verifier on it, as anybody starts it.

        Raises:
            Failed: It did not hold, or took too long.
        """
        folder = self._folder / BUNDLE
        return timed([str(folder / "verify.py"), str(folder)], seconds=300)

    def hash(self) -> Counted:
        """Its files read and hashed as often as the verifier must.

        Raises:
            Failed: It took too long.
        """
        return timed(["-m", _SELF, "hash", str(self._folder)])


# --- in a process of its own ---


def write(folder: Path, ballots: int) -> None:
    """The bundle; the same number gives the same files."""
    contest = _contest()
    opening = records.open_record(_announced(contest))
    writer = BundleWriter(
        folder / BUNDLE,
        contest=contest,
        origin=_ORIGIN,
        key=_KEY,
        rules=render.rules(contest),
        verifier=render.verifier(),
        software="sawt/bench",
    )
    with writer:
        notes, tree = [], Compact()
        for batch in _batches(contest, opening, ballots):
            writer.add_records(batch)
            tree = tree.extended(map(leaf_hash, batch))
            notes.append(checkpoint(_ORIGIN, tree.size, tree.root, _KEY))
        recount = Recount(rules_of(canonical.decode(opening)))
        writer.add_openings(_counted(contest, ballots, recount))
        ranks = result_value(recount, lot_of(recount.rules, _SEED, tree.root))["ranks"]
        writer.finish(notes, root=tree.root, seed=_SEED, ranks=ranks)


def _batches(contest: Contest, opening: bytes, ballots: int) -> Iterator[list[bytes]]:
    yield [opening]
    batch: list[bytes] = []
    for one in _ballots(contest, ballots):
        batch.append(
            records.ballot_record(
                sid=contest.id,
                electorate=_GROUP,
                tracker=one.tracker,
                revision=1,
                com=records.commitment(one.nonce, one.content),
            )
        )
        if len(batch) == _BATCH:
            yield sorted(batch, key=leaf_hash)
            batch = []
    if batch:
        yield sorted(batch, key=leaf_hash)
    figures = records.Figures({_GROUP: ballots})
    yield [records.close_record(sid=contest.id, figures=figures, seed=_SEED, groups=[_GROUP])]


def _counted(contest: Contest, ballots: int, recount: Recount) -> Iterator[Opened]:
    """The openings, counted on their way: the writer compares its own count with this one."""
    for one, ranking in _openings(contest, ballots):
        recount.add(_GROUP, ranking, (), "counted", why=None, revision=1)
        yield one


def _ballots(contest: Contest, ballots: int) -> Iterator[Opened]:
    return (one for one, _ in _openings(contest, ballots))


def _openings(contest: Contest, ballots: int) -> Iterator[tuple[Opened, tuple[str, ...]]]:
    """By tracker; a second pass gives the same."""
    chance, ids = random.Random(ballots), [option.id for option in contest.options]
    for n in range(ballots):
        ranking = tuple(chance.sample(ids, RANKED))
        tracker = _tracker((n << 60) | chance.getrandbits(60))
        content = records.content(
            sid=contest.id, electorate=_GROUP, ranking=ranking, tracker=tracker, revision=1
        )
        yield Opened(content, chance.randbytes(32), "counted", _GROUP, tracker, 1), ranking


def _tracker(number: int) -> str:
    return "".join(_LETTERS[number >> shift & 31] for shift in range(75, -1, -5))


def _contest() -> Contest:
    name = Text(ar="سباق", en="Contest")
    return Contest(
        ContestId("bench"),
        "bench",
        "/",
        name,
        1,
        tuple(
            Option(f"option-{n}", name, name, name, f"entity-{n}", name, "/")
            for n in range(OPTIONS)
        ),
        (Electorate(_GROUP, name, 1, 1, 0, Assurance.DEVICE),),
        Rules(max_ranked=RANKED),
        phase=Phase.PUBLISHED,
        opened_at=_OPENED,
        closes_at=_OPENED,
        closed_at=_OPENED,
    )


def _announced(contest: Contest) -> records.Announced:
    return records.Announced(
        sid=contest.id,
        options=tuple(option.id for option in contest.options),
        groups=tuple(
            records.Group(one.id, one.weight, one.full_weight_at, one.min)
            for one in contest.electorates
        ),
        method=contest.rules.method,
        max_ranked=contest.rules.max_ranked,
        own=contest.rules.own,
        k_public=10,
        opens="2017-04-17T00:00:00Z",
        closes="2017-04-17T00:00:00Z",
        lot_commit=records.lot_commit(_SEED).hex(),
        rules_hash=rules_hash(render.rules(contest)),
        code_hash=hashlib.sha256(render.verifier()).hexdigest(),
    )


def hash_all(folder: Path) -> None:
    """Every file once, every record as a leaf in the tree, every opening once."""
    tree = Compact()
    for path in sorted((folder / BUNDLE).iterdir()):
        with path.open("rb") as file:
            hashlib.file_digest(file, "sha256")
    with (folder / BUNDLE / "ledger.jsonl").open("rb") as file:
        tree = tree.extended(leaf_hash(line[:-1]) for line in file)
    with (folder / BUNDLE / "ballots.jsonl").open("rb") as file:
        for line in file:
            hashlib.sha256(line).digest()


if __name__ == "__main__":
    _what, _folder, *_ballot_count = sys.argv[1:]
    if _what == "write":
        write(Path(_folder), int(_ballot_count[0]))
    else:
        hash_all(Path(_folder))
