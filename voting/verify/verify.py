#!/usr/bin/env python3
"""Checks a published result from nothing but the files beside it. Python 3.10, standard library only.

    python3 verify.py [FOLDER] [--tracker T] [--vkey KEY] [--openings | --checkpoint | --receipt FILE]

The first thing that is wrong ends it with one sentence and exit code 1. In this order:
1. Every file is there, none is added, each is what the signed index says.
2. Every checkpoint is signed, and is the root of the first so many records of the ledger.
3. Every ballot in the ledger has one opening that fits the commitment of its latest revision, with the
   status that follows from the records; the figures in the record of the close are right.
4. The seed of the lot is the one committed to before the opening.
5. A recount of the openings gives tally.json and, byte for byte, result.json.
6. What somebody kept: a checkpoint is the beginning of this ledger, a receipt's leaf is in it.
It believes no arithmetic but its own. Signatures need the package `cryptography`; without it all else is
checked. No file can show that every ballot is a real person's, so that is not checked.
"""

import argparse
import base64
import json
import math
import re
import stat
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    Ed25519PublicKey = None  # type: ignore[assignment,misc]  # the report says so

INDEXED = (
    "ballots.jsonl", "checkpoints.txt", "ledger.jsonl", "manifest.json", "result.json", "result.note",
    "rules.ar.txt", "rules.en.txt", "tally.json", "vkey",
)  # fmt: skip
FILES = {*INDEXED, "index.json", "index.note", "verify.py"}
LONGEST = 1 << 24  # of a file that is read at once, and of a line of the others
TRACKER = re.compile("[0-9A-HJKMNP-TV-Z]{16}")
BETWEEN = b"\xff"  # parts the ranking from the own options in a ballot of option numbers
JSON = Any

# What may stand in a file: a type, a literal, (one of these), [of each], {str: of each}, {name: of it}.
_ABOUT = {"rev": int, "sid": str, "trk": str, "v": 1}
_GROUP = {"full": int, "id": str, "min": int, "w": int}
_TEXT = {"ar": str, "en": str}
_SAME = {
    "beacon": str, "closes": str, "k_public": int, "max_rank": int, "opens": str, "sid": str, "v": 1,
    "method": ("ranked_pairs", "schulze", "borda", "irv"), "own": ("abstain", "count"),
}  # fmt: skip
RECORD = (
    {**_ABOUT, "com": str, "grp": str, "t": "ballot"},
    {**_ABOUT, "t": "hold", "why": str},
    {**_ABOUT, "t": "release"},
    {**_ABOUT, "by": "officer", "t": "void", "why": str},
    {"counted": {str: int}, "held": int, "lot_seed": str, "sid": str, "superseded": int, "t": "close",
     "v": 1, "void": int, "withdrawn": int},
    {**_SAME, "code_hash": str, "groups": [(_GROUP, {**_GROUP, "audit": "sealed"})], "lot_commit": str,
     "options": [str], "rules_hash": str, "t": "open"},
)  # fmt: skip
_CONTENT = {**_ABOUT, "grp": str, "rank": [str]}
OPENING = {"content": (_CONTENT, {**_CONTENT, "own": [str]}), "nonce": str, "status": str}
_COUNTS = {"N": [[int]], "R": [[int]], "n": int, "own": [int], "withdrawn": int}
_TALLY = {**_COUNTS, "held": {str: int}, "id": str, "revised": int, "void": {str: int}}
TALLY = {"groups": [_TALLY], "options": [str], "sid": str, "v": 1}
MANIFEST = {
    **_SAME, "closed": str, "day": int, "grace_seconds": int, "origin": str, "software": str,
    "groups": [{**_GROUP, "assurance": str, "audit": ("open", "sealed"), "name": _TEXT}],
    "options": [{"entity": str, "entity_name": _TEXT, "id": str, "title": _TEXT}], "title": _TEXT,
}  # fmt: skip
_PROMISE = {**_ABOUT, "accepted_at": str, "included_by": str, "leaf_hash": str}
RECEIPT = {"index": int, "note": str, "path": [str], "promise": _PROMISE, "seal": str, "size": int}
KEEP = "Keep it: where its signature holds, it proves that there was another ledger"
INDEX = {"files": {name: {"sha256": str, "size": int} for name in INDEXED}, "sid": str, "v": 1}


class Wrong(Exception):
    """Why the bundle is not to be believed: one sentence that begins with a file's name."""


def wrong(where: str, what: str) -> NoReturn:
    """End the check; what strangers wrote is shown without control characters."""
    raise Wrong(plain(f"{where}: {what}"[:400]))


def plain(text: str) -> str:
    """What strangers wrote, on one line and without control characters."""
    return "".join(c if c.isprintable() else "?" for c in text)


def expect(is_so: object, where: str, what: str) -> None:
    """End the check unless this is so."""
    if not is_so:
        wrong(where, what)


# --- canonical JSON: sorted ASCII names, no white space, text in NFC, whole numbers from 0 to 2**53 ---
ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def parsed(text: str, shape: object, where: str) -> JSON:
    """The value of this shape whose one way to be written this is."""
    try:
        value = json.loads(text)
        is_canonical = ENCODER.encode(value) == text and unicodedata.is_normalized("NFC", text)
    except (ValueError, RecursionError) as error:
        wrong(where, f"cannot be read as JSON: {error}")
    expect(is_canonical, where, "is not canonical JSON")
    expect(fits(value, shape), where, "does not say what it has to say")
    return value


def fits(value: JSON, shape: Any) -> bool:
    """Whether a value has the shape."""
    if isinstance(shape, tuple):
        return any(fits(value, one) for one in shape)
    if isinstance(shape, type):
        return type(value) is shape and (type(value) is not int or 0 <= value < 1 << 53)
    if isinstance(shape, list):
        return type(value) is list and all(fits(one, shape[0]) for one in value)
    if not isinstance(shape, dict) or type(value) is not dict:
        return type(value) is type(shape) and bool(value == shape)
    if str in shape:
        return all(name.isascii() and fits(one, shape[str]) for name, one in value.items())
    return value.keys() == shape.keys() and all(fits(value[name], shape[name]) for name in shape)


def unbase64(letters: str, size: int, where: str, alphabet: str = "+/") -> bytes:
    """So many bytes, if they are written in the one way; base64url has no padding."""
    try:
        data = base64.b64decode(letters + "=" * (-len(letters) % 4), alphabet, validate=True)
    except ValueError:
        data = b""
    again = base64.b64encode(data, alphabet.encode()).decode()
    again = again if alphabet == "+/" else again.rstrip("=")
    expect(len(data) == size and letters == again, where, "has no proper base64")
    return data


# --- the tree of RFC 6962 ---
def leaf_hash(record: bytes) -> bytes:
    """The hash of a record."""
    return sha256(b"\0" + record).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side."""
    return sha256(b"\1" + left + right).digest()


class Tree:
    """Grows leaf by leaf; keeps the hashes of its largest complete subtrees, from the left."""

    def __init__(self) -> None:
        self.size, self.peaks = 0, list[bytes]()

    def add(self, leaf: bytes) -> None:
        """Take in the next leaf."""
        complete, self.size = self.size, self.size + 1
        while complete & 1:
            leaf, complete = node_hash(self.peaks.pop(), leaf), complete >> 1
        self.peaks.append(leaf)

    def root(self) -> bytes:
        """The root of the leaves so far."""
        root = self.peaks[-1] if self.peaks else sha256(b"").digest()
        for left in self.peaks[-2::-1]:
            root = node_hash(left, root)
        return root


def path_of(index: int, level: Sequence[bytes]) -> list[bytes]:
    """The hashes that lead from the leaf with this index to the root of all leaves."""
    path: list[bytes] = []
    while len(level) > 1:
        path += level[index ^ 1 : (index ^ 1) + 1]
        pairs = [node_hash(*level[n : n + 2]) for n in range(0, len(level) - 1, 2)]
        level, index = [*pairs, *level[len(pairs) * 2 :]], index >> 1
    return path


def root_by(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The root to which a path leads from a leaf; None: it fits no tree of this size."""
    if size <= 1 or not path:
        return leaf if size == 1 and not path and not index else None
    half = 1 << (size - 1).bit_length() - 1
    is_left = index < half
    below = root_by(leaf, index % half, half if is_left else size - half, path[:-1])
    return below and (node_hash(below, path[-1]) if is_left else node_hash(path[-1], below))


# --- the recount: options are numbers, a ballot is bytes, its ranking before its voter's own options ---
def count(size: int, ballots: Mapping[bytes, int]) -> dict[str, JSON]:
    """The counts of one electorate: n, N (row above column), R (option at place, last: left out), own."""
    every, n, own_ = range(size), 0, [0] * size
    N, R = [[0] * size for _ in every], [[0] * (size + 1) for _ in every]
    for ballot, times in ballots.items():
        rank, _, own = ballot.partition(BETWEEN)
        below = [a for a in every if a not in own]
        n += times
        for a in own:
            own_[a] += times
        for place, a in enumerate(rank.translate(None, own)):
            below.remove(a)
            R[a][place] += times
            row = N[a]
            for b in below:
                row[b] += times
        for a in below:
            R[a][size] += times
    return {"n": n, "N": N, "R": R, "own": own_}


def is_possible(said: JSON, size: int) -> bool:
    """Whether these can be the counts of so many ballots at all: who sees none can still tell that."""
    n, N, R, own, every = said["n"], said["N"], said["R"], said["own"], range(size)
    return (
        len(N) == len(R) == len(own) == size
        and all(len(N[a]) == size and len(R[a]) == size + 1 for a in every)
        and all(N[a][a] == 0 and sum(R[a]) + own[a] == n for a in every)
        and all(N[a][b] + N[b][a] <= n for a in every for b in every)
        and all(sum(row[p] for row in R) <= n for p in every)
        and all(sum(N[a]) <= sum((size - 1 - p) * R[a][p] for p in every) for a in every)
    )


def shared(first: Sequence[int], second: Sequence[int]) -> list[list[int]]:
    """The first order; what changes places in the second shares one, with all between."""
    ranks, start = list[list[int]](), 0
    for end in range(1, len(first) + 1):
        if set(first[:end]) == set(second[:end]):
            ranks.append(list(first[start:end]))
            start = end
    return ranks


def ranked_pairs(P: JSON, sigma: Sequence[int]) -> tuple[list[int], list[tuple[int, int, bool]]]:
    """The order, and each won pair, clearest first, with whether it was locked."""
    place = {a: n for n, a in enumerate(sigma)}
    pairs = [(P[b][a] - P[a][b], P[b][a], place[a], -place[b], a, b) for a in sigma for b in sigma]
    under, taken, order = {a: {a} for a in sigma}, list[tuple[int, int, bool]](), list[int]()
    for *_, a, b in sorted(pair for pair in pairs if pair[0] < 0):
        is_locked = a not in under[b]
        taken.append((a, b, is_locked))
        for x in sigma:
            if is_locked and a in under[x]:
                under[x] |= under[b]
    left = list(sigma)
    while left:
        order.append(next(a for a in left if not any(a in under[b] for b in left if b != a)))
        left.remove(order[-1])
    return order, taken


def schulze(P: JSON, sigma: Sequence[int]) -> list[list[int]]:
    """The ranks by strongest paths of margins."""
    best = [[max(0, P[a][b] - P[b][a]) for b in range(len(P))] for a in range(len(P))]
    for k in sigma:
        for i in sigma:
            for j in sigma:
                if len({i, j, k}) == 3:
                    best[i][j] = max(best[i][j], min(best[i][k], best[k][j]))
    ranks, left = list[list[int]](), list(sigma)
    while left:
        ranks.append([a for a in left if all(best[b][a] <= best[a][b] for b in left)])
        left = [a for a in left if a not in ranks[-1]]
    return ranks


def irv(piles: Mapping[bytes, int], S: Sequence[int], lot: Sequence[int]) -> list[JSON]:
    """Rounds of (tallies, exhausted, who leaves, by what)."""
    rounds, left = list[JSON](), sorted(lot)
    while left:
        tallies, exhausted, tied, by = dict.fromkeys(left, 0), 0, left, ""
        for rank, weight in piles.items():
            first = next((a for a in rank if a in tallies), None)
            if first is None:
                exhausted += weight
            else:
                tallies[first] += weight
        earlier = [("earlier", one[0]) for one in reversed(rounds)]
        by_lot = {a: -n for n, a in enumerate(lot)}
        for rule, score in [("tally", tallies), *earlier, ("net", S), ("lot", by_lot)]:
            if len(tied) > 1 or not by:
                by, least = rule, min(score[a] for a in tied)
                tied = [a for a in tied if score[a] == least]
        rounds.append((tallies, exhausted, tied[0], by))
        left = [a for a in left if a != tied[0]]
    return rounds


def combined(rules: JSON, groups: Sequence[JSON]) -> tuple[JSON, JSON, JSON, JSON, JSON]:
    """The electorates put together: what a ballot of each weighs, and T, P, S, C of docs/COUNTING.md."""
    both, every = list(zip(groups, rules["groups"], strict=True)), range(len(rules["options"]))
    full = [max(g["n"], r["full"]) if g["n"] >= max(1, r["min"]) and r["w"] else 0 for g, r in both]
    scale = math.lcm(*filter(None, full))  # 0: this electorate says nothing
    c = [r["w"] * (scale // f) if f else 0 for (_, r), f in zip(both, full, strict=True)]
    weighed = [(x, g) for x, g in zip(c, groups, strict=True) if x]
    P = [[sum(x * g["N"][a][b] for x, g in weighed) for b in every] for a in every]
    S = [sum(P[a][b] - P[b][a] for b in every) for a in every]
    C = [sum(x * g["R"][a][0] for x, g in weighed) for a in every]
    return c, sum(x * g["n"] for x, g in weighed), P, S, C


def piles_of(c: Sequence[int], ballots: Sequence[Mapping[bytes, int]]) -> Counter[bytes]:
    """What is said, own options taken out, with all its weight."""
    piles = Counter[bytes]()
    for weight, theirs in zip(c, ballots, strict=True):
        for ballot, times in theirs.items():
            rank, _, own = ballot.partition(BETWEEN)
            piles[rank.translate(None, own)] += times * weight
    return piles


def recount(rules: JSON, lot: Sequence[int], groups: Sequence[JSON], ballots: JSON) -> JSON:
    """All that the counts of the electorates lead to; without ballots (None) no instant runoff."""
    options, every = rules["options"], range(len(rules["options"]))
    c, total, P, S, C = combined(rules, groups)
    # What changes places when the lot is reversed shares a rank. Where no ballot counts there is no order.
    lots = [list(lot), list(lot)[::-1]] if total else [[], []]
    sigmas = [sorted(one, key=lambda a: (-S[a], -C[a], one.index(a))) for one in lots]
    pairs, chains = [ranked_pairs(P, sigma) for sigma in sigmas], schulze(P, sigmas[0])

    def ranked(first: Sequence[int], second: Sequence[int], **more: JSON) -> dict[str, JSON]:
        ranks = [[options[a] for a in rank] for rank in shared(first, second)]
        return {"order": [options[a] for a in first], "ranks": ranks, **more}

    methods: dict[str, JSON] = {"borda": ranked(*sigmas), "irv": None}
    methods["schulze"] = ranked(
        [a for r in chains for a in r], [a for r in chains for a in r[::-1]]
    )
    methods["ranked_pairs"] = ranked(pairs[0][0], pairs[1][0], pairs=[
        {"over": options[a], "under": options[b], "margin": str(P[a][b] - P[b][a]),
         "against": str(P[b][a]), "locked": is_locked} for a, b, is_locked in pairs[0][1]])  # fmt: skip
    if ballots is not None:
        piles = piles_of(c, list(ballots))
        rounds = [irv(piles, S, lots[0])] * 2
        if any(by == "lot" for *_, by in rounds[0]):  # or it made no difference
            rounds[1] = irv(piles, S, lots[1])
        methods["irv"] = ranked(*([one[2] for one in each[::-1]] for each in rounds), rounds=[
            {"tallies": {options[a]: str(n) for a, n in tallies.items()}, "exhausted": str(exhausted),
             "removed": options[a], "by": by} for tallies, exhausted, a, by in rounds[0]])  # fmt: skip
    beats = [[P[a][b] > P[b][a] for b in every] for a in every]
    best = sorted(lots[0], key=lambda a: sum(row[a] for row in beats) - sum(beats[a]))
    tops = (best[:k] for k in every if k and all(beats[a][b] for a in best[:k] for b in best[k:]))
    smith = next(tops, best)  # the fewest that beat all others
    return {
        "ballots": sum(g["n"] for g in groups), "T": str(total), "S": [str(n) for n in S],
        "C": [str(n) for n in C], "P": [[str(n) for n in row] for row in P], "methods": methods,
        "condorcet": options[smith[0]] if len(smith) == 1 else None, "c": [str(x) for x in c],
        "smith": [options[a] for a in sorted(smith)],
        **{name: methods[rules["method"]][name] for name in ("order", "ranks")},
    }  # fmt: skip


# --- the bundle ---
class Bundle:
    """The files of one folder, and what has been learnt from them so far."""

    def __init__(self, folder: str, openings: Sequence[str] = ()) -> None:
        self.folder, self.reading = Path(folder), folder
        self.more = [str(Path(name).resolve()) for name in openings]  # what an auditor has
        # Of each tracker: revision, electorate, status, commitment.
        self.latest: dict[str, tuple[int, str, str, bytes]] = {}
        self.replaced: set[tuple[str, int]] = set()  # tracker and revision of all earlier ballots
        self.at_close: dict[str, str] = {}  # status at the close of what was decided later
        self.tree, self.opening, self.closing = Tree(), dict[str, JSON](), dict[str, JSON]()
        self.electorates, self.hidden, self.kept = set[str](), set[str](), list[str]()

    def path(self, name: str) -> Path:
        """Where a file is; from now on it is to blame for what cannot be read."""
        self.reading = name
        return self.folder / name

    def text(self, name: str) -> str:
        """A short file."""
        with self.path(name).open(encoding="utf-8", newline="\n") as file:
            return file.read(LONGEST)

    def lines(self, name: str) -> Iterator[tuple[str, str]]:
        """Each line of a long file, after where it stands."""
        with self.path(name).open(encoding="utf-8", newline="\n") as file:
            for number, line in enumerate(iter(lambda: file.readline(LONGEST), ""), 1):
                where = f"{name}, line {number}"
                yield where, line[:-1] if line[-1] == "\n" else wrong(where, "does not end")

    def digest(self, name: str) -> bytes:
        """The hash of a file."""
        found = sha256()
        with self.path(name).open("rb") as file:
            for some in iter(lambda: file.read(LONGEST), b""):
                found.update(some)
        return found.digest()

    def check_files(self) -> None:
        """Step 1."""
        for name in sorted(FILES.symmetric_difference(one.name for one in self.folder.iterdir())):
            wrong(name, "is missing" if name in FILES else "does not belong to a bundle")
        for name in sorted(FILES):
            expect(stat.S_ISREG(self.path(name).lstat().st_mode), name, "is no plain file")
        self.take_key(self.text("vkey"))
        self.check_note("index.note", "sawt-bundle/v1", "index.json")
        self.index = parsed(self.text("index.json"), INDEX, "index.json")
        for name, said in self.index["files"].items():
            it = {"sha256": self.digest(name).hex(), "size": self.path(name).stat().st_size}
            expect(it == said, name, "is not what index.json names: its length or hash differs")

    def take_key(self, line: str) -> None:
        """Believe the signatures of this key: ``<name>+<id>+<base64(0x01 || public key)>``."""
        self.vkey, (self.origin, id_, public) = line, (*line[:-1].split("+", 2), "", "")[:3]
        self.public = unbase64(public, 33, "vkey")
        is_key = line[-1:] == "\n" and self.public[0] == 1 and id_ == self.key_id(self.origin).hex()
        expect(is_key, "vkey", "is no key of signed notes")

    def key_id(self, name: str) -> bytes:
        """By what a signature of our key under this name is known."""
        return sha256(f"{name}\n".encode() + self.public).digest()[:4]

    def opened(self, note: str, where: str, name: str = "") -> tuple[list[str], bytes]:
        """The lines and the hash that a note says, if our key signed it and nobody else."""
        body, _, signature = note.partition("\n\n")
        found = re.fullmatch(r"\u2014 (\S+) (\S+)\n", signature) or wrong(where, "is not signed")
        raw = unbase64(found[2], 68, where)
        is_ours = found[1] == (name or self.origin) and raw[:4] == self.key_id(found[1])
        expect(is_ours, where, f"is signed by {found[1]}, which is not the key in vkey")
        if Ed25519PublicKey is not None:
            try:
                key = Ed25519PublicKey.from_public_bytes(self.public[1:])
                key.verify(raw[4:], f"{body}\n".encode())
            except (InvalidSignature, ValueError):
                wrong(where, "its signature does not hold")
        *lines, hash_ = body.split("\n")
        return lines, unbase64(hash_, 32, where)

    def check_note(self, name: str, kind: str, of: str) -> None:
        """Look whether the note is of this kind and signs that file."""
        lines, hash_ = self.opened(self.text(name), name)
        expect(lines == [kind, self.origin], name, f"is no note {kind} of {self.origin}")
        expect(hash_ == self.digest(of), of, f"is not the file that {name} signs")

    def checkpoints(self, text: str, name: str) -> dict[int, bytes]:
        """The signed roots by size of the tree, which grows."""
        signed, parts = dict[int, bytes](), text[:-1].split("\n\n")
        for number in range(0, len(parts), 2):
            where = f"{name}, checkpoint {number // 2 + 1}"
            lines, root = self.opened("\n\n".join(parts[number : number + 2]) + "\n", where)
            size = lines[1] if len(lines) == 2 and lines[0] == self.origin else ""
            is_one = re.fullmatch("[1-9][0-9]{0,15}", size)
            expect(is_one, where, f"is no checkpoint of {self.origin}")
            is_same = signed.get(int(size), root) == root
            expect(is_same, where, f"disagrees with another one about the first {size} records")
            expect(int(size) > max(signed, default=0), where, "does not grow")
            signed[int(size)] = root
        return signed

    def check_ledger(self) -> None:
        """Step 2, and what the records say."""
        signed = self.checkpoints(self.text("checkpoints.txt"), "checkpoints.txt")
        for where, line in self.lines("ledger.jsonl"):
            record = parsed(line, RECORD, where)
            is_first = not self.opening
            is_so = is_first == (record["t"] == "open")
            expect(is_so, where, "the first record, and no other, opens")
            if is_first:
                self.opening, self.electorates = record, {g["id"] for g in record["groups"]}
            expect(record["sid"] == self.opening["sid"], where, "belongs to another contest")
            self.tree.add(leaf_hash(line.encode()))
            self._take(record, where)
            if self.tree.size in signed:
                is_root = signed[self.tree.size] == self.tree.root()
                expect(is_root, where, f"does not lead to the checkpoint of size {self.tree.size}")
        is_whole, size = self.closing and max(signed) == self.tree.size, self.tree.size
        expect(is_whole, "ledger.jsonl", f"ends after {size} records: not closed, or not signed")
        earlier = Counter(tracker for tracker, _ in self.replaced)
        for tracker, known in self.latest.items():
            is_last = known[0] == earlier[tracker] + 1
            expect(is_last, "ledger.jsonl", f"does not hold every revision of {tracker}")

    def _take(self, record: dict[str, JSON], where: str) -> None:
        kind, tracker, revision = record["t"], record.get("trk", ""), record.get("rev", 1)
        last, group, status, com = self.latest.get(tracker, (0, "", "", b""))
        is_late = bool(self.closing) and kind in ("ballot", "hold", "close")
        expect(not is_late, where, "stands after the close")
        if kind == "close":
            self.closing, self.close_root = record, self.tree.root()
        elif kind == "ballot":
            is_ballot = TRACKER.fullmatch(tracker) and record["grp"] in self.electorates
            expect(is_ballot, where, "has no proper tracker, or is of no electorate of the contest")
            is_new = revision not in (0, last) and (tracker, revision) not in self.replaced
            expect(is_new, where, "is a revision that stands twice")
            if last:
                self.replaced.add((tracker, min(revision, last)))
            if revision > last:
                com = unbase64(record["com"], 32, where, "-_")
                self.latest[tracker] = (revision, sys.intern(record["grp"]), "counted", com)
        elif kind != "open":
            expect(0 < revision <= last, where, "is about a ballot that is not there")
            if revision == last:  # what is said of an earlier one has no effect
                is_next = (kind == "hold") == (status == "counted")
                expect(is_next, where, f"cannot be said of a ballot that is {status}")
                if self.closing:
                    self.at_close.setdefault(tracker, status)
                now = {"hold": "held ", "void": "void "}.get(kind, "counted")
                now += record.get("why", "")
                self.latest[tracker] = (last, group, sys.intern(now), com)

    def check_openings(self) -> None:
        """Step 3: who says what, into `rows` (as in tally.json) and `ballots`."""
        groups = self.opening["groups"]
        self.secret = {g["id"] for g in groups if "audit" in g}
        audited = (parsed(one, OPENING, name) for name in self.more for _, one in self.lines(name))
        self.sealed = self.secret - {one["content"]["grp"] for one in audited}
        self.rows: dict[str, JSON] = {
            g["id"]: {"id": g["id"], "n": 0, "withdrawn": 0, "revised": 0, "held": Counter(),
                      "void": Counter()} for g in groups}  # fmt: skip
        self.ballots = {k: {g: Counter[bytes]() for g in self.rows} for k in ("counted", "held")}
        self.close = {kind: Counter[str]() for kind in ("counted", "held", "void", "withdrawn")}
        for name in ("ballots.jsonl", *self.more):
            before = ""
            for where, line in self.lines(name):
                opening = parsed(line, OPENING, where)
                tracker = opening["content"]["trk"]
                is_next = before < tracker and tracker in self.latest
                expect(is_next, where, "is not in the order of trackers, or not in the ledger")
                self._open(opening, self.latest.pop(tracker), where)
                before = tracker
        for tracker, (revision, group, status, _) in self.latest.items():
            expect(group in self.sealed, "ballots.jsonl", f"does not open the ballot of {tracker}")
            self._note(tracker, revision, group, status, False)
        self._check_close()

    def _open(self, opening: JSON, known: tuple[int, str, str, bytes], where: str) -> None:
        said, nonce = opening["content"], unbase64(opening["nonce"], 32, where, "-_")
        revision, group, status, com = known
        kind, options, rules = status.split()[0], self.opening["options"], self.opening
        rank, own = said["rank"], said.get("own", [])
        found = sha256(b"\2" + nonce + ENCODER.encode(said).encode()).digest()
        expect(found == com, where, "does not fit its commitment in the ledger")
        is_it = (said["sid"], said["rev"], said["grp"]) == (self.opening["sid"], revision, group)
        expect(is_it, where, "is of another contest, revision or electorate than its record")
        is_so = opening["status"] == kind and group not in self.sealed
        expect(is_so, where, f"should not stand here as it does: the ballot is {status}")
        is_fit = all(len(set(ids)) == len(ids) and set(ids) <= set(options) for ids in (rank, own))
        expect(is_fit, where, "names an option twice, or one that is not in the contest")
        is_fit = len(rank) <= rules["max_rank"] and (not own or rules["own"] == "abstain")
        expect(is_fit, where, "is no ballot by the rules of the contest")
        if rank and kind != "void":
            ballot = bytes(map(options.index, rank)) + BETWEEN + bytes(map(options.index, own))
            self.ballots[kind][group][ballot] += 1
        self._note(said["trk"], revision, group, status, not rank)

    def _note(self, tracker: str, revision: int, group: str, status: str, withdrawn: bool) -> None:
        row, (kind, _, why) = self.rows[group], status.partition(" ")
        row["revised"] += revision > 1
        if kind == "counted":  # of sealed electorates nobody outside knows who withdrew
            row["withdrawn" if withdrawn else "n"] += 1
        else:
            row[kind][why] += 1
        was = self.at_close.get(tracker, status).partition(" ")[0]
        self.close["withdrawn" if was == "counted" and withdrawn else was][group] += 1

    def _check_close(self) -> None:
        said, found = self.closing, self.close
        counted = {group: found["counted"][group] for group in self.rows}
        withdrawn = found["withdrawn"].total()
        for group in self.sealed:  # so many counted or withdrew
            withdrawn += counted[group] - said["counted"][group]
            counted[group] = min(counted[group], said["counted"][group])
        expected = {"counted": counted, "held": found["held"].total(), "void": found["void"].total(),
                    "superseded": len(self.replaced), "withdrawn": withdrawn}  # fmt: skip
        for name, figure in expected.items():
            is_so = said[name] == figure
            expect(is_so, "ledger.jsonl", f"the close says {name} {said[name]}; it is {figure}")

    def lot(self) -> list[int]:
        """Step 4: the options in the order of the lot."""
        said, ids = self.closing["lot_seed"], self.opening["options"]
        # Each way to write it gives another root, so another lot: there must be one way only.
        seed = bytes.fromhex(said) if re.fullmatch("[0-9a-f]{64}", said) else b""
        is_seed = seed and sha256(b"\3" + seed).hexdigest() == self.opening["lot_commit"]
        expect(is_seed, "ledger.jsonl", "the seed of the lot is not the one committed to")
        salt = b"\4" + seed + self.close_root + self.opening["beacon"].encode()
        return sorted(range(len(ids)), key=lambda a: sha256(salt + ids[a].encode()).digest())

    def groups(self) -> list[JSON]:
        """The counts of the electorates: our own, or of sealed ones what is published."""
        tally, found = parsed(self.text("tally.json"), TALLY, "tally.json"), list[JSON]()
        is_it = (tally["sid"], tally["options"]) == (self.opening["sid"], self.opening["options"])
        expect(is_it, "tally.json", "is of another contest")
        size, least, where = len(tally["options"]), self.opening["k_public"], "tally.json"
        for said, rule in zip(tally["groups"], self.opening["groups"], strict=True):
            group, row = rule["id"], self.rows[rule["id"]]
            known = {**row, **count(size, self.ballots["counted"][group])}
            is_known = said["n"] + said["withdrawn"] == row["n"]  # that is all the ledger tells
            if group in self.sealed and is_known and (said["n"] < least or is_possible(said, size)):
                known = {**row, **{name: said[name] for name in _COUNTS}}
            if group in self.secret and known["n"] < least:  # sums of so few would be their ballots
                known |= {"N": [], "R": [], "own": []}
                is_out = known["n"] < max(1, rule["min"]) or not rule["w"]
                expect(is_out, where, f"does not show the sums of {group}, which count")
                self.hidden.add(group)
            is_so = said == known
            expect(is_so, where, f"the figures of {group} do not follow from the ballots")
            found.append(known)
        return found

    def check_result(self) -> None:
        """Step 5: result.json byte for byte."""
        rules, groups, lot, held = self.opening, self.groups(), self.lot(), None
        counted, waiting = self.ballots["counted"], self.ballots["held"]
        found = recount(rules, lot, groups, None if self.secret else counted.values())
        number = {group: row["held"].total() for group, row in self.rows.items()}
        if any(number.values()) and not any(number[group] for group in self.secret):
            both = {group: counted[group] + waiting[group] for group in self.rows}
            more = [g if g["id"] in self.sealed else {**g, **count(len(lot), both[g["id"]])}
                    for g in groups]  # fmt: skip
            informed = recount(rules, lot, more, None if self.secret else both.values())
            held = {name: informed[name] for name in ("order", "ranks")}
            held["held"] = sum(number.values())
        weights = zip(groups, rules["groups"], found.pop("c"), strict=True)
        said = [{**g, **r, "c": c} for g, r, c in weights]
        self.found = {
            **found, "v": 1, "sid": rules["sid"], "method": rules["method"], "options": rules["options"],
            "lot": [rules["options"][a] for a in lot], "with_held": held,
            "groups": [{k: g[k] for k in g if k not in ("revised", "audit")} for g in said],
        }  # fmt: skip
        if ENCODER.encode(self.found) != self.text("result.json"):
            other = parsed(self.text("result.json"), dict, "result.json")
            what = ", ".join(name for name in self.found if other.get(name) != self.found[name])
            wrong("result.json", f"is not what the ballots come to: {what or 'it says more'}")
        self.check_note("result.note", "sawt-result/v1", "result.json")

    def check_words(self) -> None:
        """Manifest, rules in words and this program are those of what the ledger opened with."""
        rules = self.opening
        self.manifest = parsed(self.text("manifest.json"), MANIFEST, "manifest.json")
        said = {name: self.manifest[name] for name in _SAME}
        said["options"] = [one["id"] for one in self.manifest["options"]]
        groups = self.manifest["groups"]
        said["groups"] = [{k: g[k] for k in g if k in _GROUP or g[k] == "sealed"} for g in groups]
        for name, value in said.items():
            expect(rules[name] == value, "manifest.json", f"says another {name} than the ledger")
        is_it = self.manifest["origin"] == self.origin and self.origin.endswith(f"/{rules['sid']}")
        expect(is_it, "manifest.json", "has another origin than the key, or one of another contest")
        expect(self.index["sid"] == rules["sid"], "index.json", "is of another contest")
        words = (self.text("rules.ar.txt") + self.text("rules.en.txt")).encode()
        is_it = sha256(words).hexdigest() == rules["rules_hash"]
        expect(is_it, "rules.ar.txt", "this or rules.en.txt is not what was fixed at the opening")
        for name, language in (("rules.ar.txt", "ar"), ("rules.en.txt", "en")):
            lines = [f"* {one['id']}: {shown(one['title'], language)}"
                     f" ({shown(one['entity_name'], language)})\n" for one in self.manifest["options"]]  # fmt: skip
            is_it = "\n" + "".join(lines) + "\n" in self.text(name)
            expect(is_it, "manifest.json", f"names the options otherwise than {name}")
        is_it = self.digest("verify.py").hex() == rules["code_hash"]
        expect(is_it, "verify.py", "is not the program that was fixed at the opening")

    def check_checkpoint(self, text: str, name: str) -> None:
        """Step 6: checkpoints somebody kept are of the beginning of this ledger."""
        signed, tree = self.checkpoints(text.rstrip("\n") + "\n", name), Tree()
        most = max(signed)
        expect(most <= self.tree.size, name, f"is of {most} records: more than there are. {KEEP}")
        for _, line in self.lines("ledger.jsonl"):
            tree.add(leaf_hash(line.encode()))
            is_so = tree.size not in signed or signed[tree.size] == tree.root()
            expect(is_so, name, f"is of a ledger with other first {tree.size} records. {KEEP}")
        self.kept.append(f"{name}: its checkpoint is of the first {most} records of this ledger.")

    def check_receipt(self, text: str, name: str) -> None:
        """Step 6: the leaf that a receipt promises is in this ledger."""
        said = parsed(text.rstrip("\n"), RECEIPT, name)
        promise, host = said["promise"], self.origin.rpartition("/")[0]
        expect(promise["sid"] == self.opening["sid"], name, "is of another contest")
        about = {key: promise[key] for key in _ABOUT}
        records = (line for _, line in self.lines("ledger.jsonl") if about["trk"] in line)
        mine = (line for line in records if about.items() <= json.loads(line).items())
        if all(leaf_hash(line.encode()).hex() != promise["leaf_hash"] for line in mine):
            lines, root = self.opened(said["note"], name, f"{host}/receipts")
            path = [unbase64(one, 32, name) for one in said["path"]]
            leaf = leaf_hash(ENCODER.encode(promise).encode())
            is_so = root == root_by(leaf, said["index"], said["size"], path)
            is_so = is_so and lines == ["sawt-receipts/v1", host, str(said["size"])]
            expect(is_so, name, "is not among the receipts that were signed together")
            wrong(name, f"promises a leaf that is not in this ledger. {KEEP}")
        self.kept.append(f"{name}: its leaf is in this ledger, as a ballot of {about['trk']}.")
        if said["seal"]:
            self.check_checkpoint(said["seal"].partition("\n\n")[2], name)


def shown(text: Mapping[str, str], language: str) -> str:
    """A name in this language, or in the other where it has none."""
    return text[language] or text["ar"] or text["en"]


def check(
    folder: str, vkey: str = "", openings: Sequence[str] = (), kept: Sequence[str] = ()
) -> Bundle:
    """The bundle in this folder, if everything about it holds; with what an auditor or a voter has.

    Raises:
        Wrong: The first thing that does not.
    """
    bundle = Bundle(folder, openings)
    try:
        bundle.check_files()
        is_it = vkey.strip() in ("", bundle.vkey.strip())
        expect(is_it, "vkey", "is not the key you have from elsewhere")
        bundle.check_ledger()
        bundle.check_words()
        bundle.check_openings()
        bundle.check_result()
        for name in kept:
            text = bundle.text(str(Path(name).resolve()))
            look = bundle.check_receipt if text[:1] == "{" else bundle.check_checkpoint
            look(text, name)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError,
            MemoryError) as error:  # fmt: skip
        wrong(bundle.reading, f"cannot be read: {type(error).__name__} {error}")
    return bundle


# --- what is told ---
def told(bundle: Bundle) -> list[str]:
    """What has been checked, and the result, in sentences."""
    titles = {one["id"]: one["title"] for one in bundle.manifest["options"]}
    result, held, place = bundle.found, bundle.found["with_held"], 1
    n = sum(g["n"] for g in result["groups"] if g["n"] >= g["min"])
    lines = [
        f"{shown(bundle.manifest['title'], 'en')} ({bundle.origin})",
        f"Everything holds: {bundle.tree.size} records, {n} counted ballots.",
        f"Key: {bundle.vkey.strip()}",
        f"Root at the close: {bundle.close_root.hex()}",
        f"Root with the decisions after it: {bundle.tree.root().hex()}",
    ]
    if Ed25519PublicKey is None:
        lines.append("Signatures were NOT checked: the package `cryptography` is missing.")
    for group in sorted(bundle.sealed):
        few = "so few that their sums are not shown, and count for nothing"
        few = few if group in bundle.hidden else "their published sums are believed"
        lines.append(f"Not checked: the ballots of {group}: an auditor has them; {few}.")
    lines += [*bundle.kept, f"Result by {result['method']}:"]
    for rank in result["ranks"]:
        sign = "=" if len(rank) > 1 else "."
        lines += [f"  {place}{sign} {shown(titles[one], 'en')} ({one})" for one in rank]
        place += len(rank)
    if held:
        other = " > ".join(" = ".join(rank) for rank in held["ranks"])
        other = "the same" if held["ranks"] == result["ranks"] else other
        lines.append(f"With the {held['held']} held ballots it would be: {other}")
    return lines


def one_ballot(bundle: Bundle, typed: str) -> list[str]:
    """What the bundle says of one tracker, and the proof that its records are in the tree."""
    tracker = typed.upper().translate(str.maketrans("OIL", "011", "- "))
    records = [line for _, line in bundle.lines("ledger.jsonl")]
    leaves, lines = [leaf_hash(line.encode()) for line in records], [f"Tracker {tracker}:"]
    for index, record in enumerate(records):
        said = json.loads(record) if tracker in record else {}
        if said.get("trk") == tracker:
            path = path_of(index, leaves)
            is_in = root_by(leaves[index], index, len(leaves), path) == bundle.tree.root()
            expect(is_in, "ledger.jsonl", f"record {index} is not in the tree")
            proved = f"a proof of {len(path)} hashes holds"
            lines.append(f"  record {index}: {said['t']} {said['rev']}; {proved}")
    expect(len(lines) > 1, "ledger.jsonl", f"holds, but has no ballot {tracker}")
    for line in (one for name in ("ballots.jsonl", *bundle.more) for _, one in bundle.lines(name)):
        said = json.loads(line) if tracker in line else {"content": {"trk": ""}}
        if said["content"]["trk"] == tracker:
            rank = " > ".join(said["content"]["rank"]) or "withdrawn"
            lines.append(f"  {said['status']}, electorate {said['content']['grp']}: {rank}")
    return lines


def main(arguments: Sequence[str]) -> int:
    """Check a folder and tell; 0 if everything holds, 1 if not."""
    parser = argparse.ArgumentParser(description="Checks a published result of Sawt.")
    parser.add_argument("folder", nargs="?", default=str(Path(__file__).resolve().parent))
    parser.add_argument("--tracker", help="also tell about this ballot")
    parser.add_argument("--vkey", default="", help="the key as you have it from elsewhere")
    more: JSON = {"action": "append", "default": [], "metavar": "FILE"}
    parser.add_argument("--openings", help="a sealed electorate's ballots", **more)
    parser.add_argument("--checkpoint", "--receipt", dest="kept", help="one that you kept", **more)
    options = parser.parse_args(arguments)
    try:
        bundle = check(options.folder, options.vkey, options.openings, options.kept)
        lines = told(bundle) + (one_ballot(bundle, options.tracker) if options.tracker else [])
    except Wrong as problem:
        lines = [f"WRONG: {problem}"]
    text = "\n".join(map(plain, lines))  # a title with a line break would say things in our name
    sys.stdout.buffer.write(f"{text}\n".encode(errors="replace"))
    return int(text.startswith("WRONG: "))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
