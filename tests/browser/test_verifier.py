"""The verifier in Chromium: the vectors, and counting like ours."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from playwright.sync_api import Browser

from tests.support.static_site import Ask, asking
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


@pytest.fixture(scope="module")
def ask(browser: Browser) -> Iterator[Ask]:
    """Has a page of our static files evaluate something."""
    with asking(browser) as found:
        yield found


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
