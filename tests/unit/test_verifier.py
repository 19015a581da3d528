"""The one-file verifier: known vectors, whole bundles against the engine, and its manners."""

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.support import bundles
from tests.support.bundles import Ledger, closed_contest, small_bundle, some_casts
from voting.contests import Method, Rules
from voting.verify import verify

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors"
needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason="the shared vectors are not here")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with ballots of every kind."""
    return small_bundle(tmp_path_factory.mktemp("bundle") / "s1")


def vector(name: str) -> Any:
    """A file of shared vectors."""
    return json.loads((VECTORS / name).read_text())


# --- vectors ---


@needs_vectors
def test_inclusion_proofs_are_judged_as_elsewhere() -> None:
    for one in vector("rfc6962_proofs.json")["inclusion"]:
        leaf, root = base64.b64decode(one["leafHash"] or ""), base64.b64decode(one["root"] or "")
        path = [base64.b64decode(part) for part in one["proof"] or []]
        fits = all(len(part) == 32 for part in (leaf, root, *path))
        found = fits and verify.root_by(leaf, one["leafIdx"], one["treeSize"], path) == root
        assert found is not one["wantErr"], one["desc"]


@needs_vectors
def test_roots_grow_as_elsewhere() -> None:
    known = {
        (one["size1"], one["root1"]): one["root2"]
        for one in vector("rfc6962_proofs.json")["consistency"]
        if not one["wantErr"] and one["size2"] == 8
    }
    leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657"]
    tree, roots = verify.Tree(), {}
    for leaf in [*leaves, "606162636465666768696a6b6c6d6e6f"]:
        tree.add(verify.leaf_hash(bytes.fromhex(leaf)))
        roots[tree.size] = base64.b64encode(tree.root()).decode()

    assert known
    assert all(roots[size] == root and roots[8] == last for (size, root), last in known.items())


@needs_vectors
def test_example_ledger_has_its_root_signature_and_lot() -> None:
    example = vector("ledger_example.json")
    tree = verify.Tree()
    for leaf in example["leaves"]:
        hashed = verify.leaf_hash(leaf["jcs"].encode())
        assert hashed.hex() == leaf["leaf_hash"]
        assert verify.ENCODER.encode(json.loads(leaf["jcs"])) == leaf["jcs"]
        tree.add(hashed)
    checker = verify.Bundle("")
    checker.take_key(example["vkey"] + "\n")

    lines, root = checker.opened(example["checkpoint"], "checkpoint")

    assert lines == [checker.origin, "6"]
    assert root.hex() == tree.root().hex() == example["root_hex"]
    options = ["alpha", "bravo", "charlie"]
    close = json.loads(example["leaves"][-1]["jcs"])
    checker.opening = {"options": options, "beacon": "", **json.loads(example["leaves"][0]["jcs"])}
    checker.closing, checker.close_root = close, root
    assert [options[a] for a in checker.lot()] == example["lot_order"]


@needs_vectors
def test_worked_example_comes_to_the_same() -> None:
    example = vector("group_example.json")
    options = example["candidates"]
    groups, rules = [], []
    for name, group in example["groups"].items():
        ballots = {
            bytes(options.index(a) for a in one["ranking"]) + verify.BETWEEN: one["count"]
            for one in group["ballots"]
        }
        groups.append({"id": name, **verify.count(len(options), ballots)})
        rules.append({"w": group["weight"], "full": group["full"], "min": group["min_count"]})
        assert groups[-1]["N"] == group["N"]

    opened = {"options": options, "groups": rules, "method": "ranked_pairs"}
    found = verify.recount(opened, range(4), groups, None)

    assert [[int(n) for n in row] for row in found["P"]] == example["P"]
    assert found["order"] == example["ranking"]
    pairs = found["methods"]["ranked_pairs"]["pairs"]
    said = [[p["over"], p["under"], int(p["margin"]), p["locked"]] for p in pairs]
    assert said == example["trace"]


# --- whole bundles ---


@pytest.mark.parametrize("seed", range(40))
def test_every_bundle_of_ours_holds(seed: int, tmp_path: Path) -> None:
    lot = Random(seed)
    sealed = lot.choice([(), (), ("teams",), ("teams", "customers")])
    methods: list[Method] = ["ranked_pairs", "schulze", "borda"]
    method = lot.choice(methods if sealed else [*methods, "irv"])
    held = closed_contest(rules=Rules(max_ranked=4, method=method))
    options, groups = [o.id for o in held.options], [g.id for g in held.electorates]
    casts = some_casts(seed, lot.choice([0, 1, 10, 40, 120]), options, groups)
    Ledger(held, casts, sealed).write(tmp_path / "bundle")

    found = verify.check(str(tmp_path / "bundle"))

    assert found.tree.size > 1


def test_it_runs_alone_and_tells_the_result(bundle: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-I", str(bundle / "verify.py")],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "Everything holds" in done.stdout
    assert "With the " in done.stdout
    assert "1. Initiative" in done.stdout


def test_it_says_when_no_signature_was_checked(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "Ed25519PublicKey", None)

    told = verify.told(verify.check(str(bundle)))

    assert any("NOT checked" in line for line in told)


def test_a_tracker_shows_its_ballot_and_proof(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = json.loads((bundle / "ballots.jsonl").read_text().splitlines()[0])
    tracker = line["content"]["trk"]
    typed = "-".join(tracker[n : n + 4].lower() for n in range(0, 16, 4))

    assert verify.main([str(bundle), "--tracker", typed]) == 0

    told = capsys.readouterr().out
    assert tracker in told
    assert "proof" in told
    assert line["status"] in told


def test_an_unknown_tracker_is_said(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.main([str(bundle), "--tracker", "0000-0000-0000-0000"]) == 1
    assert "no ballot" in capsys.readouterr().out


def test_the_key_from_elsewhere_is_compared(
    bundle: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = (bundle / "vkey").read_text().strip()

    assert verify.main([str(bundle), "--vkey", key]) == 0
    assert verify.main([str(bundle), "--vkey", key[:-2] + "A="]) == 1
    assert "vkey" in capsys.readouterr().out


def test_what_is_no_folder_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify.main([str(tmp_path / "nowhere")]) == 1
    assert "WRONG" in capsys.readouterr().out


def test_swapped_files_of_two_contests_are_found(tmp_path: Path) -> None:
    one = small_bundle(tmp_path / "one", contest_id="s1")
    two = small_bundle(tmp_path / "two", contest_id="s2")
    for name in verify.INDEXED:
        mixed = tmp_path / f"mixed-{name}"
        shutil.copytree(one, mixed)
        if (one / name).read_bytes() == (two / name).read_bytes():
            continue
        shutil.copy(two / name, mixed / name)
        with pytest.raises(verify.Wrong):
            verify.check(str(mixed))
        if name == "vkey":
            continue
        bundles.resign(mixed)
        with pytest.raises(verify.Wrong):
            verify.check(str(mixed))
