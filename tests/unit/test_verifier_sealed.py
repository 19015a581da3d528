"""Sealed electorates of few: neither their ballots nor their sums, which would be the ballots."""

import json
from pathlib import Path
from typing import Any

import pytest

from expo.record import canonical
from tests.support.bundles import Cast, Ledger, closed_contest, resign, tracker
from voting.bundle import files
from voting.bundle.writer import Incoherent
from voting.contests import Contest
from voting.verify import verify

SECRET = ("d", "b", "a", "c")


def casts_of(sealed: int) -> list[Cast]:
    """So many ballots of teams, whose ballots are sealed, and twenty of customers."""
    secret = [Cast(tracker(n), "teams", SECRET) for n in range(sealed)]
    return secret + [Cast(tracker(100 + n), "customers", ("a", "b")) for n in range(20)]


def made(folder: Path, sealed: int, contest: Contest | None = None) -> Path:
    """The bundle of these ballots."""
    return Ledger(contest or closed_contest(), casts_of(sealed), ["teams"]).write(folder / "s1")


def row_of(folder: Path, name: str) -> dict[str, Any]:
    """What a file says of the teams."""
    groups = json.loads((folder / name).read_bytes())["groups"]
    return next(one for one in groups if one["id"] == "teams")


@pytest.mark.parametrize("ballots", [1, 9])
def test_sums_of_few_sealed_ballots_are_not_in_the_bundle(tmp_path: Path, ballots: int) -> None:
    folder = made(tmp_path, ballots)

    found = verify.check(str(folder))

    for name in ("tally.json", "result.json"):
        row = row_of(folder, name)
        assert (row["n"], row["N"], row["R"], row["own"]) == (ballots, [], [], [])
    assert row_of(folder, "result.json")["c"] == "0"
    assert found.hidden == {"teams"}
    assert any("teams" in line and "count for nothing" in line for line in verify.told(found))


def test_sums_of_ten_sealed_ballots_are_published(tmp_path: Path) -> None:
    folder = made(tmp_path, 10)

    found = verify.check(str(folder))

    assert row_of(folder, "tally.json")["R"][3][0] == 10
    assert (found.hidden, found.sealed) == (set(), {"teams"})


def test_an_auditor_checks_few_sealed_ballots_too(tmp_path: Path) -> None:
    folder = made(tmp_path, 3)
    ledger = Ledger(closed_contest(), casts_of(3), ["teams"])
    secret = sorted((one for one in ledger.openings if one.electorate == "teams"),
                    key=lambda one: one.tracker)  # fmt: skip
    lines = [files.opening_line(one.content, one.nonce, one.status) for one in secret]
    openings = tmp_path / "openings.jsonl"
    openings.write_bytes(b"".join(lines))

    found = verify.check(str(folder), "", [str(openings)])

    assert found.sealed == set()
    said = verify.one_ballot(found, secret[0].tracker)
    assert any("d > b > a > c" in line for line in said)


def test_few_sealed_ballots_that_count_are_not_published(tmp_path: Path) -> None:
    ledger = Ledger(closed_contest(), casts_of(3), ["teams"])
    ledger.sealed_with(b'"id":"teams","min":10', b'"id":"teams","min":1')

    with pytest.raises(Incoherent, match="teams"):
        ledger.write(tmp_path / "s1")


def test_sums_that_should_be_hidden_are_wrong(tmp_path: Path) -> None:
    folder = made(tmp_path, 1)
    tally = json.loads((folder / "tally.json").read_bytes())
    row = next(one for one in tally["groups"] if one["id"] == "teams")
    row.update(verify.count(4, {bytes([3, 1, 0, 2]) + verify.BETWEEN: 1}))
    (folder / "tally.json").write_bytes(canonical.encode(tally))
    resign(folder)

    with pytest.raises(verify.Wrong, match="figures of teams"):
        verify.check(str(folder))


def test_sums_that_count_cannot_be_hidden(tmp_path: Path) -> None:
    ledger = Ledger(closed_contest(), casts_of(12), ["teams"])
    folder = ledger.write(tmp_path / "s1")
    tally = json.loads((folder / "tally.json").read_bytes())
    row = next(one for one in tally["groups"] if one["id"] == "teams")
    row.update({"N": [], "R": [], "own": []})
    (folder / "tally.json").write_bytes(canonical.encode(tally))
    resign(folder)

    with pytest.raises(verify.Wrong, match="figures of teams"):
        verify.check(str(folder))
