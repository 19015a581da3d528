"""Other programs read our files and count the same; runs where they are installed.

    pip install preflibtools pref_voting fresh-blt pyrankvote py-vote-core

They are no dependency of ours, not even to develop: together they weigh a gigabyte.
"""

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from tests.support.exchange import asked_in
from voting.counting import election_in
from voting.exchange import blt_writing, files, preflib_writing
from voting.exchange.ballot_file import BallotFile
from voting.methods.outcome import Outcome
from voting.methods.registry import outcomes

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "elections"
PLAIN = [file for file in sorted(FOLDER.glob("*.json")) if not file.stem.startswith("groups_")]

pytestmark = [
    pytest.mark.nightly,
    pytest.mark.skipif(not PLAIN, reason="no ../shared/elections beside the repository"),
    pytest.mark.filterwarnings("ignore"),
]
each_file = pytest.mark.parametrize("path", PLAIN, ids=lambda path: str(path.stem))

Matrix = list[list[int]]


def election(path: Path) -> tuple[BallotFile, dict[str, Outcome]]:
    file = files.read(path.name, path.read_bytes())
    return file, outcomes(election_in(file))


def pairs(size: int, above: Any) -> Matrix:
    """Ballots with one option above another, by number from 1."""
    numbers = range(1, size + 1)
    return [[above(a, b) if a != b else 0 for b in numbers] for a in numbers]


def ours(found: dict[str, Outcome]) -> Matrix:
    return [list(row) for row in found["ranked_pairs"].combined.support]


def numbers(file: BallotFile, options: tuple[str, ...]) -> set[int]:
    return {file.options.index(option) + 1 for option in options}


@each_file
def test_preflib_file_counts_the_same_in_preflibtools_and_pref_voting(
    path: Path, tmp_path: Path
) -> None:
    instances = pytest.importorskip("preflibtools.instances")
    readers = pytest.importorskip("pref_voting.io.readers")
    methods = pytest.importorskip("pref_voting.voting_methods")
    file, found = election(path)
    kind = preflib_writing.kind_of(file)
    target = tmp_path / f"ballots.{kind}"
    target.write_text(preflib_writing.write(asked_in(file), file))

    instance = instances.OrdinalInstance()
    instance.parse_file(str(target))
    profile = readers.preflib_to_profile(str(target))
    profile.use_extended_strict_preference()

    counted = sum(one.count for one in file.groups[0].patterns if one.ranking)
    assert instance.infer_type() == kind
    assert instance.num_voters == sum(instance.multiplicity.values()) == counted
    assert pairs(len(file.options), profile.support) == ours(found)
    winner = found["schulze"].facts.condorcet_winner
    assert profile.condorcet_winner() == (numbers(file, (winner,)).pop() if winner else None)
    assert numbers(file, found["schulze"].ranks[0]) <= set(methods.beat_path(profile))


@each_file
def test_blt_file_counts_the_same_elsewhere(path: Path, tmp_path: Path) -> None:
    reading = pytest.importorskip("fresh_blt.parse")
    pyrankvote = pytest.importorskip("pyrankvote")
    file, found = election(path)
    if any(not isinstance(rank, str) for one in file.groups[0].patterns for rank in one.ranking):
        pytest.skip("fresh-blt reads the first of a shared rank and drops the others")
    target = tmp_path / "ballots.blt"
    target.write_text(blt_writing.write(asked_in(file), file))

    tree = reading.parse_blt_file(target)
    size, _, withdrawn = reading.extract_header_info(tree)
    people = {one.id: one for one in reading.extract_candidates(tree, withdrawn)}
    ballots = [
        (one["weight"], [rank[0].id for rank in one["rankings"] if rank])
        for one in reading.parse_ballots(tree, people)
    ]

    assert (size, [people[n].name for n in sorted(people)]) == (
        len(file.options),
        list(asked_in(file).labels),
    )
    assert _matrix(size, ballots) == ours(found)
    is_agreed = json.loads(path.read_bytes())["expected"]["irv"]["agree"]
    if is_agreed and sum(weight for weight, _ in ballots) <= 10_000:
        names = {n: pyrankvote.Candidate(str(n)) for n in people}
        cast = [
            pyrankvote.Ballot([names[n] for n in said]) for w, said in ballots for _ in range(w)
        ]
        won = pyrankvote.instant_runoff_voting(list(names.values()), cast).get_winners()
        first = numbers(file, found["irv"].ranks[0])
        assert {int(one.name) for one in won} & first or len(first) > 1


def _matrix(size: int, ballots: list[tuple[int, list[int]]]) -> Matrix:
    found = [[0] * size for _ in range(size)]
    for weight, said in ballots:
        place = {option: n for n, option in enumerate(said)}
        for a, b in product(range(1, size + 1), repeat=2):
            if place.get(a, size) < place.get(b, size):
                found[a - 1][b - 1] += weight
    return found
