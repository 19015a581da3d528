"""The published elections: every result that independent libraries agree on holds here too.

The files are oracle data beside the repository, not part of it; without them these tests step aside.
"""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from voting.counting import count_file, election_in
from voting.exchange import files
from voting.methods import schulze
from voting.methods.outcome import Outcome
from voting.methods.registry import METHODS

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "elections"
FILES = sorted(FOLDER.glob("*.json"))
WEIGHTED = [file for file in FILES if file.stem.startswith("groups_")]

pytestmark = pytest.mark.skipif(not FILES, reason="no ../shared/elections beside the repository")

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.stem))
each_method = pytest.mark.parametrize("method", METHODS)


def expected(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(file.read_bytes())
    return found


def counted(file: Path, method: str) -> Outcome:
    return count_file(file.name, file.read_bytes(), method).outcome


def complete_orders(election: dict[str, Any], method: str) -> Iterator[list[list[str]]]:
    """Complete rankings published for this method or counted by Condorcet PHP."""
    published = election["expected"].get("published", {}).get(method)
    if isinstance(published, list):
        yield published
    php = election["expected"].get(method, {}).get("by", {})
    if isinstance(php, dict) and "ranking" in php.get("condorcet_php", {}):
        yield php["condorcet_php"]["ranking"]


@each_method
@each_file
def test_first_place_is_among_the_winners(file: Path, method: str) -> None:
    cell = expected(file)["expected"][method]
    if not cell["agree"]:
        pytest.skip("the libraries disagree on this cell")

    outcome = counted(file, method)

    assert set(outcome.ranks[0]) <= set(cell["winners"])


@each_method
@each_file
def test_complete_order_refines_the_published_one(file: Path, method: str) -> None:
    for published in complete_orders(expected(file), method):
        place = {option: n for n, rank in enumerate(published) for option in rank}

        outcome = counted(file, method)

        places = [place[option] for option in outcome.order]
        assert places == sorted(places)
        if method == "schulze":
            assert [set(rank) for rank in outcome.ranks] == [set(rank) for rank in published]


@each_file
def test_head_to_head_winner_is_the_published_one(file: Path) -> None:
    cell = expected(file)["expected"]["condorcet"]
    assert cell["agree"]

    assert counted(file, "ranked_pairs").facts.condorcet_winner == cell["winner"]


@each_file
def test_winning_votes_give_the_published_schulze_winners(file: Path) -> None:
    cell = expected(file)["expected"].get("schulze_winning_votes")
    if cell is None or not cell["agree"]:
        pytest.skip("no agreed result by winning votes")

    election = election_in(files.read(file.name, file.read_bytes()))

    assert set(schulze.count(election, strength="winning").ranks[0]) <= set(cell["winners"])


@each_file
def test_pairwise_matrix_is_exact(file: Path) -> None:
    election = expected(file)
    matrix = election.get("pairwise_support") or election["combined_pairwise_times_L"]

    report = json.loads(count_file(file.name, file.read_bytes()).as_json())

    assert report["pairwise"] == matrix
    assert report["candidates"] == election["candidates"]


@each_file
def test_number_of_ballots_leaves_out_blank_ones(file: Path) -> None:
    election = expected(file)
    groups = election.get("groups") or [election]
    ballots = sum(b["count"] for g in groups for b in g["ballots"] if b["ranking"])

    assert count_file(file.name, file.read_bytes()).ballots == ballots


@each_method
@pytest.mark.parametrize("file", WEIGHTED, ids=lambda file: str(file.stem))
def test_weighted_election_gives_the_exact_ranking(file: Path, method: str) -> None:
    election = expected(file)

    outcome = counted(file, method)

    assert [list(rank) for rank in outcome.ranks] == election["expected"][method]["ranking"]
    assert outcome.combined.scale == election["scale_L"]
    assert [group.coefficient for group in outcome.combined.electorates] == [
        group["coefficient"] for group in election["groups"]
    ]


@each_method
@each_file
def test_every_option_is_ranked_once(file: Path, method: str) -> None:
    outcome = counted(file, method)

    assert sorted(outcome.order) == sorted(expected(file)["candidates"])
    assert [option for rank in outcome.ranks for option in rank] == list(outcome.order)


@each_file
def test_each_line_of_ranked_pairs_beat_or_drew_with_the_next(file: Path) -> None:
    outcome = counted(file, "ranked_pairs")
    index = outcome.combined.options.index

    for above, below in pairwise(outcome.order):
        assert outcome.combined.margins[index(above)][index(below)] >= 0
