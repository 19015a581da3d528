"""The worked example of ``docs/COUNTING.md``, to the last integer."""

import json
from pathlib import Path

import pytest

from tests.support.elections import weighted
from voting.counting import count_file
from voting.methods.outcome import Election
from voting.methods.registry import METHODS
from voting.methods.weights import Share

VECTOR = Path(__file__).resolve().parents[3] / "shared" / "vectors" / "group_example.json"


@pytest.fixture
def election() -> Election:
    return weighted(
        "ABCD",
        {
            "emp": (Share("emp", 34, 20, 5), {"A > B > C": 6, "B > C > A": 4}),
            "team": (Share("team", 33, 10, 5), {"C > A": 2, "D": 1}),
            "public": (
                Share("public", 33, 20, 5),
                {"B > C > A > D": 300, "C > A > B": 250, "A": 150, "D > A": 5},
            ),
        },
    )


def test_example_matrix_is_exact(election: Election) -> None:
    combined = election.combined

    assert [group.n for group in combined.electorates] == [10, 3, 705]
    assert combined.scale == 2820
    assert [group.coefficient for group in combined.electorates] == [4794, 0, 132]
    assert combined.total == 141_000
    assert combined.support == (
        (0, 82224, 49224, 140340),
        (58776, 0, 87540, 120540),
        (91776, 33000, 0, 120540),
        (660, 660, 660, 0),
    )
    assert combined.net == (120576, 150972, 107892, -379440)
    assert combined.firsts == (48564, 58776, 33000, 660)


def test_example_shares_are_34_and_66_percent(election: Election) -> None:
    combined = election.combined

    said = [group.coefficient * group.n * 100 / combined.total for group in combined.electorates]
    assert said == [34.0, 0.0, 66.0]


def test_example_pairs_are_taken_in_this_order(election: Election) -> None:
    trace = METHODS["ranked_pairs"](election).trace

    assert [(s.winner, s.loser, s.margin, s.opposition, s.locked) for s in trace] == [
        ("A", "D", 139680, 660, True),
        ("B", "D", 119880, 660, True),
        ("C", "D", 119880, 660, True),
        ("B", "C", 54540, 33000, True),
        ("C", "A", 42552, 49224, True),
        ("A", "B", 23448, 58776, False),
    ]


@pytest.mark.parametrize(
    ("method", "order"),
    [("ranked_pairs", "BCAD"), ("schulze", "BCAD"), ("borda", "BACD"), ("irv", "ABCD")],
)
def test_example_order_by_every_method(election: Election, method: str, order: str) -> None:
    outcome = METHODS[method](election)

    assert outcome.order == tuple(order)
    assert outcome.ranks == tuple((option,) for option in order)
    assert outcome.by_lot == ()


def test_example_runoff_rounds(election: Election) -> None:
    rounds = METHODS["irv"](election).rounds

    assert [(r.removed, dict(r.tallies), r.exhausted) for r in rounds] == [
        ("D", {"A": 48564, "B": 58776, "C": 33000, "D": 660}, 0),
        ("C", {"A": 49224, "B": 58776, "C": 33000}, 0),
        ("B", {"A": 82224, "B": 58776}, 0),
        ("A", {"A": 141000}, 0),
    ]


def test_example_facts(election: Election) -> None:
    facts = METHODS["ranked_pairs"](election).facts

    assert facts.condorcet_winner is None
    assert facts.smith_set == ("A", "B", "C")
    assert facts.split_cycle == ("B",)
    hundredths = [round(record.support * 10000 / record.support_of) for record in facts.records]
    assert hundredths == [6425, 6785, 6275, 515]
    assert [(r.wins, r.draws, r.losses) for r in facts.records] == [
        (2, 0, 1),
        (2, 0, 1),
        (2, 0, 1),
        (0, 0, 3),
    ]


@pytest.mark.skipif(not VECTOR.exists(), reason="no ../shared/vectors beside the repository")
def test_example_file_gives_the_same_integers() -> None:
    data = VECTOR.read_bytes()
    expected = json.loads(data)

    report = count_file(VECTOR.name, data)

    got = json.loads(report.as_json())
    assert got["pairwise"] == expected["P"]
    assert got["ranking"] == [[option] for option in expected["ranking"]]
    assert got["ballots"] == 718
    combined = report.outcome.combined
    assert combined.scale == expected["L"]
    assert {g.id: g.coefficient for g in combined.electorates} == {
        name: group["coef"] for name, group in expected["groups"].items()
    }
    trace = [[s.winner, s.loser, s.margin, s.locked] for s in report.outcome.trace]
    assert trace == expected["trace"]
