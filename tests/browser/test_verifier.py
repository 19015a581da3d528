"""The check of a result in Chromium: vectors, counting like ours, whole bundles and tampered ones."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page

from tests.support.bundles import KEY, Ledger, closed_contest, small_bundle, some_casts
from tests.support.static_site import static_site
from voting.bundle import files
from voting.contests import Rules
from voting.methods import pairwise
from voting.methods.group_tally import group_of
from voting.methods.outcome import Election, Outcome
from voting.methods.rankings import Pattern
from voting.methods.registry import METHODS, outcomes
from voting.methods.weights import Share

SHARED: Final = Path(__file__).resolve().parents[3] / "shared"
VECTORS: Final = SHARED / "vectors"
ELECTIONS: Final = SHARED / "elections"
_HAS_SHARED: Final = pytest.mark.skipif(not VECTORS.is_dir(), reason="no folder of oracle data")
_PARITY_ROUNDS: Final = 300
_NOTHING: Final[Mapping[str, bytes | None]] = {}

_PROOFS: Final = """async ({ inclusion, consistency }) => {
  const { isIncluded, isConsistent } = await import('/js/verify/merkle.js');
  const bytes = text => Uint8Array.from(atob(text ?? ''), one => one.charCodeAt(0));
  const path = one => (one.proof ?? []).map(bytes);
  const bad = inclusion.filter(one => isIncluded(bytes(one.leafHash), one.leafIdx, one.treeSize, path(one), bytes(one.root)) === one.wantErr)
    .concat(consistency.filter(one => isConsistent(one.size1, one.size2, path(one), bytes(one.root1), bytes(one.root2)) === one.wantErr));
  return bad.map(one => one.file);
}"""
_LEDGER: Final = """async example => {
  const { Tree, leafHash, isIncluded } = await import('/js/verify/merkle.js');
  const { decode, encode, utf8 } = await import('/js/verify/canonical.js');
  const { checker, opened, parseCheckpoint, parseVkey, vkeyOf } = await import('/js/verify/notes.js');
  const { hex, sha256 } = await import('/js/digest.js');
  const tree = new Tree(), leaves = example.leaves.map(one => { decode(utf8(one.jcs)); return leafHash(utf8(one.jcs)); });
  leaves.forEach(leaf => tree.add(leaf));
  const key = parseVkey(example.vkey), checkpoint = parseCheckpoint(await opened(example.checkpoint, key, await checker(key)), key.name);
  const nonce = text => Uint8Array.from(text.match(/../g), pair => parseInt(pair, 16));
  const bytes = text => Uint8Array.from(atob(text), one => one.charCodeAt(0));
  const path = example.proof_index3.split('\\n').slice(2, 5).map(bytes);
  return {
    leaves: leaves.map(hex), root: hex(tree.root), signed: [checkpoint.size, hex(checkpoint.root)], vkey: vkeyOf(key.name, key.key),
    commitments: example.openings.map(one => hex(sha256(Uint8Array.of(2), nonce(one.nonce), utf8(encode(one.content))))),
    included: isIncluded(leaves[3], 3, 6, path, tree.root),
  };
}"""
_COUNT: Final = """async elections => {
  const { Ballots, combine, outcome, piles, smithSet, condorcetWinner } = await import('/js/verify/counting.js');
  return elections.map(({ options, groups, lot }) => {
    const ballots = groups.map(group => {
      const found = new Ballots(options);
      for (const [rank, times] of group.ballots) found.add(rank, [], times);
      return found;
    });
    const combined = combine(options.length, groups.map((group, at) => ({ ...group, ...ballots[at].counts() })));
    const heaps = piles(combined, ballots), names = one => one.map(at => options[at]);
    const by = id => {
      const { order, ranks, taken = [], rounds = [] } = outcome(id, combined, lot.map(one => options.indexOf(one)), heaps);
      return {
        order: names(order), ranks: ranks.map(names), removed: rounds.map(({ removed, by: why }) => [options[removed], why]),
        trace: taken.map(({ over, under, locked }) => [options[over], options[under], String(combined.M[over][under]), locked]),
      };
    };
    const winner = condorcetWinner(combined);
    return combined.T === 0n ? null : {
      P: combined.P.map(row => row.map(String)), c: combined.c.map(String), condorcet: winner === null ? null : options[winner],
      smith: names(smithSet(combined)), methods: Object.fromEntries(['ranked_pairs', 'schulze', 'borda', 'irv'].map(id => [id, by(id)])),
    };
  });
}"""
_CHECK: Final = """async ({ files, keys, receipts }) => {
  const { Bundle, verify } = await import('/js/verify/bundle.js');
  const bytes = text => Uint8Array.from(atob(text), one => one.charCodeAt(0));
  const bundle = new Bundle(new Map(Object.entries(files).map(([name, text]) => [name, bytes(text)])), keys, receipts), said = [];
  const right = await verify(bundle, one => one.state === 'running' || said.push([one.check, one.state, one.code, one.facts.file ?? '']));
  return { right, said, ranks: bundle.result?.ranks ?? null, receipts: right ? bundle.receipts() : null };
}"""

Ask = Callable[[str, Any], Any]


@pytest.fixture(scope="module")
def ask(browser: Browser) -> Iterator[Ask]:
    """Has a page of our static files evaluate something."""
    with static_site() as address:
        page: Page = browser.new_page()
        page.goto(f"{address}/js/digest.js")
        yield page.evaluate
        page.close()


# --- vectors ---


@_HAS_SHARED
def test_proofs_of_the_vectors_are_believed_and_refused(ask: Ask) -> None:
    assert ask(_PROOFS, json.loads((VECTORS / "rfc6962_proofs.json").read_text())) == []


@_HAS_SHARED
def test_ledger_example_has_its_hashes_tree_and_signature(ask: Ask) -> None:
    example = json.loads((VECTORS / "ledger_example.json").read_text())

    assert ask(_LEDGER, example) == {
        "leaves": [one["leaf_hash"] for one in example["leaves"]],
        "root": example["root_hex"],
        "signed": [6, example["root_hex"]],
        "vkey": example["vkey"],
        "commitments": [one["commitment_hex"] for one in example["openings"]],
        "included": True,
    }


@_HAS_SHARED
def test_group_example_counts_as_written(ask: Ask) -> None:
    example = json.loads((VECTORS / "group_example.json").read_text())
    groups = [
        _group(name, one["weight"], one["full"], one["min_count"], one["ballots"])
        for name, one in example["groups"].items()
    ]

    (found,) = ask(
        _COUNT, [{"options": example["candidates"], "groups": groups, "lot": example["candidates"]}]
    )

    assert found["P"] == [[str(one) for one in row] for row in example["P"]]
    assert found["c"] == ["4794", "0", "132"]
    assert found["methods"]["ranked_pairs"]["order"] == example["ranking"]
    assert found["methods"]["ranked_pairs"]["trace"] == [
        [over, under, str(margin), locked] for over, under, margin, locked in example["trace"]
    ]
    orders = {name: "".join(one["order"]) for name, one in found["methods"].items()}
    assert orders == {"ranked_pairs": "BCAD", "schulze": "BCAD", "borda": "BACD", "irv": "ABCD"}


def _group(
    name: str, weight: int, full: int, least: int, ballots: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    said = [[one["ranking"], one["count"]] for one in ballots]
    return {"id": name, "w": weight, "full": full, "min": least, "ballots": said}


# --- counting like ours ---


@_HAS_SHARED
def test_published_elections_are_counted_as_by_the_server(ask: Ask) -> None:
    elections = []
    for path in sorted(ELECTIONS.glob("*.json")):
        known = json.loads(path.read_text())
        ballots = known.get("ballots", [])
        if ballots and all(isinstance(one, str) for b in ballots for one in b["ranking"]):
            group = _group("all", 1, 1, 0, [b for b in ballots if b["ranking"]])
            options = known["candidates"]
            elections.append({"options": options, "groups": [group], "lot": sorted(options)})

    assert len(elections) >= 10
    assert ask(_COUNT, elections) == [_ours(one) for one in elections]


def test_random_elections_are_counted_as_by_the_server(ask: Ask) -> None:
    chance = Random(2017)
    elections = [_some_election(chance) for _ in range(_PARITY_ROUNDS)]

    assert ask(_COUNT, elections) == [_ours(one) for one in elections]


def _some_election(chance: Random) -> dict[str, Any]:
    """Few options and ballots, so that there are many ties and circles; now and then large numbers."""
    options = [f"o{n}" for n in range(chance.randint(1, 7))]
    most = chance.choice([2, 5, 1_000_003])
    groups = [
        _group(
            f"g{at}",
            chance.randint(int(at == 0), 40),
            (full := chance.randint(1, 60)),
            chance.randint(0, full // 8),
            [
                {"ranking": ranking, "count": chance.randint(1, most)}
                for ranking in (
                    chance.sample(options, chance.randint(1, len(options)))
                    for _ in range(chance.randint(0, 6))
                )
            ],
        )
        for at in range(chance.randint(1, 3))
    ]
    return {"options": options, "groups": groups, "lot": chance.sample(options, len(options))}


def _ours(election: Mapping[str, Any]) -> dict[str, Any] | None:
    options, groups = election["options"], election["groups"]
    patterns = [
        Pattern(group["id"], tuple(ranking), times)
        for group in groups
        for ranking, times in group["ballots"]
    ]
    tallies = [
        group_of(options, one["id"], [p for p in patterns if p.electorate == one["id"]])
        for one in groups
    ]
    shares = [Share(one["id"], one["w"], one["full"], one["min"]) for one in groups]
    combined = pairwise.combine(options, tallies, shares)
    if not combined.total:
        return None
    found = outcomes(Election(combined, tuple(election["lot"]), tuple(patterns)))
    facts = found["borda"].facts
    return {
        "P": [[str(one) for one in row] for row in combined.support],
        "c": [str(one.coefficient) for one in combined.electorates],
        "condorcet": facts.condorcet_winner,
        "smith": list(facts.smith_set),
        "methods": {name: _told(found[name]) for name in METHODS},
    }


def _told(found: Outcome) -> dict[str, Any]:
    return {
        "order": list(found.order),
        "ranks": [list(rank) for rank in found.ranks],
        "removed": [[one.removed, one.decided_by] for one in found.rounds],
        "trace": [[one.winner, one.loser, str(one.margin), one.locked] for one in found.trace],
    }


# --- bundles ---


def _asked(
    folder: Path, keys: list[str] | None = None, changed: Mapping[str, bytes | None] = _NOTHING
) -> dict[str, Any]:
    found: dict[str, bytes] = {path.name: path.read_bytes() for path in folder.iterdir()}
    for name, data in changed.items():
        if data is None:
            del found[name]
        else:
            found[name] = data
    known = [base64.b64encode(KEY.public).decode()] if keys is None else keys
    packed = {name: base64.b64encode(data).decode() for name, data in found.items()}
    return {"files": packed, "keys": known, "receipts": []}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with ballots of every kind."""
    return small_bundle(tmp_path_factory.mktemp("bundle") / "s1", seed=3, ballots=120)


def test_whole_bundle_is_right(ask: Ask, folder: Path) -> None:
    found = ask(_CHECK, _asked(folder))

    assert [(state, code) for _, state, code, _ in found["said"]] == [("right", "")] * 9
    assert found["right"] is True
    assert found["ranks"] == json.loads((folder / "result.json").read_text())["ranks"]


@pytest.mark.parametrize(
    ("method", "is_sealed"),
    [("schulze", False), ("borda", False), ("irv", False), ("ranked_pairs", True)],
)
def test_bundle_of_every_method_is_made_anew_byte_for_byte(
    ask: Ask, tmp_path: Path, method: Any, is_sealed: bool
) -> None:
    held = closed_contest(rules=_rules(method))
    groups = [one.id for one in held.electorates]
    casts = some_casts(7, 90, [one.id for one in held.options], groups)
    made = Ledger(held, casts, sealed=groups[:1] if is_sealed else ()).write(tmp_path / "s1")

    found = ask(_CHECK, _asked(made))

    assert found["right"] is True, found["said"]


def _rules(method: Any) -> Rules:
    return Rules(method=method, max_ranked=5)


def _signed(found: dict[str, bytes]) -> dict[str, bytes]:
    """The same files under a new index, as whoever holds the key could make it."""
    origin = found["vkey"].decode().partition("+")[0]
    digest = hashlib.sha256(found["result.json"]).digest()
    found["result.note"] = files.result_note(origin, digest, KEY)
    known = {
        name: (hashlib.sha256(found[name]).hexdigest(), len(found[name])) for name in files.INDEXED
    }
    found["index.json"] = files.index(origin.rpartition("/")[2], known)
    digest = hashlib.sha256(found["index.json"]).digest()
    found["index.note"] = files.index_note(origin, digest, KEY)
    return found


def _lines(data: bytes, change: Callable[[list[bytes]], object]) -> bytes:
    lines = data.splitlines(keepends=True)
    change(lines)
    return b"".join(lines)


def _swapped(lines: list[bytes]) -> None:
    lines[3], lines[4] = lines[4], lines[3]


def _edited(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new, 1)


_RANKING: Final = re.compile(rb'"rank":\["[^\]]*\]')
TAMPERED: Final[dict[str, tuple[str, Callable[[bytes], bytes], tuple[str, str]]]] = {
    "a record taken out of the ledger": (
        "ledger.jsonl", lambda d: _lines(d, lambda all_: all_.pop(5)), ("ledger", "checkpoint-root")),
    "two records in another order": (
        "ledger.jsonl", lambda d: _lines(d, _swapped), ("ledger", "checkpoint-root")),
    "a record at the end that nobody signed": (
        "ledger.jsonl", lambda d: d + d.splitlines(keepends=True)[-1], ("ledger", "")),
    "a record with a space in it": (
        "ledger.jsonl", lambda d: _edited(d, b'"v":1}\n', b'"v": 1}\n'), ("ledger", "line-form")),
    "a checkpoint with another signature": (
        "checkpoints.txt", lambda d: d[:-20] + (b"A" if d[-20:-19] != b"A" else b"B") + d[-19:],
        ("signatures", "note-signature")),
    "a checkpoint of another ledger": (
        "checkpoints.txt", lambda d: _edited(d, b"expo.example/s1\n", b"expo.example/s2\n"),
        ("signatures", "note-origin")),
    "a ballot that says something else": (
        "ballots.jsonl", lambda d: _RANKING.sub(b'"rank":[]', d, count=1), ("ballots", "commitment")),
    "a ballot that is not opened": (
        "ballots.jsonl", lambda d: _lines(d, lambda all_: all_.pop()), ("ballots", "opening-missing")),
    "a ballot opened twice": (
        "ballots.jsonl", lambda d: _lines(d, lambda all_: all_.insert(1, all_[0])),
        ("ballots", "opening-order")),
    "a held ballot that is said to count": (
        "ballots.jsonl", lambda d: _edited(d, b'"status":"held"', b'"status":"counted"'),
        ("ballots", "status")),
    "another weight in the manifest": (
        "manifest.json", lambda d: _edited(d, b'"w":', b'"w":1'), ("words", "manifest")),
    "other rules in words": ("rules.en.txt", lambda d: d + b"!", ("words", "rules")),
    "another sum of an electorate": (
        "tally.json", lambda d: _edited(d, b'"withdrawn":', b'"withdrawn":1'), ("result", "tally")),
    "another result": (
        "result.json", lambda d: _edited(d, b'"locked":true', b'"locked":false'), ("result", "result")),
}  # fmt: skip
"""By what was done: the file, the change, and the check with the code that tell it."""


@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_by_whoever_holds_the_key_is_told(ask: Ask, folder: Path, what: str) -> None:
    name, change, (check, code) = TAMPERED[what]
    found = {path.name: path.read_bytes() for path in folder.iterdir()}
    found[name] = change(found[name])
    asked = _asked(folder)
    asked["files"] = {one: base64.b64encode(data).decode() for one, data in _signed(found).items()}

    said = ask(_CHECK, asked)

    assert said["right"] is False
    assert said["said"][-1][:2] == [check, "wrong"]
    assert code in said["said"][-1][2]


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("result.json", b"{}", "file-changed"),
        ("tally.json", None, "file-missing"),
        ("notes.txt", b"hello", "file-strange"),
        ("index.json", b"{}", "note-digest"),
        ("vkey", b"expo.example/s1+00000000+AQ==\n", "note-vkey"),
    ],
)
def test_tampering_by_others_is_told(
    ask: Ask, folder: Path, name: str, data: bytes | None, code: str
) -> None:
    said = ask(_CHECK, _asked(folder, changed={name: data}))

    assert said["said"] == [
        ["files", "wrong", code, "index.json" if code == "note-digest" else name]
    ]


def test_bundle_signed_by_another_expo_is_told(ask: Ask, folder: Path) -> None:
    said = ask(_CHECK, _asked(folder, keys=[base64.b64encode(bytes(32)).decode()]))

    assert said["said"][-1] == ["key", "wrong", "key-strange", "vkey"]
