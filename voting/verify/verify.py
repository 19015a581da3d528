#!/usr/bin/env python3
"""Checks a published result from nothing but the files beside it. Python 3.9, standard library only.

    python3 verify.py [FOLDER] [--tracker XXXX-XXXX-XXXX-XXXX] [--vkey KEY]

The first thing that is wrong ends it with one sentence and exit code 1. In this order:
1. Every file is there, none is added, each is what the signed index says.
2. Every checkpoint is signed, and is the root of the first so many records of the ledger.
3. Every ballot in the ledger has one opening that fits the commitment of its latest revision, with the
   status that follows from the records; the figures in the record of the close are right.
4. The seed of the lot is the one committed to before the opening.
5. A recount of the openings gives tally.json and, byte for byte, result.json.
It believes no arithmetic but its own. Signatures need the package `cryptography`; without it all else is
checked. No file can show that every ballot is a real person's, so that is not checked.
"""

import argparse
import base64
import json
import math
import os
import re
import stat
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, NoReturn, Optional

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    Ed25519PublicKey = None  # type: ignore[assignment,misc]  # the report says so

INDEXED = ("ballots.jsonl checkpoints.txt ledger.jsonl manifest.json result.json result.note "
           "rules.ar.txt rules.en.txt tally.json vkey").split()  # fmt: skip
BETWEEN = b"\xff"  # parts the ranking from the own options in a ballot of option numbers
LONGEST = 1 << 24  # bytes of a file read at once, and of a line of the others
JSON = Any
# What a value may be: a type, a literal, (one of these), [of each], {str: of each}, {name: of it}.
_ABOUT = {"rev": int, "sid": str, "trk": str, "v": 1}
_GROUP = {"full": int, "id": str, "min": int, "w": int}
_TEXT = {"ar": str, "en": str}
_SAME = {"beacon": str, "closes": str, "k_public": int, "max_rank": int, "opens": str, "sid": str, "v": 1,
         "method": ("ranked_pairs", "schulze", "borda", "irv"), "own": ("abstain", "count")}  # fmt: skip
RECORD = (
    {**_ABOUT, "com": str, "grp": str, "t": "ballot"},
    {**_ABOUT, "t": "hold", "why": str},
    {**_ABOUT, "t": "release"},
    {**_ABOUT, "by": str, "t": "void", "why": str},
    {"counted": {str: int}, "held": int, "lot_seed": str, "sid": str, "superseded": int, "t": "close",
     "v": 1, "void": int, "withdrawn": int},
    {**_SAME, "code_hash": str, "groups": [(_GROUP, {**_GROUP, "audit": "sealed"})], "lot_commit": str,
     "options": [str], "rules_hash": str, "t": "open"},
)  # fmt: skip
_CONTENT = {**_ABOUT, "grp": str, "rank": [str]}
OPENING = {"content": (_CONTENT, {**_CONTENT, "own": [str]}), "nonce": str, "status": str}
TALLY = {"groups": [{"N": [[int]], "R": [[int]], "held": {str: int}, "id": str, "n": int, "own": [int],
         "revised": int, "void": {str: int}, "withdrawn": int}], "options": [str], "sid": str, "v": 1}  # fmt: skip
MANIFEST = {**_SAME, "closed": str, "day": int, "grace_seconds": int, "origin": str, "software": str,
            "groups": [{**_GROUP, "assurance": str, "audit": ("open", "sealed"), "name": _TEXT}],
            "options": [{"entity": str, "entity_name": _TEXT, "id": str, "title": _TEXT}], "title": _TEXT}  # fmt: skip


class Wrong(Exception):
    """Why the bundle is not to be believed: one sentence that begins with a file's name."""


def wrong(where: str, what: str) -> NoReturn:
    """End the check; what strangers wrote is shown without control characters."""
    raise Wrong("".join(c if c.isprintable() else "?" for c in f"{where}: {what}"[:400]))


# --- canonical JSON: sorted ASCII names, no white space, text in NFC, whole numbers from 0 to 2**53 ---
ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def parsed(text: str, shape: object, where: str) -> JSON:
    """The value of this shape whose one way to be written this is."""
    try:
        value = json.loads(text)
        is_canonical = ENCODER.encode(value) == text and unicodedata.is_normalized("NFC", text)
    except (ValueError, RecursionError) as error:
        wrong(where, f"cannot be read as JSON: {error}")
    if not is_canonical:
        wrong(where, "is not canonical JSON")
    return value if fits(value, shape) else wrong(where, "does not say what it has to say")


def fits(value: JSON, shape: Any) -> bool:
    """Whether a value has the shape."""
    if isinstance(shape, tuple):
        return any(fits(value, one) for one in shape)
    if isinstance(shape, type):
        return type(value) is shape and (type(value) is not int or 0 <= value < 1 << 53)
    if type(value) is not type(shape) or not isinstance(shape, (dict, list)):
        return type(value) is type(shape) and bool(value == shape)
    if isinstance(shape, list):
        return all(fits(one, shape[0]) for one in value)
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
    if len(data) != size or letters != (again if alphabet == "+/" else again.rstrip("=")):
        wrong(where, "has no proper base64")
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


def root_by(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> Optional[bytes]:
    """The root to which a path leads from a leaf; None: it fits no tree of this size."""
    if size <= 1 or not path:
        return leaf if size == 1 and not path and not index else None
    half = 1 << (size - 1).bit_length() - 1
    is_left = index < half
    below = root_by(leaf, index % half, half if is_left else size - half, path[:-1])
    return below and (node_hash(below, path[-1]) if is_left else node_hash(path[-1], below))


# --- the recount ---
def count(size: int, ballots: Mapping[bytes, int]) -> dict[str, JSON]:
    """The counts of one electorate: n, N (row above column), R (option at place, last: left out), own."""
    every = range(size)
    found: dict[str, JSON] = {"n": 0, "own": [0] * size, "N": [[0] * size for _ in every]}
    found["R"] = [[0] * (size + 1) for _ in every]
    for ballot, times in ballots.items():
        rank, _, own = ballot.partition(BETWEEN)
        below = [a for a in every if a not in own]
        found["n"] += times
        for a in own:
            found["own"][a] += times
        for place, a in enumerate(b for b in rank if b not in own):
            below.remove(a)
            found["R"][a][place] += times
            row = found["N"][a]
            for b in below:
                row[b] += times
        for a in below:
            found["R"][a][size] += times
    return found


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
    pairs = [(a, b) for a in sigma for b in sigma if P[a][b] > P[b][a]]
    place = {a: n for n, a in enumerate(sigma)}
    pairs.sort(
        key=lambda p: (P[p[1]][p[0]] - P[p[0]][p[1]], P[p[1]][p[0]], place[p[0]], -place[p[1]])
    )
    under, taken, order = {a: {a} for a in sigma}, list[tuple[int, int, bool]](), list[int]()
    for a, b in pairs:
        taken.append((a, b, a not in under[b]))
        for x in sigma:
            if taken[-1][2] and a in under[x]:
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
        tallies, exhausted, tied = dict.fromkeys(left, 0), 0, left
        for rank, weight in piles.items():
            for a in rank:
                if a in tallies:
                    tallies[a] += weight
                    break
            else:
                exhausted += weight
        earlier = [("earlier", one[0]) for one in reversed(rounds)]
        by_lot = {a: -n for n, a in enumerate(lot)}
        for by, score in [("tally", tallies), *earlier, ("net", S), ("lot", by_lot)]:
            least = min(score[a] for a in tied)
            tied = [a for a in tied if score[a] == least]
            if len(tied) == 1:
                break
        rounds.append((tallies, exhausted, tied[0], by))
        left = [a for a in left if a != tied[0]]
    return rounds


def recount(
    rules: JSON, lot: Sequence[int], groups: Sequence[JSON], ballots: JSON
) -> dict[str, JSON]:
    """What the counts of the electorates lead to; without the ballots (None) no instant runoff."""
    options, every = rules["options"], range(len(rules["options"]))
    full = [max(g["n"], r["full"]) for g, r in zip(groups, rules["groups"])]
    says = [g["n"] >= max(1, r["min"]) and r["w"] > 0 for g, r in zip(groups, rules["groups"])]
    scale = math.lcm(*(size for size, counts in zip(full, says) if counts))
    c = [r["w"] * (scale // f) if s else 0 for r, f, s in zip(rules["groups"], full, says)]
    total = sum(x * g["n"] for x, g in zip(c, groups))
    P = [[sum(x * g["N"][a][b] for x, g in zip(c, groups)) for b in every] for a in every]
    S = [sum(P[a][b] - P[b][a] for b in every) for a in every]
    C = [sum(x * g["R"][a][0] for x, g in zip(c, groups)) for a in every]
    lots = [list(lot), list(lot)[::-1]] if total else [[], []]  # no ballot counts: no order
    sigmas = [sorted(one, key=lambda a: (-S[a], -C[a], one.index(a))) for one in lots]
    pairs, chains = [ranked_pairs(P, sigma) for sigma in sigmas], schulze(P, sigmas[0])
    rounds = None if ballots is None else [irv(_piles(c, ballots), S, one) for one in lots]

    def ranked(first: Sequence[int], second: Sequence[int]) -> dict[str, JSON]:
        ranks = shared(first, second)
        return {
            "order": [options[a] for a in first],
            "ranks": [[options[a] for a in r] for r in ranks],
        }

    methods: dict[str, JSON] = {"borda": ranked(*sigmas), "irv": None}
    methods["ranked_pairs"] = ranked(pairs[0][0], pairs[1][0])
    methods["ranked_pairs"]["pairs"] = [
        {"over": options[a], "under": options[b], "margin": str(P[a][b] - P[b][a]),
         "against": str(P[b][a]), "locked": locked} for a, b, locked in pairs[0][1]]  # fmt: skip
    methods["schulze"] = ranked(
        [a for r in chains for a in r], [a for r in chains for a in r[::-1]]
    )
    if rounds is not None:
        methods["irv"] = ranked(*[[leaves for _, _, leaves, _ in one[::-1]] for one in rounds])
        methods["irv"]["rounds"] = [
            {"tallies": {options[a]: str(n) for a, n in tallies.items()}, "exhausted": str(exhausted),
             "removed": options[leaves], "by": by} for tallies, exhausted, leaves, by in rounds[0]]  # fmt: skip
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


def _piles(c: Sequence[int], ballots: Sequence[Mapping[bytes, int]]) -> Counter[bytes]:
    piles = Counter[bytes]()
    for weight, theirs in zip(c, ballots):
        for ballot, times in theirs.items():
            rank, _, own = ballot.partition(BETWEEN)
            piles[rank.translate(None, own)] += times * weight
    return piles


# --- the bundle ---
class Bundle:
    """The files of one folder, and what has been learnt from them so far."""

    def __init__(self, folder: str) -> None:
        self.folder, self.reading = folder, folder
        self.latest: dict[str, tuple[int, str, str, bytes]] = {}  # by tracker, see `_take`
        self.replaced: set[tuple[str, int]] = set()  # tracker and revision of all earlier ballots
        self.at_close: dict[str, str] = {}  # status at the close of what was decided later
        self.tree, self.opening, self.closing = Tree(), dict[str, JSON](), dict[str, JSON]()

    def path(self, name: str) -> str:
        """Where a file is; from now on it is to blame for what cannot be read."""
        self.reading = name
        return os.path.join(self.folder, name)

    def text(self, name: str) -> str:
        """A short file."""
        with open(self.path(name), encoding="utf-8", newline="\n") as file:
            return file.read(LONGEST)

    def lines(self, name: str) -> Iterator[tuple[str, str]]:
        """Each line of a long file, after where it stands."""
        with open(self.path(name), encoding="utf-8", newline="\n") as file:
            for number, line in enumerate(iter(lambda: file.readline(LONGEST), ""), 1):
                where = f"{name}, line {number}"
                yield where, line[:-1] if line[-1] == "\n" else wrong(where, "does not end")

    def digest(self, name: str) -> bytes:
        """The hash of a file."""
        found = sha256()
        with open(self.path(name), "rb") as file:
            for chunk in iter(lambda: file.read(LONGEST), b""):
                found.update(chunk)
        return found.digest()

    def check_files(self) -> None:
        """Step 1."""
        expected = {*INDEXED, "index.json", "index.note", "verify.py"}
        for name in sorted(expected.symmetric_difference(os.listdir(self.folder))):
            wrong(name, "is missing" if name in expected else "does not belong to a bundle")
        for name in sorted(expected):
            if not stat.S_ISREG(os.lstat(self.path(name)).st_mode):
                wrong(name, "is no plain file")
        self.take_key(self.text("vkey"))
        self.check_note("index.note", "sawt-bundle/v1", "index.json")
        shape = {"files": dict.fromkeys(INDEXED, {"sha256": str, "size": int}), "sid": str, "v": 1}
        for name, said in parsed(self.text("index.json"), shape, "index.json")["files"].items():
            size = os.path.getsize(self.path(name))
            if size != said["size"] or self.digest(name).hex() != said["sha256"]:
                wrong(name, "is not the file that index.json names: its length or hash differs")

    def take_key(self, line: str) -> None:
        """Believe the signatures of this key: ``<name>+<id>+<base64(0x01 || public key)>``."""
        self.vkey = line
        self.origin, id_, public = (*line[:-1].split("+", 2), "", "")[:3]
        self.public = unbase64(public, 33, "vkey")
        self.key_id = sha256(f"{self.origin}\n".encode() + self.public).digest()[:4]
        if line[-1:] != "\n" or self.public[0] != 1 or id_ != self.key_id.hex():
            wrong("vkey", "is no key of signed notes")

    def opened(self, note: str, where: str) -> tuple[str, str, bytes]:
        """The two lines and the hash that a note says, if our key signed it and nobody else."""
        body, _, signature = note.partition("\n\n")
        found = re.fullmatch(r"\u2014 (\S+) (\S+)\n", signature) or wrong(where, "is not signed")
        raw = unbase64(found[2], 68, where)
        if found[1] != self.origin or raw[:4] != self.key_id:
            wrong(where, f"is signed by {found[1]}, which is not the key in vkey")
        if Ed25519PublicKey is not None:
            try:
                key = Ed25519PublicKey.from_public_bytes(self.public[1:])
                key.verify(raw[4:], f"{body}\n".encode())
            except (InvalidSignature, ValueError):
                wrong(where, "its signature does not hold")
        first, second, hash_ = (*body.split("\n", 2), "", "")[:3]
        return first, second, unbase64(hash_, 32, where)

    def check_note(self, name: str, kind: str, of: str) -> None:
        """Look whether the note is of this kind and signs that file."""
        first, second, hash_ = self.opened(self.text(name), name)
        if (first, second) != (kind, self.origin):
            wrong(name, f"is no note {kind} of {self.origin}")
        if hash_ != self.digest(of):
            wrong(of, f"is not the file that {name} signs")

    def checkpoints(self) -> dict[int, bytes]:
        """The signed roots by size of the tree, which grows."""
        signed: dict[int, bytes] = {}
        parts = self.text("checkpoints.txt")[:-1].split("\n\n")
        for number in range(0, len(parts), 2):
            where = f"checkpoints.txt, checkpoint {number // 2 + 1}"
            origin, size, root = self.opened("\n\n".join(parts[number : number + 2]) + "\n", where)
            if origin != self.origin or not re.fullmatch("[1-9][0-9]{0,15}", size):
                wrong(where, f"is no checkpoint of {self.origin}")
            if signed.get(int(size), root) != root:
                wrong(where, f"disagrees with another one about the first {size} records")
            if int(size) <= max(signed, default=0):
                wrong(where, "does not grow")
            signed[int(size)] = root
        return signed

    def check_ledger(self) -> None:
        """Step 2, and what the records say."""
        signed = self.checkpoints()
        for where, line in self.lines("ledger.jsonl"):
            record = parsed(line, RECORD, where)
            if (record["t"] != "open") != bool(self.opening):
                wrong(where, "the first record, and no other, opens a contest")
            self.opening = self.opening or record
            self.tree.add(leaf_hash(line.encode()))
            self._take(record, where)
            if signed.get(self.tree.size, b"") not in (b"", self.tree.root()):
                wrong(where, f"does not lead to the checkpoint of size {self.tree.size}")
        if max(signed) != self.tree.size or not self.closing:
            wrong(
                "ledger.jsonl",
                f"ends after {self.tree.size} records: not closed, or not all signed",
            )
        earlier = Counter(tracker for tracker, _ in self.replaced)
        for tracker, known in self.latest.items():
            if known[0] != earlier[tracker] + 1:
                wrong("ledger.jsonl", f"does not hold every revision of {tracker}")

    def _take(self, record: dict[str, JSON], where: str) -> None:
        kind, tracker, revision = record["t"], record.get("trk", ""), record.get("rev", 1)
        last, group, status, com = self.latest.get(tracker, (0, "", "", b""))
        if record["sid"] != self.opening["sid"]:
            wrong(where, "belongs to another contest")
        if self.closing and kind in ("ballot", "hold", "close"):
            wrong(where, "stands after the close")
        if kind == "ballot":
            if revision in (0, last) or (tracker, revision) in self.replaced:
                wrong(where, "is a revision that stands twice")
            if last:
                self.replaced.add((tracker, min(revision, last)))
            if revision > last:
                com = unbase64(record["com"], 32, where, "-_")
                self.latest[tracker] = (revision, sys.intern(record["grp"]), "counted", com)
        elif kind == "close":
            self.closing, self.close_root = record, self.tree.root()
        elif kind != "open":
            if not 0 < revision <= last or (
                revision == last and (kind == "hold") != (status == "counted")
            ):
                wrong(where, "is about a ballot that is not there, or not held")
            if revision == last:  # what is said of an earlier one has no effect
                if self.closing:
                    self.at_close.setdefault(tracker, status)
                now = {"hold": "held ", "void": "void "}.get(kind, "counted") + record.get(
                    "why", ""
                )
                self.latest[tracker] = (last, group, sys.intern(now), com)

    def check_openings(self) -> None:
        """Step 3: who says what, into `rows` (as in tally.json) and `ballots`."""
        groups = self.opening["groups"]
        self.sealed = {g["id"] for g in groups if "audit" in g}
        self.rows: dict[str, JSON] = {
            g["id"]: {"id": g["id"], "n": 0, "withdrawn": 0, "revised": 0, "held": Counter(),
                      "void": Counter()} for g in groups}  # fmt: skip
        self.ballots = {
            kind: {g: Counter[bytes]() for g in self.rows} for kind in ("counted", "held")
        }
        self.close = {kind: Counter[str]() for kind in ("counted", "held", "void", "withdrawn")}
        before = ""
        for where, line in self.lines("ballots.jsonl"):
            opening = parsed(line, OPENING, where)
            tracker = opening["content"]["trk"]
            if tracker <= before or tracker not in self.latest:
                wrong(where, "is not in the order of trackers, or not in the ledger")
            self._open(opening, self.latest.pop(tracker), where)
            before = tracker
        for tracker, (revision, group, status, _) in self.latest.items():
            if group not in self.sealed:
                wrong("ballots.jsonl", f"does not open the ballot of {tracker}")
            self._note(tracker, revision, group, status, withdrawn=False)
        self._check_close()

    def _open(self, opening: JSON, known: tuple[int, str, str, bytes], where: str) -> None:
        said, nonce = opening["content"], unbase64(opening["nonce"], 32, where, "-_")
        revision, group, status, com = known
        if sha256(b"\2" + nonce + ENCODER.encode(said).encode()).digest() != com:
            wrong(where, "does not fit its commitment in the ledger")
        if (said["sid"], said["rev"], said["grp"]) != (self.opening["sid"], revision, group):
            wrong(where, "is of another contest, revision or electorate than its record")
        kind = status.partition(" ")[0]
        if opening["status"] != kind or group in self.sealed:
            wrong(where, f"should not stand here as it does: the ballot is {status}")
        ballot = self._ballot(said["rank"], said.get("own", []), where)
        if said["rank"] and kind != "void":
            self.ballots[kind][group][ballot] += 1
        self._note(said["trk"], revision, group, status, withdrawn=not said["rank"])

    def _ballot(self, rank: list[str], own: list[str], where: str) -> bytes:
        rules = self.opening
        for ids in (rank, own):
            if len(set(ids)) < len(ids) or not set(ids) <= set(rules["options"]):
                wrong(where, "names an option twice, or one that is not in the contest")
        if len(rank) > rules["max_rank"] or (own and rules["own"] != "abstain"):
            wrong(where, "is no ballot by the rules of the contest")
        return (
            bytes(map(rules["options"].index, rank))
            + BETWEEN
            + bytes(map(rules["options"].index, own))
        )

    def _note(
        self, tracker: str, revision: int, group: str, status: str, *, withdrawn: bool
    ) -> None:
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
        for group in self.sealed:
            withdrawn += counted[group] - said["counted"][group]
            counted[group] = min(counted[group], said["counted"][group])
        expected = {"counted": counted, "held": found["held"].total(), "void": found["void"].total(),
                    "superseded": len(self.replaced), "withdrawn": withdrawn}  # fmt: skip
        for name, figure in expected.items():
            if said[name] != figure:
                wrong("ledger.jsonl", f"the close says {name} {said[name]}; it is {figure}")

    def lot(self) -> list[int]:
        """Step 4: the options in the order of the lot."""
        seed, salt = bytes.fromhex(self.closing["lot_seed"]), self.opening["beacon"].encode()
        if len(seed) != 32 or sha256(b"\3" + seed).hexdigest() != self.opening["lot_commit"]:
            wrong("ledger.jsonl", "the seed of the lot is not the one committed to at the opening")
        salt = b"\4" + seed + self.close_root + salt
        ids = self.opening["options"]
        return sorted(range(len(ids)), key=lambda a: sha256(salt + ids[a].encode()).digest())

    def groups(self, tally: JSON) -> list[JSON]:
        """The counts of the electorates: our own, or of sealed ones what is published."""
        size, found = len(self.opening["options"]), []
        for said, (group, row) in zip(tally["groups"], self.rows.items()):
            if group in self.sealed:
                known = {
                    **row,
                    **{name: said[name] for name in ("n", "withdrawn", "N", "R", "own")},
                }
                if said["n"] + said["withdrawn"] != row["n"] or not _may_be(said, size):
                    wrong("tally.json", f"the figures of {group} do not fit together or the ledger")
            else:
                known = {**row, **count(size, self.ballots["counted"][group])}
            if said != known:
                wrong("tally.json", f"the figures of {group} are not those of the ballots")
            found.append(known)
        return found

    def result(self) -> dict[str, JSON]:
        """Step 5: what result.json has to be."""
        rules, sealed = self.opening, self.sealed
        tally = parsed(self.text("tally.json"), TALLY, "tally.json")
        if [tally["sid"], tally["options"], len(tally["groups"])] != [
            rules["sid"],
            rules["options"],
            len(self.rows),
        ]:
            wrong("tally.json", "is of another contest")
        groups, lot, held = self.groups(tally), self.lot(), None
        counted = list(self.ballots["counted"].values())
        found = recount(rules, lot, groups, None if sealed else counted)
        waiting = {group: row["held"].total() for group, row in self.rows.items()}
        if any(waiting.values()) and not any(waiting[group] for group in sealed):
            both = [one + other for one, other in zip(counted, self.ballots["held"].values())]
            more = [
                g if g["id"] in sealed else {**g, **count(len(lot), one)}
                for g, one in zip(groups, both)
            ]
            informed = recount(rules, lot, more, None if sealed else both)
            held = {
                "held": sum(waiting.values()),
                "order": informed["order"],
                "ranks": informed["ranks"],
            }
        weights = zip(groups, found.pop("c"), rules["groups"])
        return {
            **found, "v": 1, "sid": rules["sid"], "method": rules["method"], "options": rules["options"],
            "lot": [rules["options"][a] for a in lot], "with_held": held,
            "groups": [
                {**{name: g[name] for name in g if name != "revised"}, "c": c, "w": rule["w"],
                 "full": rule["full"], "min": rule["min"]} for g, c, rule in weights],
        }  # fmt: skip

    def check_result(self) -> None:
        """Step 5: compare it byte by byte."""
        self.found, text = self.result(), self.text("result.json")
        if ENCODER.encode(self.found) != text:
            said = parsed(text, dict, "result.json")
            names = [name for name in self.found if said.get(name) != self.found[name]]
            wrong(
                "result.json",
                f"is not what the ballots come to: {', '.join(names) or 'it says more'}",
            )
        self.check_note("result.note", "sawt-result/v1", "result.json")

    def check_words(self) -> None:
        """The manifest and the rules in words belong to what the ledger opened with."""
        rules, self.manifest = (
            self.opening,
            parsed(self.text("manifest.json"), MANIFEST, "manifest.json"),
        )
        said = {name: self.manifest[name] for name in _SAME}
        said["options"] = [one["id"] for one in self.manifest["options"]]
        said["groups"] = [
            {name: g[name] for name in (*_GROUP, "audit") if g[name] != "open" or name != "audit"}
            for g in self.manifest["groups"]
        ]
        for name, value in said.items():
            if rules[name] != value:
                wrong("manifest.json", f"says another {name} than the ledger")
        if not self.manifest["origin"] == self.origin or not self.origin.endswith(
            "/" + rules["sid"]
        ):
            wrong("manifest.json", "has another origin than the key, or one of another contest")
        words = self.text("rules.ar.txt") + self.text("rules.en.txt")
        if sha256(words.encode()).hexdigest() != rules["rules_hash"]:
            wrong("rules.ar.txt", "this or rules.en.txt is not what was fixed at the opening")
        if self.digest("verify.py").hex() != rules["code_hash"]:
            wrong("verify.py", "is not the program that was fixed at the opening")
        if parsed(self.text("index.json"), dict, "index.json")["sid"] != rules["sid"]:
            wrong("index.json", "is of another contest")


def _may_be(said: JSON, size: int) -> bool:
    """Whether these can be the counts of some ballots."""
    every = range(size)
    sizes = [
        len(said["own"]),
        len(said["N"]),
        len(said["R"]),
        *map(len, said["N"]),
        *(len(r) - 1 for r in said["R"]),
    ]
    return set(sizes) == {size} and all(
        sum(said["R"][a]) + said["own"][a] == said["n"] and not said["N"][a][a]
        and all(said["N"][a][b] + said["N"][b][a] <= said["n"] for b in every) for a in every
    )  # fmt: skip


# --- what is told ---
def check(folder: str, vkey: str = "") -> Bundle:
    """The bundle in this folder, if everything about it holds.

    Raises:
        Wrong: The first thing that does not.
    """
    bundle = Bundle(folder)
    try:
        bundle.check_files()
        if vkey and vkey.strip() != bundle.vkey.strip():
            wrong("vkey", "is not the key you have from elsewhere")
        bundle.check_ledger()
        bundle.check_words()
        bundle.check_openings()
        bundle.check_result()
    except (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError,
            MemoryError) as error:  # fmt: skip
        wrong(bundle.reading, f"cannot be read: {type(error).__name__} {error}")
    return bundle


def told(bundle: Bundle) -> list[str]:
    """What has been checked, and the result, in sentences."""
    names = {
        one["id"]: one["title"]["en"] or one["title"]["ar"] for one in bundle.manifest["options"]
    }
    result, held = bundle.found, bundle.found["with_held"]
    lines = [
        f"{bundle.manifest['title']['en']} ({bundle.origin})",
        f"Everything holds: {bundle.tree.size} records, {result['ballots']} counted ballots.",
        f"Key: {bundle.vkey.strip()}",
        f"Root: {bundle.tree.root().hex()}",
        *(["Signatures were NOT checked: the package `cryptography` is missing."] if Ed25519PublicKey is None else []),
        *(f"Not checked: the ballots of {group}, which only an auditor sees." for group in sorted(bundle.sealed)),
        f"Result by {result['method']}:",
    ]  # fmt: skip
    place = 1
    for rank in result["ranks"]:
        lines += [
            f"  {place}{'=' if len(rank) > 1 else '.'} {names[option]} ({option})"
            for option in rank
        ]
        place += len(rank)
    if held:
        same = (
            "the same"
            if held["ranks"] == result["ranks"]
            else " > ".join(" = ".join(r) for r in held["ranks"])
        )
        lines.append(f"With the {held['held']} held ballots it would be: {same}")
    return lines


def one_ballot(bundle: Bundle, typed: str) -> list[str]:
    """What the bundle says of one tracker; its leaf is proved to be in the tree."""
    tracker = typed.upper().translate(str.maketrans("OIL", "011", "- "))
    leaves, found = list[bytes](), list[tuple[int, JSON]]()
    for where, line in bundle.lines("ledger.jsonl"):
        leaves.append(leaf_hash(line.encode()))
        record = json.loads(line)
        if record.get("trk") == tracker:
            found.append((len(leaves) - 1, record))
    lines = [f"Tracker {tracker}:" if found else wrong("ledger.jsonl", f"has no ballot {tracker}")]
    for index, record in found:
        path = path_of(index, leaves)
        is_in = root_by(leaves[index], index, len(leaves), path) == bundle.tree.root()
        lines.append(f"  record {index}: {record['t']}, revision {record['rev']}; proof of {len(path)} hashes "
                     f"{'holds' if is_in else wrong('ledger.jsonl', 'does not hold the proof')}")  # fmt: skip
    openings = (json.loads(line) for _, line in bundle.lines("ballots.jsonl") if tracker in line)
    for one in openings:
        if one["content"]["trk"] == tracker:
            rank = " > ".join(one["content"]["rank"]) or "withdrawn"
            lines.append(f"  {one['status']}, electorate {one['content']['grp']}: {rank}")
    return lines


def main(arguments: Sequence[str]) -> int:
    """Check a folder and tell; 0 if everything holds, 1 if not."""
    parser = argparse.ArgumentParser(description="Checks a published result of Sawt.")
    parser.add_argument("folder", nargs="?", default=os.path.dirname(os.path.abspath(__file__)))
    parser.add_argument("--tracker", help="also print this ballot")
    parser.add_argument("--vkey", default="", help="the key as you have it from elsewhere")
    options = parser.parse_args(arguments)
    try:
        bundle = check(options.folder, options.vkey)
        lines = told(bundle) + (one_ballot(bundle, options.tracker) if options.tracker else [])
    except Wrong as problem:
        lines = [f"WRONG: {problem}"]
    for line in lines:
        print(
            "".join(c if c.isprintable() else "?" for c in line).encode(errors="replace").decode()
        )
    return int(lines[0].startswith("WRONG: "))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
